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
from trifold.media.container.file import MediaFile
from trifold.media.container.opening import demux, frames_of, keeps_times, start_time_s
from trifold.media.container.packets import seams_of
from trifold.media.sound.decoded import DecodedSound
from trifold.media.sound.voices import WINDOW_S

MOST_CHANNELS = 32  # of a stream that are looked at
LISTENED_S = 3600.0  # from the start: sound of a day fits in a small file, and nobody waits for it
GAP_WINDOWS = 2  # of stamps that say so, as they jitter
LOUDEST = 1e6  # of samples of floating point, of which full scale is 1


@dataclass
class ChannelLevels:
    """What one pass over a stream finds out about its C channels.

    Attributes:
        products: (C, C) sums of sample products; their diagonal is the energy of each channel.
        energies: (n, C) mean squares of consecutive windows, in pieces; 0 where stamps leave a gap.
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
    media: MediaFile,
    container: InputContainer,
    streams: Sequence[AudioStream],
    *,
    decoded: DecodedSound,
) -> dict[int, ChannelLevels]:
    """Decode some streams once, side by side; a few numbers per window are all that is kept.

    What comes after an hour is not looked at. A constant offset, as cheap sound cards add, is no
    sound.

    Args:
        media: the file.
        container: of the streams, at its start.
        streams: of sound.
        decoded: keeps the frames of a short recording for who reads them next.

    Returns:
        Stream index to levels; a stream without a decodable sample is left out.
    """
    zero_s, timed = start_time_s(container), keeps_times(container)
    pending = {
        s.index: _Pending(s.rate, Clock(zero_s, seams=seams_of(media, s.index))) for s in streams
    }
    for frame, index in frames_of(demux(container, streams)):
        if pending[index].add(frame, frame.time if timed else None) > LISTENED_S:
            break
        decoded.add(index, frame)
    else:
        decoded.finish()
    return {index: levels for index, p in pending.items() if (levels := p.finish()) is not None}


class _Pending:
    """Samples of one stream that wait until they fill some windows."""

    def __init__(self, rate_hz: int, clock: Clock) -> None:
        self.window, self.clock = max(1, round(rate_hz * WINDOW_S)), clock
        self.n_windows = 0  # that were counted
        self.waiting: list[list[Array]] = []  # of each channel
        self.n_waiting = 0
        self.levels: ChannelLevels | None = None

    def add(self, frame: av.AudioFrame, stamp_s: float | None) -> float:
        """Take a frame; returns the seconds at which it starts."""
        samples = planar(frame)[:MOST_CHANNELS]
        time_s = self.clock.time(stamp_s, frame.samples / frame.sample_rate)
        if self.levels is None:
            n_channels = len(samples)
            self.levels = ChannelLevels(np.zeros((n_channels, n_channels)), start_s=time_s)
            self.waiting = [[] for _ in range(n_channels)]
        else:
            self._leave_out(time_s - self.levels.start_s)
        for channel, held in enumerate(self.waiting):  # silence where a frame has fewer
            held.append(samples[channel] if channel < len(samples) else np.zeros_like(samples[0]))
        self.n_waiting += len(samples[0])
        if self.n_waiting >= 32 * self.window:
            self._count(self.n_waiting // self.window)
        return time_s

    def _leave_out(self, until_s: float) -> None:
        """Windows of a gap in the stamps; what waits fills the window that it began."""
        heard = self.n_windows + self.n_waiting / self.window
        if self.levels is None or until_s / WINDOW_S - heard <= GAP_WINDOWS:
            return
        if missing := -self.n_waiting % self.window:
            for held in self.waiting:
                held.append(np.zeros(missing, held[-1].dtype))
            self.n_waiting += missing
        self._count(self.n_waiting // self.window)
        n = max(0, round(until_s / WINDOW_S) - self.n_windows)
        self.levels.energies.append(np.zeros((n, self.levels.n_channels)))
        self.n_windows += n

    def finish(self) -> ChannelLevels | None:
        if self.n_waiting >= self.window:
            self._count(self.n_waiting // self.window)
        return self.levels

    def _count(self, n_windows: int) -> None:
        levels = self.levels
        if levels is None or not n_windows:
            return
        n = n_windows * self.window
        joined = [np.concatenate(held) for held in self.waiting]
        known, self.waiting = as_float(np.stack([c[:n] for c in joined])), [[c[n:]] for c in joined]
        known = known - known.mean(axis=1, keepdims=True)
        self.n_waiting -= n
        self.n_windows += n_windows
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
    """The same samples as float32, of full scale 1; what is no number is silence."""
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if samples.dtype.kind == "i":
        return samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(samples, -LOUDEST, LOUDEST).astype(np.float32, copy=False)
