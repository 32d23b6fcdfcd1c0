"""Opening media files with one kind of error for everything that can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from src.errors import DecodeError

av.logging.set_level(av.logging.PANIC)  # broken files are reported by us, not on stderr


# containers of recordings; never playlists, which would have other files or addresses opened
FORMATS = (
    "mov", "mp4", "m4a", "3gp", "matroska", "webm", "avi", "flv", "asf", "mpegts", "mpeg",
    "mpegvideo", "h264", "hevc", "ivf", "mxf", "dv", "gif", "wav", "w64", "aiff", "au", "caf",
    "mp3", "aac", "ac3", "flac", "ogg", "amr",
)  # fmt: skip
OPTIONS = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a media file for reading.

    Raises:
        DecodeError: when there is no such file, it is empty, or it is not media.
    """
    require_file(path)
    try:
        container = av.open(f"file:{path}", metadata_errors="ignore", options=OPTIONS)
    except (av.FFmpegError, ValueError, UnicodeError) as error:
        raise DecodeError(
            expected="a media file that can be opened", got=_reason(error), where=path
        ) from error
    with container:
        yield container


def decode(container: InputContainer, stream: Stream) -> Iterator[Any]:
    """Frames of one stream until the end or the first place that cannot be read any more."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue  # a damaged packet; later ones may be whole


def video_stream(container: InputContainer) -> VideoStream | None:
    """The first video stream that is not a cover picture; None where none can be decoded."""
    cover = av.stream.Disposition.attached_pic
    known = (s for s in container.streams.video if s.codec_context is not None)
    return next((s for s in known if not s.disposition & cover), None)


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The first audio stream; None where none can be decoded."""
    return next((s for s in container.streams.audio if s.codec_context is not None), None)


def start_time_s(container: InputContainer) -> float:
    """Where the file's clock starts, so that times begin at 0 whatever the container says."""
    return (container.start_time or 0) / av.time_base


def require_file(path: Path) -> None:
    """What can be said before FFmpeg is asked.

    Raises:
        DecodeError: when there is no such file, it is empty, or a folder, pipe or device.
    """
    try:
        found = "no such file" if not path.exists() else "no file but a folder, pipe or device"
        if path.is_file():
            found = "" if path.stat().st_size else "an empty file (0 bytes)"
    except (OSError, ValueError) as error:  # too long a name, links in a circle, no permission
        found = (getattr(error, "strerror", None) or str(error)).lower()
    if found:
        raise DecodeError(expected="a media file", got=found, where=path)


def _reason(error: Exception) -> str:
    """FFmpeg's words without its error number and path."""
    return (getattr(error, "strerror", None) or str(error)).strip().lower()
