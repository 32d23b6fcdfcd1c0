"""Opening media files with one kind of error for everything that can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from trifold.errors import DecodeError
from trifold.media.container.file import MediaFile, media_file
from trifold.media.container.forms import options
from trifold.media.container.headers import what_else
from trifold.media.container.tracks import PICTURES
from trifold.media.sound.delays import is_delay

av.logging.set_level(av.logging.PANIC)  # broken files are reported by us, not on stderr


@contextmanager
def open_media(media: MediaFile | Path) -> Iterator[InputContainer]:
    """Open a media file for reading, of a form that recordings have.

    FFmpeg gets the bytes and no path, so it opens nothing beside them.

    Raises:
        DecodeError: when there is no such file, it is empty, or it is not media.
    """
    with media_file(media) if isinstance(media, Path) else nullcontext(media) as file:
        try:
            container = av.open(file.reader(), metadata_errors="ignore", options=options())
        except (av.FFmpegError, ValueError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)  # without error number
            raise DecodeError(
                expected="a media file that can be opened",
                got=what_else(file) or reason.strip().lower(),
                where=media if isinstance(media, Path) else None,
            ) from error
        with container:
            yield container


def one_threaded(stream: AudioStream | VideoStream) -> None:
    """Have a stream decoded in this thread: files run in parallel, and no other may be started."""
    context = stream.codec_context
    context.thread_type, context.thread_count = ThreadType.NONE, 1


def decode(container: InputContainer, stream: Stream) -> Iterator[Any]:
    """Frames of one stream until the end or the first place that cannot be read any more."""
    for frame, _ in frames_of(demux(container, [stream])):
        yield frame


def frames_of(packets: Iterable[Packet]) -> Iterator[tuple[Any, int]]:
    """Frames with the index of their stream, as they come in the file."""
    for packet in packets:
        try:
            for frame in packet.decode():
                yield frame, packet.stream_index
        except av.FFmpegError:
            continue  # a damaged packet; later ones may be whole


def demux(container: InputContainer, streams: Sequence[Stream]) -> Iterator[Packet]:
    """Packets of some streams until the end or the first place that cannot be read any more."""
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        yield packet


def keeps_times(container: InputContainer) -> bool:
    """Whether stamps say when something is shown; in AVI, which holds an order, they are guesses.

    Sound then runs on by its samples, and pictures by their order of decoding.
    """
    return str(container.format.name) != "avi"


def start_time_s(container: InputContainer) -> float:
    """Where the recording starts, so that times begin at 0 whatever the container says.

    What an encoder of sound puts in front is no part of it, where the picture begins behind that.
    """
    start_s = (container.start_time or 0) / av.time_base
    shown = [s for s in container.streams.video if not s.disposition & PICTURES]
    pictures = [_start_s(s) for s in shown if s.codec_context is not None]
    seen_s = min((found for found in pictures if found is not None), default=start_s)
    heard = [s for s in container.streams.audio if s.codec_context is not None]
    return seen_s if any(is_delay(seen_s - start_s, stream) for stream in heard) else start_s


def _start_s(stream: Stream) -> float | None:
    """Stamp of the first packet, where the container tells it."""
    if stream.start_time is None or stream.time_base is None:
        return None
    return float(stream.start_time * stream.time_base)
