"""What a media file holds and which of it is read: streams, length, and what is odd about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from trifold.codes import Code
from trifold.contracts import MediaInfo
from trifold.errors import DecodeError
from trifold.media.container.headers import bytes_stated, states_its_length
from trifold.media.container.opening import open_media
from trifold.media.container.packets import Played, walk
from trifold.media.container.tracks import audio_streams, video_streams
from trifold.media.sound.choice import Sound, choose_sound
from trifold.media.sound.decoded import DecodedSound

LONGEST_S = 86400.0  # a header that claims more than a day is wrong
FEWEST_PICTURES = 2  # one is a cover, however it is stored
SLOWEST_HZ = 0.1  # pictures that change more rarely are slides or chapters
SHORT_S, SHORT_SHARE = 0.5, 0.03  # less is missing at the end of many whole files
LOWEST_HZ = 16000  # sampling rate: sound of a lower one lacks tones that encoders listen to


def probe(path: Path, *, decoded: DecodedSound | None = None) -> MediaInfo:
    """Find out what a media file holds, without decoding where there is nothing to choose.

    All packets are gone through, since headers say nothing of files that were cut short, joined,
    streamed or written without an index. Sound of several tracks or channels is listened to.

    Args:
        path: the media file.
        decoded: keeps what is decoded of a short recording's sound for who reads it next.

    Raises:
        DecodeError: when it cannot be opened or has neither an audio nor a video stream.
    """
    with open_media(path) as container:
        audible, visible = audio_streams(container), video_streams(container)
        if not audible and not visible:
            raise DecodeError(expected="an audio or video stream", got="neither", where=path)
        played = walk(container)
        stated = states_its_length(container, path)
        declared_s = _declared_s(container, played, path) if stated else None
        moving = [s for s in visible if _moves(played.get(s.index))]
        video = moving[0] if moving else None
        sound = choose_sound(path, decoded=decoded) if audible else Sound(None)
        audio = next((s for s in audible if s.index == sound.stream), None)
        ends = [played[s.index].end_s for s in (*audible, *moving) if s.index in played]
        length_s = max(ends, default=0.0)
        return MediaInfo(
            duration_s=length_s if length_s else _sane(container.duration),
            declared_s=declared_s,
            has_audio=audio is not None,
            has_video=video is not None,
            width_px=video.width if video is not None else None,
            height_px=video.height if video is not None else None,
            frame_rate_hz=float(video.average_rate) if video and video.average_rate else None,
            sample_rate_hz=audio.rate if audio is not None else None,
            audio_stream=sound.stream,
            audio_channel=sound.channel,
            video_stream=video.index if video is not None else None,
            sound_codec=codec_of(audio),
            picture_codec=codec_of(video),
            remarks=remarks_on_sound(sound, audio.rate if audio is not None else None)
            | _remark_on_length(container, played, declared_s),
        )


def codec_of(stream: AudioStream | VideoStream | None) -> str | None:
    """What the stream is encoded as, whichever decoder reads it."""
    return None if stream is None else str(stream.codec.canonical_name)


def _moves(played: Played | None) -> bool:
    """Whether a stream has enough pictures to be a video."""
    if played is None:
        return False
    return played.n >= max(FEWEST_PICTURES, SLOWEST_HZ * played.end_s)


def _declared_s(
    container: InputContainer, played: Mapping[int, Played], path: Path
) -> float | None:
    """Of the container, else of its longest stream that is read; None where no header says.

    Headers that make no sense count as saying nothing.
    """
    streams = [_stated_s(container.streams[index]) for index in played]
    longest_s = max((s for s in streams if s is not None), default=None)
    declared_s = _sane(container.duration) or longest_s
    return None if declared_s is None else declared_s * bytes_stated(container, path)


def _stated_s(stream: Stream) -> float | None:
    if not stream.duration or not stream.time_base:
        return None
    duration_s = float(stream.duration * stream.time_base)
    return duration_s if 0 < duration_s < LONGEST_S else None


def _sane(duration: int | None) -> float | None:
    duration_s = duration / av.time_base if duration else 0.0
    return duration_s if 0 < duration_s < LONGEST_S else None


def remarks_on_sound(sound: Sound, rate_hz: int | None) -> dict[str, str]:
    """Code to one line for people."""
    remarks: dict[str, str] = {Code.SEVERAL_SPEAKERS: sound.remark} if sound.remark else {}
    if rate_hz is not None and 0 < rate_hz < LOWEST_HZ:
        said = f"sound of {rate_hz} Hz, which holds no tones above {rate_hz / 2000:g} kHz"
        remarks[Code.TELEPHONE_SOUND] = said
    return remarks


def _remark_on_length(
    container: InputContainer, played: Mapping[int, Played], declared_s: float | None
) -> dict[str, str]:
    """Code to one line, where the file or a stream of it ends before its header says."""
    if declared_s is None:
        return {}
    longest_s = max((one.end_s for one in played.values()), default=0.0)
    ends = [(longest_s, declared_s)]
    stated = {index: _stated_s(container.streams[index]) for index in played}
    ends += [(played[i].end_s, s) for i, s in stated.items() if s is not None and s <= declared_s]
    for end_s, stated_s in ends:
        if stated_s - end_s > max(SHORT_S, SHORT_SHARE * stated_s):
            said = f"header says {stated_s:.1f} s, {end_s:.1f} s could be decoded"
            return {Code.TRUNCATED: said}
    return {}
