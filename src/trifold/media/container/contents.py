"""Looking at a media file where it is opened: its streams, its packets, what its headers state."""

from __future__ import annotations

from collections.abc import Mapping

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from trifold.media.container.facts import PICTURE, SOUND, FileFacts, StreamFacts
from trifold.media.container.file import MediaFile
from trifold.media.container.headers import bytes_stated, goes_on, states_its_length
from trifold.media.container.opening import open_media, start_time_s
from trifold.media.container.packets import Played, Walked, walk
from trifold.media.container.tracks import (
    audio_streams,
    is_default,
    standing,
    title_of,
    video_streams,
)

LONGEST_S = 86400.0  # a header that claims more than a day is wrong
FEWEST_PICTURES = 2  # one is a cover, however it is stored
SLOWEST_HZ = 0.1  # pictures that change more rarely are slides or chapters
SHORT_S, SHORT_SHARE = 0.5, 0.03  # less is missing at the end of many whole files
BEHIND = "several recordings lie one behind the other in this file, and not all of it was read"
LONGEST_NAME = 500  # characters of a title or language


def list_streams(media: MediaFile) -> FileFacts:
    """What a file's headers say of its streams.

    Raises:
        DecodeError: when it cannot be opened.
    """
    with open_media(media) as container:
        return FileFacts(streams_of(container))


def look_at(media: MediaFile) -> FileFacts:
    """What a file holds, after all its packets were gone through; nothing is decoded.

    Headers say nothing of files that were cut short, joined, streamed or written without an index.

    Raises:
        DecodeError: when it cannot be opened.
    """
    with open_media(media) as container:
        if not (streams := streams_of(container)):
            return FileFacts(streams)
        walked = walk(container)
        stated = states_its_length(container, media)
        declared_s = _declared_s(container, walked.played, media) if stated else None
        return FileFacts(
            streams=streams_of(container, walked.played),
            duration_s=_sane(container.duration),
            declared_s=declared_s,
            truncated=BEHIND
            if goes_on(container, media, walked.end_byte)
            else _remark_on_length(container, walked, declared_s),
        )


def streams_of(
    container: InputContainer, played: Mapping[int, Played] | None = None
) -> list[StreamFacts]:
    """The streams that can be decoded, with what their packets say where that is known."""
    played = played or {}
    sounds = [_sound(stream, played.get(stream.index)) for stream in audio_streams(container)]
    return sounds + [_picture(s, played.get(s.index)) for s in video_streams(container)]


def _sound(stream: AudioStream, played: Played | None) -> StreamFacts:
    return StreamFacts(
        stream.index,
        SOUND,
        *_named(stream),
        channels=stream.codec_context.channels,
        rate_hz=stream.rate or 0,
        end_s=None if played is None else played.end_s,
    )


def _picture(stream: VideoStream, played: Played | None) -> StreamFacts:
    return StreamFacts(
        stream.index,
        PICTURE,
        *_named(stream),
        width_px=stream.width,
        height_px=stream.height,
        frame_rate_hz=float(stream.average_rate) if stream.average_rate else None,
        end_s=None if played is None else played.end_s,
        moves=_moves(played),
    )


def _named(stream: AudioStream | VideoStream) -> tuple[str, str, str | None, int, bool]:
    language = stream.metadata.get("language")
    return (
        str(stream.codec.canonical_name),
        title_of(stream)[:LONGEST_NAME],
        None if language is None else language[:LONGEST_NAME],
        standing(stream),
        is_default(stream),
    )


def _moves(played: Played | None) -> bool:
    if played is None:
        return False
    return played.n >= max(FEWEST_PICTURES, SLOWEST_HZ * played.end_s)


def _declared_s(
    container: InputContainer, played: Mapping[int, Played], media: MediaFile
) -> float | None:
    """Of the container, else of its longest stream that is read; None where no header says.

    Headers that make no sense count as saying nothing.
    """
    streams = [_stated_s(container.streams[index]) for index in played]
    longest_s = max((s for s in streams if s is not None), default=None)
    declared_s = _sane(container.duration) or longest_s
    if declared_s is not None and "matroska" in container.format.name:
        start_s = max(0.0, start_time_s(container))  # its length is that from stamp 0 on
        declared_s = declared_s - start_s if start_s < declared_s else declared_s
    return None if declared_s is None else declared_s * bytes_stated(container, media)


def _stated_s(stream: Stream) -> float | None:
    if not stream.duration or not stream.time_base:
        return None
    duration_s = float(stream.duration * stream.time_base)
    return duration_s if 0 < duration_s < LONGEST_S else None


def _sane(duration: int | None) -> float | None:
    duration_s = duration / av.time_base if duration else 0.0
    return duration_s if 0 < duration_s < LONGEST_S else None


def _remark_on_length(container: InputContainer, walked: Walked, declared_s: float | None) -> str:
    """One line, where the file or a stream of it ends before its header says; else empty."""
    if declared_s is None:
        return ""
    played, ends = walked.played, [(walked.end_s, declared_s)]
    stated = {index: _stated_s(container.streams[index]) for index in played}
    ends += [(played[i].end_s, s) for i, s in stated.items() if s is not None and s <= declared_s]
    for end_s, stated_s in ends:
        if stated_s - end_s > max(SHORT_S, SHORT_SHARE * stated_s):
            return f"header says {stated_s:.1f} s, {end_s:.1f} s could be decoded"
    return ""
