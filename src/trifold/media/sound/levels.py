"""How loud each channel of a file's sound is, window by window, and how alike channels are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import av
import numpy as np
from av.audio.frame import format_dtypes
from av.audio.stream import AudioStream
from av.container import InputContainer

from trifold.contracts import Array
from trifold.media.container.clock import Clock
from trifold.media.container.opening import demux, frames_of, start_time_s
from trifold.media.sound.decoded import DecodedSound
from trifold.media.sound.voices import WINDOW_S

MOST_CHANNELS = 16  # of a stream that are looked at
LISTENED_S = 3600.0  # from the start: sound of a day fits in a small file, and nobody waits for it


@dataclass
class ChannelLevels:
    """What one pass over a stream finds out about its C channels.

    Attributes:
        products: (C, C) sums of sample products; their diagonal is the energy of each channel.
        energies: (n, C) mean squares of consecutive windows, in pieces.
        n_samples: per channel.
        start_s: when the stream begins.
    """

    products: Array
    energies: list[Array] = field(default_factory=list)
    n_samples: int = 0
    start_s: float = 0.0

    @property
    def n_channels(self) -> int:
        """C."""
        return len(self.products)

    def powers(self) -> Array:
        """(C,) mean square of each channel."""
        return np.diagonal(self.products) / max(self.n_samples, 1)

    def likeness(self) -> Array:
        """(C, C) absolute correlation of channels: 1 also where one is the other upside down."""
        root = np.sqrt(np.diagonal(self.products))
        scale = np.outer(root, root)
        return np.abs(self.products) / np.where(scale > 0, scale, 1.0)

    def envelope(self, channel: int, n_windows: int) -> Array:
        """(n_windows,) mean squares of a channel on the file's clock, 0 where it is not heard.

        What lies before the start, as encoders put something in front, is left out.
        """
        placed = np.zeros(n_windows)
        first = round(self.start_s / WINDOW_S)
        known = [part[:, channel] for part in self.energies]
        heard = np.concatenate(known) if known else np.zeros(0)
        heard = heard[max(0, -first) : max(0, n_windows - first)]
        placed[max(0, first) :][: len(heard)] = heard
        return placed


def measure_levels(
    container: InputContainer,
    streams: Sequence[AudioStream],
    *,
    decoded: DecodedSound,
) -> dict[int, ChannelLevels]:
    """Decode some streams once, side by side; a few numbers per window are all that is kept.

    What comes after an hour is not looked at.

    Args:
        container: of the streams, at its start.
        streams: of sound.
        decoded: keeps the frames of a short recording for who reads them next.

    Returns:
        Stream index to levels; a stream without a decodable sample is left out.
    """
    zero_s = start_time_s(container)
    pending = {s.index: _Pending(s.rate) for s in streams}
    for frame, index in frames_of(demux(container, streams)):
        if frame.time is not None and frame.time - zero_s > LISTENED_S:
            break
        pending[index].add(frame, zero_s)
        decoded.add(index, frame)
    else:
        decoded.finish()
    return {index: levels for index, p in pending.items() if (levels := p.finish()) is not None}


class _Pending:
    """Samples of one stream that wait until they fill some windows."""

    def __init__(self, rate_hz: int) -> None:
        self.window = max(1, round(rate_hz * WINDOW_S))
        self.waiting: list[list[Array]] = []  # of each channel
        self.n_waiting = 0
        self.levels: ChannelLevels | None = None

    def add(self, frame: av.AudioFrame, zero_s: float) -> None:
        samples = planar(frame)[:MOST_CHANNELS]
        if self.levels is None:
            start_s, n_channels = Clock(zero_s).time(frame.time, 0.0), len(samples)
            self.levels = ChannelLevels(np.zeros((n_channels, n_channels)), start_s=start_s)
            self.waiting = [[] for _ in range(n_channels)]
        for channel, held in enumerate(self.waiting):  # silence where a frame has fewer
            held.append(samples[channel] if channel < len(samples) else np.zeros_like(samples[0]))
        self.n_waiting += len(samples[0])
        if self.n_waiting >= 32 * self.window:
            self._count(self.n_waiting // self.window)

    def finish(self) -> ChannelLevels | None:
        if self.n_waiting >= self.window:
            self._count(self.n_waiting // self.window)
        return self.levels

    def _count(self, n_windows: int) -> None:
        levels = self.levels
        if levels is None:
            return
        n = n_windows * self.window
        joined = [np.concatenate(held) for held in self.waiting]
        known, self.waiting = as_float(np.stack([c[:n] for c in joined])), [[c[n:]] for c in joined]
        self.n_waiting -= n
        levels.products += known @ known.T
        levels.n_samples += n
        windows = known.reshape(levels.n_channels, n_windows, self.window)
        levels.energies.append(np.square(windows).mean(axis=2, dtype=np.float64).T)


def planar(frame: av.AudioFrame) -> Sequence[Array]:
    """(N,) samples of each channel, of the frame's own type.

    Nothing is copied, as ``to_ndarray`` does twice: a minute has thousands of frames.
    """
    dtype, n_channels = format_dtypes[frame.format.name], frame.layout.nb_channels
    if frame.format.is_planar:
        return [np.frombuffer(plane, dtype, frame.samples) for plane in frame.planes]
    together = np.frombuffer(frame.planes[0], dtype, frame.samples * n_channels)
    return list(together.reshape(-1, n_channels).T)


def as_float(samples: Array) -> Array:
    """The same samples as float32 in [-1, 1]; what is no number is silence."""
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if samples.dtype.kind == "i":
        return samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return samples.astype(np.float32, copy=False)
