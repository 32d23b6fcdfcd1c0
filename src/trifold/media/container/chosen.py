"""Tracks and pictures of a file by their numbers: what there is, and what somebody chose of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from trifold.codes import Code
from trifold.contracts import Chosen, MediaInfo
from trifold.errors import DecodeError
from trifold.media.container.opening import open_media
from trifold.media.container.probe import codec_of, remarks_on_sound
from trifold.media.container.tracks import audio_streams, title_of, video_streams
from trifold.media.sound.choice import Sound, choose_sound
from trifold.media.sound.decoded import DecodedSound

S = TypeVar("S", bound=Stream)


class TrackFacts(NamedTuple):
    """A sound track or picture of a file.

    Attributes:
        number: from 1 on, in the order of the file.
        stream: its index among all streams of the file.
        title: what it is called; empty where it has no name.
        codec: in FFmpeg's words.
        channels: of a sound track; 0 of a picture.
        width_px: of a picture; 0 of a sound track.
        height_px: likewise.
    """

    number: int
    stream: int
    title: str
    codec: str
    channels: int = 0
    width_px: int = 0
    height_px: int = 0


def tracks_of(path: Path) -> tuple[list[TrackFacts], list[TrackFacts]]:
    """Sound tracks and pictures of a file, in its order, without decoding it.

    Raises:
        DecodeError: when it cannot be opened.
    """
    with open_media(path) as container:
        sounds, pictures = _sounds(container), _pictures(container)
        return (
            [
                TrackFacts(n, s.index, title_of(s), codec_of(s) or "", s.codec_context.channels)
                for n, s in enumerate(sounds, start=1)
            ],
            [
                TrackFacts(n, s.index, title_of(s), codec_of(s) or "", 0, s.width, s.height)
                for n, s in enumerate(pictures, start=1)
            ],
        )


def with_chosen(
    info: MediaInfo, path: Path, chosen: Chosen, *, decoded: DecodedSound | None = None
) -> MediaInfo:
    """What is read of a file where somebody said which tracks are the candidate's.

    Args:
        info: what is read where nobody did.
        path: the media file.
        chosen: what was said.
        decoded: keeps what is decoded of a short recording's sound.

    Raises:
        DecodeError: when the file cannot be opened, or has no track, channel or picture of that
            number.
    """
    with open_media(path) as container:
        if chosen.video_track is not None:
            picture = _numbered(_pictures(container), chosen.video_track, "pictures", path)
            info = replace(
                info,
                has_video=True,
                video_stream=picture.index,
                width_px=picture.width,
                height_px=picture.height,
                frame_rate_hz=float(picture.average_rate) if picture.average_rate else None,
                picture_codec=codec_of(picture),
            )
        if not chosen.of_sound:
            return info
        track = _track(container, info, chosen, path)
        sound = _sound(track, chosen.audio_channel, path, decoded)
        kept = {code: line for code, line in info.remarks.items() if code not in OF_SOUND}
        return replace(
            info,
            has_audio=True,
            audio_stream=sound.stream,
            audio_channel=sound.channel,
            sample_rate_hz=track.rate,
            sound_codec=codec_of(track),
            remarks=kept | remarks_on_sound(sound, track.rate),
        )


OF_SOUND = (Code.SEVERAL_SPEAKERS, Code.TELEPHONE_SOUND)


def _track(container: InputContainer, info: MediaInfo, chosen: Chosen, path: Path) -> AudioStream:
    """The track of a number; the one that is read anyway where a channel alone was chosen."""
    tracks = _sounds(container)
    if chosen.audio_track is not None:
        return _numbered(tracks, chosen.audio_track, "sound tracks", path)
    read = [track for track in tracks if track.index == info.audio_stream]
    return _numbered(read, 1, "sound tracks", path)


def _sound(
    track: AudioStream, channel: int | None, path: Path, decoded: DecodedSound | None
) -> Sound:
    count = track.codec_context.channels
    if channel is None:
        return choose_sound(path, track=track.index, decoded=decoded)
    if not 1 <= channel <= count:
        raise DecodeError(
            expected=f"a channel of 1 to {count}", got=f"channel {channel}", where=path
        )
    return Sound(track.index, channel - 1 if count > 1 else None)


def _numbered(streams: Sequence[S], number: int, what: str, path: Path) -> S:
    if not 1 <= number <= len(streams):
        raise DecodeError(
            expected=f"one of {len(streams)} {what}", got=f"number {number}", where=path
        )
    return streams[number - 1]


def _sounds(container: InputContainer) -> list[AudioStream]:
    return sorted(audio_streams(container), key=lambda stream: stream.index)


def _pictures(container: InputContainer) -> list[VideoStream]:
    return sorted(video_streams(container), key=lambda stream: stream.index)
