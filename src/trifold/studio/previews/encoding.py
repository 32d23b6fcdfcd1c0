"""A recording as H.264 and AAC in MP4, small, on the recording's own clock.

``python -m trifold.studio.previews.encoding SOURCE TARGET CHOSEN`` makes one, in a process that may
use no more memory, time and disk than a recording of some hours needs: files may be made to break
decoders. ``CHOSEN`` is a ``Chosen`` as a list of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from trifold.contracts import AudioChunk, Chosen, Frame, MediaInfo
from trifold.errors import DecodeError, TrifoldError
from trifold.media.container.chosen import with_chosen
from trifold.media.container.probe import probe
from trifold.media.picture.frames import read_frames
from trifold.media.sound.channel import read_channel
from trifold.runtime.private import take_umask

MAX_SIDE_PX, FRAME_RATE_HZ = 960, 25.0
SAMPLE_RATE_HZ, CHUNK_S = 32_000, 1.0
X264 = {"preset": "veryfast", "crf": "26", "g": "50"}  # a key frame in two seconds: quick jumps
TICKS = Fraction(1, 1000)
MEMORY_BYTES, DISK_BYTES, CPU_S = 4 << 30, 8 << 30, 4 * 3600
NOTHING_CHOSEN = Chosen()
NOT_MADE = 3  # exit code where the recording cannot be read


def encode(source: Path, target: Path, chosen: Chosen = NOTHING_CHOSEN) -> None:
    """Write the preview of a recording: the picture and track that are read, all channels mixed.

    Args:
        source: the recording.
        target: of the preview; overwritten.
        chosen: what somebody chose of the recording.

    Raises:
        DecodeError: when nothing of it can be decoded.
    """
    info = with_chosen(probe(source), source, chosen)
    frames, chunks = _frames(source, info), _chunks(source, info)
    frame, chunk = next(frames, None), next(chunks, None)
    if frame is None and chunk is None:
        raise DecodeError(expected="a picture or sound", got="none", where=source)
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as container:
        picture = _Picture(container, frame) if frame is not None else None
        sound = _Sound(container) if chunk is not None else None
        while frame is not None or chunk is not None:
            if picture and frame and (chunk is None or frame.time_s <= chunk.start_s):
                picture.add(frame)
                frame = next(frames, None)
            elif sound and chunk is not None:
                sound.add(chunk)
                chunk = next(chunks, None)
        for part in (picture, sound):
            if part is not None:
                part.end()


def _frames(source: Path, info: MediaInfo) -> Iterator[Frame]:
    if info.has_video:
        with suppress(DecodeError):  # sound alone is better than nothing
            yield from read_frames(
                source,
                stream=info.video_stream,
                frame_rate_hz=FRAME_RATE_HZ,
                max_side_px=MAX_SIDE_PX,
            )


def _chunks(source: Path, info: MediaInfo) -> Iterator[AudioChunk]:
    if info.has_audio:
        with suppress(DecodeError):
            yield from read_channel(
                source, stream=info.audio_stream, sample_rate_hz=SAMPLE_RATE_HZ, chunk_s=CHUNK_S
            )


class _Picture:
    """The stream of pictures; all have the size of the first."""

    def __init__(self, container: Any, first: Frame) -> None:
        height, width = first.image.shape[:2]
        self.container = container
        self.stream = container.add_stream("libx264", rate=round(FRAME_RATE_HZ), options=X264)
        self.stream.width, self.stream.height = (max(2, side // 2 * 2) for side in (width, height))
        self.stream.pix_fmt = "yuv420p"
        self.stream.codec_context.time_base = TICKS
        self.stream.codec_context.thread_count = 1
        self.last = -1

    def add(self, frame: Frame) -> None:
        at = round(frame.time_s / float(TICKS))
        if at <= self.last:
            return
        shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.image), format="rgb24")
        shown = shown.reformat(self.stream.width, self.stream.height, "yuv420p")
        shown.pts, shown.time_base, self.last = at, TICKS, at
        self.container.mux(self.stream.encode(shown))

    def end(self) -> None:
        self.container.mux(self.stream.encode(None))


class _Sound:
    """The stream of sound, in one channel."""

    def __init__(self, container: Any) -> None:
        self.container = container
        self.stream = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        self.stream.bit_rate = 64_000

    def add(self, chunk: AudioChunk) -> None:
        samples = np.ascontiguousarray(chunk.samples[None], dtype=np.float32)
        heard = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        heard.sample_rate, heard.time_base = SAMPLE_RATE_HZ, Fraction(1, SAMPLE_RATE_HZ)
        heard.pts = round(chunk.start_s * SAMPLE_RATE_HZ)
        self.container.mux(self.stream.encode(heard))

    def end(self) -> None:
        self.container.mux(self.stream.encode(None))


def take_limits() -> None:
    """No more memory, time and disk for this process, and its turn behind others."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, DISK_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, hard))
    os.nice(10)


def main() -> None:
    """See above."""
    take_umask()
    take_limits()
    source, target, chosen = sys.argv[1:]
    try:
        encode(Path(source), Path(target), Chosen(*json.loads(chosen)))
    except (TrifoldError, av.FFmpegError, MemoryError):
        sys.exit(NOT_MADE)


if __name__ == "__main__":
    main()
