"""What a media file says of itself."""

from __future__ import annotations

from pathlib import Path

from trifold.errors import DecodeError
from trifold.media.container.opening import open_media
from trifold.media.container.tracks import audio_stream


def tagged_language(path: Path) -> str | None:
    """The language that the sound is tagged with, e.g. ``eng``; None where it is not."""
    try:
        with open_media(path) as container:
            stream = audio_stream(container)
            language = stream.metadata.get("language") if stream is not None else None
    except DecodeError:
        return None
    return None if language in (None, "", "und", "mis", "mul", "zxx") else language
