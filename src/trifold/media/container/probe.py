"""What a media file holds and which of it is read: streams, length, and what is odd about it."""

from __future__ import annotations

from pathlib import Path

from trifold.codes import Code
from trifold.contracts import MediaInfo
from trifold.errors import DecodeError
from trifold.media.container.facts import PICTURE, SOUND
from trifold.media.decoder.decoder import Decoder
from trifold.media.sound.choice import Sound, choose_sound

LOWEST_HZ = 16000  # sampling rate: sound of a lower one lacks tones that encoders listen to


def probe(path: Path, *, decoder: Decoder | None = None) -> MediaInfo:
    """Find out what a media file holds, without decoding where there is nothing to choose.

    All packets are gone through, since headers say nothing of files that were cut short, joined,
    streamed or written without an index. Sound of several tracks or channels is listened to.

    Args:
        path: the media file.
        decoder: of the file; it keeps what it decodes of a short recording's sound.

    Raises:
        DecodeError: when it cannot be opened or has neither an audio nor a video stream.
    """
    decoder = decoder or Decoder(path)
    found = decoder.look()
    audible, visible = found.of(SOUND), found.of(PICTURE)
    if not audible and not visible:
        raise DecodeError(expected="an audio or video stream", got="neither", where=path)
    moving = [stream for stream in visible if stream.moves]
    video = moving[0] if moving else None
    sound = choose_sound(path, decoder=decoder) if audible else Sound(None)
    audio = next((s for s in audible if s.index == sound.stream), None)
    ends = [stream.end_s for stream in (*audible, *moving) if stream.end_s is not None]
    truncated = {Code.TRUNCATED: found.truncated} if found.truncated else {}
    return MediaInfo(
        duration_s=max(ends, default=0.0) or found.duration_s,
        declared_s=found.declared_s,
        has_audio=audio is not None,
        has_video=video is not None,
        width_px=video.width_px if video is not None else None,
        height_px=video.height_px if video is not None else None,
        frame_rate_hz=video.frame_rate_hz if video is not None else None,
        sample_rate_hz=audio.rate_hz if audio is not None else None,
        audio_stream=sound.stream,
        audio_channel=sound.channel,
        video_stream=video.index if video is not None else None,
        sound_codec=audio.codec if audio is not None else None,
        picture_codec=video.codec if video is not None else None,
        remarks=remarks_on_sound(sound, audio.rate_hz if audio is not None else None) | truncated,
    )


def remarks_on_sound(sound: Sound, rate_hz: int | None) -> dict[str, str]:
    """Code to one line for people."""
    remarks: dict[str, str] = {Code.SEVERAL_SPEAKERS: sound.remark} if sound.remark else {}
    if rate_hz is not None and 0 < rate_hz < LOWEST_HZ:
        said = f"sound of {rate_hz} Hz, which holds no tones above {rate_hz / 2000:g} kHz"
        remarks[Code.TELEPHONE_SOUND] = said
    return remarks
