"""What a media file declares, without decoding it."""

from __future__ import annotations

from pathlib import Path

import av
from av.container import InputContainer

from src.contracts import MediaInfo
from src.errors import DecodeError
from src.media.container import audio_stream, open_media, video_stream

LONGEST_S = 86400.0  # a header that claims more than a day is wrong


def probe(path: Path) -> MediaInfo:
    """Read the header of a media file.

    Raises:
        DecodeError: when it cannot be opened or has neither an audio nor a video stream.
    """
    with open_media(path) as container:
        video = video_stream(container)
        audio = audio_stream(container)
        if video is None and audio is None:
            raise DecodeError(expected="an audio or video stream", got="neither", where=path)
        rate = video.average_rate if video is not None else None
        return MediaInfo(
            duration_s=_duration_s(container),
            has_audio=audio is not None,
            has_video=video is not None,
            width_px=video.width if video is not None else None,
            height_px=video.height if video is not None else None,
            frame_rate_hz=float(rate) if rate else None,
            sample_rate_hz=audio.rate if audio is not None else None,
        )


def _duration_s(container: InputContainer) -> float | None:
    """Of the container, else of its longest stream; None where no header says (some webm).

    Headers that make no sense count as saying nothing.
    """
    known = [
        float(s.duration * s.time_base) for s in container.streams if s.duration and s.time_base
    ]
    declared = [container.duration / av.time_base] if container.duration else []
    for duration_s in (*declared, max(known, default=0.0)):
        if 0 < duration_s < LONGEST_S:
            return duration_s
    return None
