"""Tracks and pictures of a file by their numbers: what there is, and what somebody chose of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from trifold.codes import Code
from trifold.contracts import Chosen, MediaInfo
from trifold.errors import DecodeError
from trifold.media.container.facts import PICTURE, SOUND, FileFacts, StreamFacts
from trifold.media.container.probe import remarks_on_sound
from trifold.media.decoder.decoder import Decoder
from trifold.media.sound.choice import Sound, choose_sound


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
    found = Decoder(path).streams()
    return (
        [
            TrackFacts(n, s.index, s.title, s.codec, s.channels)
            for n, s in enumerate(in_order(found, SOUND), start=1)
        ],
        [
            TrackFacts(n, s.index, s.title, s.codec, 0, s.width_px, s.height_px)
            for n, s in enumerate(in_order(found, PICTURE), start=1)
        ],
    )


def with_chosen(
    info: MediaInfo, path: Path, chosen: Chosen, *, decoder: Decoder | None = None
) -> MediaInfo:
    """What is read of a file where somebody said which tracks are the candidate's.

    Args:
        info: what is read where nobody did.
        path: the media file.
        chosen: what was said.
        decoder: of the file; it keeps what it decodes of a short recording's sound.

    Raises:
        DecodeError: when the file cannot be opened, or has no track, channel or picture of that
            number.
    """
    decoder = decoder or Decoder(path)
    found = decoder.streams()
    if chosen.video_track is not None:
        picture = _numbered(in_order(found, PICTURE), chosen.video_track, "pictures", path)
        info = replace(
            info,
            has_video=True,
            video_stream=picture.index,
            width_px=picture.width_px,
            height_px=picture.height_px,
            frame_rate_hz=picture.frame_rate_hz,
            picture_codec=picture.codec,
        )
    if not chosen.of_sound:
        return info
    track = _track(in_order(found, SOUND), info, chosen, path)
    sound = _sound(track, chosen.audio_channel, path, decoder)
    kept = {code: line for code, line in info.remarks.items() if code not in OF_SOUND}
    return replace(
        info,
        has_audio=True,
        audio_stream=sound.stream,
        audio_channel=sound.channel,
        sample_rate_hz=track.rate_hz,
        sound_codec=track.codec,
        remarks=kept | remarks_on_sound(sound, track.rate_hz),
    )


OF_SOUND = (Code.SEVERAL_SPEAKERS, Code.TELEPHONE_SOUND)


def in_order(found: FileFacts, kind: str) -> list[StreamFacts]:
    """The streams of a kind as they come in the file."""
    return sorted(found.of(kind), key=lambda stream: stream.index)


def _track(
    tracks: Sequence[StreamFacts], info: MediaInfo, chosen: Chosen, path: Path
) -> StreamFacts:
    """The track of a number; the one that is read anyway where a channel alone was chosen."""
    if chosen.audio_track is not None:
        return _numbered(tracks, chosen.audio_track, "sound tracks", path)
    read = [track for track in tracks if track.index == info.audio_stream]
    return _numbered(read, 1, "sound tracks", path)


def _sound(track: StreamFacts, channel: int | None, path: Path, decoder: Decoder) -> Sound:
    count = track.channels
    if channel is None:
        return choose_sound(path, track=track.index, decoder=decoder)
    if not 1 <= channel <= count:
        raise DecodeError(
            expected=f"a channel of 1 to {count}", got=f"channel {channel}", where=path
        )
    return Sound(track.index, channel - 1 if count > 1 else None)


def _numbered(streams: Sequence[StreamFacts], number: int, what: str, path: Path) -> StreamFacts:
    if not 1 <= number <= len(streams):
        raise DecodeError(
            expected=f"one of {len(streams)} {what}", got=f"number {number}", where=path
        )
    return streams[number - 1]
