"""Decoding one channel of a media file where it is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from trifold.contracts import Array
from trifold.errors import DecodeError
from trifold.media.container.clock import Clock
from trifold.media.container.file import MediaFile
from trifold.media.container.opening import (
    demux,
    frames_of,
    keeps_times,
    one_threaded,
    open_media,
    start_time_s,
)
from trifold.media.container.packets import seams_of
from trifold.media.container.tracks import audio_stream
from trifold.media.sound.decoded import DecodedSound
from trifold.media.sound.delays import delay_s
from trifold.media.sound.levels import as_float, planar

CHUNK_MULTIPLE = 512  # samples; the voice activity window at 16 kHz
GAP_TOLERANCE_S = 0.05
MOST_LATE_S, LATE_FOR_S = 0.2, 2.0  # sound that stays later than its stamps: not if they jitter
SILENCE_S = 10.0  # at a time: microphones are off for hours
FRAMES_TOGETHER = 32  # that are resampled in one call: half a second or so


def waveform(
    media: MediaFile,
    kept: DecodedSound,
    *,
    stream: int | None,
    channel: int | None,
    sample_rate_hz: int,
    chunk_s: float,
) -> Iterator[Array]:
    """(N,) float32 pieces of one channel, as ``trifold.media.sound.channel`` says.

    Args:
        media: the file.
        kept: what was decoded of its sound when it was looked at.
        stream: index in the file; None takes the likeliest by titles and flags.
        channel: of the stream; None is for streams that have only one.
        sample_rate_hz: rate to resample to.
        chunk_s: length of the pieces, rounded to the voice activity window; the last is shorter.

    Raises:
        DecodeError: when the file cannot be opened, has no audio stream or no decodable sample.
    """
    size = max(1, round(chunk_s * sample_rate_hz / CHUNK_MULTIPLE)) * CHUNK_MULTIPLE
    with open_media(media) as container:
        source = audio_stream(container, stream)
        if source is None:
            raise DecodeError(expected="an audio stream", got="none")
        one_threaded(source)
        resampler = _Resampler(channel, sample_rate_hz)
        clock = Clock(start_time_s(container), seams=seams_of(media, source.index))
        pieces = _resampled(container, source, kept.frames(source.index), clock, resampler)
        heard = False
        for samples in _rechunk(pieces, size):
            yield samples
            heard = True
        if not heard:
            raise DecodeError(expected="at least one decodable sample", got="none")


def _resampled(
    container: InputContainer,
    stream: AudioStream,
    kept: Sequence[av.AudioFrame] | None,
    clock: Clock,
    resampler: _Resampler,
) -> Iterator[Array]:
    """Mono float32 pieces, in which all sound is where its time stamp says.

    Silence is put where stamps leave a gap, and sound left out where they say that there is more of
    it than time, as where a sound card runs fast; ``kept`` saves decoding.
    """
    packets = demux(container, [stream])
    first = list(islice(packets, 1))
    late_s = _delay_s(stream, first)
    rate_hz, resampler.skip = resampler.rate_hz, round(max(0.0, late_s) * resampler.rate_hz)
    decoded = (frame for frame, _ in frames_of(chain(first, packets)))
    heard_s, timed, lag = 0.0, keeps_times(container), _Lag()
    for frame in decoded if kept is None else kept:
        if not heard_s and late_s < 0:
            heard_s = -late_s
            yield from _silence(heard_s, rate_hz)
        length_s = frame.samples / frame.sample_rate
        gap_s = clock.time(frame.time if timed else None, length_s) - heard_s
        if gap_s > GAP_TOLERANCE_S:
            yield from resampler.release()
            yield from _silence(gap_s, rate_hz)
            heard_s += gap_s
        elif cut_s := lag.to_cut(-gap_s, length_s):
            yield from resampler.release()
            resampler.skip += round(cut_s * rate_hz)
            heard_s -= cut_s
        heard_s += length_s
        yield from resampler.feed(frame)
    yield from resampler.flush()


class _Lag:
    """By how much sound is later than its stamps say, for as long as it is."""

    def __init__(self) -> None:
        self._least_s, self._for_s = np.inf, 0.0

    def to_cut(self, late_s: float, length_s: float) -> float:
        """Seconds to leave out from here on; 0 while it may be jitter."""
        if late_s <= MOST_LATE_S:
            self._least_s, self._for_s = np.inf, 0.0
            return 0.0
        self._least_s, self._for_s = min(self._least_s, late_s), self._for_s + length_s
        if self._for_s < LATE_FOR_S:
            return 0.0
        cut_s, self._least_s, self._for_s = self._least_s, np.inf, 0.0
        return cut_s


def _silence(seconds: float, rate_hz: int) -> Iterator[Array]:
    left = round(seconds * rate_hz)
    while left > 0:
        yield np.zeros(min(left, round(SILENCE_S * rate_hz)), dtype=np.float32)
        left -= round(SILENCE_S * rate_hz)


def _delay_s(stream: AudioStream, first: Sequence[Packet]) -> float:
    """By how much decoded sound is late, where the container does not state it."""
    if any(packet.has_sidedata("skip_samples") for packet in first):
        return 0.0  # FFmpeg leaves out what is stated
    return delay_s(stream)


class _Resampler:
    """One channel of frames that may change their rate, layout or format on the way.

    Only what is read is resampled, and many frames at once: frames are short, and calls have a
    price of their own. A stream of one channel that gets several on the way is mixed.
    """

    def __init__(self, channel: int | None, rate_hz: int) -> None:
        self.channel, self.rate_hz = channel, rate_hz
        self.skip = 0  # samples to come that are none of the recording
        self.kind: tuple[str, str, int] | None = None
        self.inner: av.AudioResampler | None = None
        self.held: list[Array] = []

    def feed(self, frame: av.AudioFrame) -> Iterator[Array]:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self.kind:
            yield from self.flush()
            self.inner = av.AudioResampler(format="fltp", layout="mono", rate=self.rate_hz)
            self.kind = kind
        if self.channel is None and frame.layout.nb_channels > 1:
            frame.pts = None  # the resampler must not invent samples of its own
            yield from self._pieces(frame)
            return
        samples = planar(frame)
        self.held.append(samples[min(self.channel or 0, len(samples) - 1)])
        if len(self.held) >= FRAMES_TOGETHER:
            yield from self.release()

    def release(self) -> Iterator[Array]:
        """What of the frames that wait can be resampled."""
        if self.held and self.kind is not None:
            joined, self.held = as_float(np.concatenate(self.held))[None], []
            frame = av.AudioFrame.from_ndarray(joined, format="fltp", layout="mono")
            frame.sample_rate = self.kind[2]
            yield from self._pieces(frame)

    def flush(self) -> Iterator[Array]:
        yield from self.release()
        if self.inner is not None:
            yield from self._pieces(None)

    def _pieces(self, frame: av.AudioFrame | None) -> Iterator[Array]:
        if self.inner is None:
            return
        for piece in self.inner.resample(frame):
            heard = piece.to_ndarray()[0][self.skip :]
            self.skip -= piece.samples - len(heard)
            yield heard


def _rechunk(pieces: Iterator[Array], size: int) -> Iterator[Array]:
    """Join pieces and cut them to ``size``; NaN and infinity become silence, peaks are clipped."""
    waiting: list[Array] = []
    n_waiting = 0
    for piece in pieces:
        waiting.append(piece)
        n_waiting += len(piece)
        while n_waiting >= size:
            joined = np.concatenate(waiting)
            yield _clean(joined[:size])
            waiting, n_waiting = [joined[size:]], n_waiting - size
    rest = np.concatenate(waiting) if waiting else np.zeros(0, dtype=np.float32)
    if len(rest):
        yield _clean(rest)


def _clean(samples: Array) -> Array:
    finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(finite, -1.0, 1.0).astype(np.float32)
