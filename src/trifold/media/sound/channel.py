"""Waveform of one channel of a media file, as a stream of chunks on the file's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trifold.contracts import AudioChunk
from trifold.media.decoder.decoder import Decoder


def read_channel(
    path: Path,
    *,
    stream: int | None = None,
    channel: int | None = None,
    sample_rate_hz: int = 16000,
    chunk_s: float = 10.0,
    decoder: Decoder | None = None,
) -> Iterator[AudioChunk]:
    """Decode one channel of one audio stream; memory does not grow with its length.

    Gaps in the time stamps become silence, so chunk times stay aligned with the video. A file that
    breaks off yields what can be decoded, and recordings that were joined are read on.

    Args:
        path: the media file.
        stream: index in the file; None takes the likeliest by titles and flags.
        channel: of the stream, at its own level; None is for streams that have only one.
        sample_rate_hz: rate to resample to.
        chunk_s: length of the chunks, rounded to the voice activity window; the last is shorter.
        decoder: of the file, which may have kept its sound when it was looked at.

    Raises:
        DecodeError: when the file cannot be opened, has no audio stream or no decodable sample.
    """
    n_samples = 0
    for samples in (decoder or Decoder(path)).waveform(
        stream=stream, channel=channel, sample_rate_hz=sample_rate_hz, chunk_s=chunk_s
    ):
        yield AudioChunk(samples, n_samples / sample_rate_hz, sample_rate_hz)
        n_samples += len(samples)
