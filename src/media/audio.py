"""Mono waveform of a media file, as a stream of chunks on the file's own clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from src.contracts import Array, AudioChunk
from src.errors import DecodeError
from src.media.container import audio_stream, decode, open_media, start_time_s

CHUNK_MULTIPLE = 512  # samples; the voice activity window at 16 kHz
GAP_TOLERANCE_S = 0.05
LONGEST_GAP_S = 600.0  # a longer jump is a broken time stamp, not silence


def read_audio(
    path: Path, *, sample_rate_hz: int = 16000, chunk_s: float = 10.0
) -> Iterator[AudioChunk]:
    """Decode the first audio stream to mono; memory does not grow with its length.

    Gaps in the time stamps become silence, so chunk times stay aligned with the video. A file that
    breaks off yields what can be decoded.

    Args:
        path: the media file.
        sample_rate_hz: rate to resample to.
        chunk_s: length of the chunks, rounded to the voice activity window; the last is shorter.

    Raises:
        DecodeError: when the file cannot be opened, has no audio stream or no decodable sample.
    """
    size = max(1, round(chunk_s * sample_rate_hz / CHUNK_MULTIPLE)) * CHUNK_MULTIPLE
    with open_media(path) as container:
        stream = audio_stream(container)
        if stream is None:
            raise DecodeError(expected="an audio stream", got="none", where=path)
        pieces = _resampled(container, stream, sample_rate_hz)
        n_samples = 0
        for samples in _rechunk(pieces, size):
            yield AudioChunk(samples, n_samples / sample_rate_hz, sample_rate_hz)
            n_samples += len(samples)
        if n_samples == 0:
            raise DecodeError(expected="at least one decodable sample", got="none", where=path)


def cut_spans(
    chunks: Iterable[AudioChunk], spans: Sequence[tuple[float, float]]
) -> Iterator[AudioChunk]:
    """The parts of a stream that lie in some spans, one chunk each; only one is held at a time.

    Args:
        chunks: consecutive, of one file.
        spans: (start_s, end_s) in order, not overlapping; what lies behind the end is left out.
    """
    waiting = iter(spans)
    span = next(waiting, None)
    held: list[Array] = []
    for chunk in chunks:
        rate = chunk.sample_rate_hz
        first = round(chunk.start_s * rate)
        while span is not None:
            start, end = (round(edge * rate) for edge in span)
            held.append(chunk.samples[max(0, start - first) : max(0, end - first)])
            if end > first + len(chunk.samples):
                break
            yield AudioChunk(np.concatenate(held), start / rate, rate)
            held, span = [], next(waiting, None)
        else:
            return
    if span is not None and any(len(part) for part in held):
        yield AudioChunk(np.concatenate(held), round(span[0] * rate) / rate, rate)


def _resampled(container: InputContainer, stream: AudioStream, rate_hz: int) -> Iterator[Array]:
    """Mono float32 pieces at ``rate_hz``, silence put where time stamps leave a gap."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
    start_s, heard_s = start_time_s(container), 0.0
    for frame in decode(container, stream):
        if frame.time is not None:
            gap_s = frame.time - start_s - heard_s
            if GAP_TOLERANCE_S < gap_s < LONGEST_GAP_S:
                yield np.zeros(round(gap_s * rate_hz), dtype=np.float32)
                heard_s += gap_s
        heard_s += frame.samples / frame.sample_rate
        frame.pts = None  # the resampler must not invent samples of its own
        for piece in resampler.resample(frame):
            yield piece.to_ndarray()[0]
    for piece in resampler.resample(None):
        yield piece.to_ndarray()[0]


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
