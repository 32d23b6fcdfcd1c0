"""The candidate's voice in a media file, as a mono waveform in chunks on the file's own clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from trifold.contracts import Array, AudioChunk, Span
from trifold.media.decoder.decoder import Decoder
from trifold.media.sound.channel import read_channel
from trifold.media.sound.choice import Sound, choose_sound


def read_audio(
    path: Path,
    *,
    sound: Sound | None = None,
    sample_rate_hz: int = 16000,
    chunk_s: float = 10.0,
    decoder: Decoder | None = None,
) -> Iterator[AudioChunk]:
    """Decode the candidate's voice to mono; memory does not grow with its length.

    Gaps in the time stamps become silence, so chunk times stay aligned with the video. A file that
    breaks off yields what can be decoded, and recordings that were joined are read on.

    Args:
        path: the media file.
        sound: track and channel; None finds them, at the cost of more decoding where there are
            several.
        sample_rate_hz: rate to resample to.
        chunk_s: length of the chunks, rounded to the voice activity window; the last is shorter.
        decoder: of the file, which may have kept its sound when it was looked at.

    Raises:
        DecodeError: when the file cannot be opened, has no audio stream or no decodable sample.
    """
    found = choose_sound(path, decoder=decoder) if sound is None else sound
    yield from read_channel(
        path,
        stream=found.stream,
        channel=found.channel,
        sample_rate_hz=sample_rate_hz,
        chunk_s=chunk_s,
        decoder=decoder,
    )


def silenced(chunks: Iterable[AudioChunk], spans: Sequence[Span]) -> Iterator[AudioChunk]:
    """The stream with silence in some spans; the clock runs on.

    Args:
        chunks: consecutive, of one file.
        spans: (start, end) in seconds.
    """
    for chunk in chunks:
        rate, first, n = chunk.sample_rate_hz, chunk.start_s, len(chunk.samples)
        edges = [(round((s - first) * rate), round((e - first) * rate)) for s, e in spans]
        inside = [slice(max(start, 0), end) for start, end in edges if start < n and end > 0]
        if inside:
            samples = chunk.samples.copy()
            for part in inside:
                samples[part] = 0.0
            chunk = replace(chunk, samples=samples)
        yield chunk


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
