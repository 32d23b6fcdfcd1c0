"""What a media file says of itself."""

from __future__ import annotations

from pathlib import Path

from trifold.errors import DecodeError
from trifold.media.container.facts import SOUND
from trifold.media.decoder.decoder import Decoder


def tagged_language(path: Path) -> str | None:
    """The language that the sound is tagged with, e.g. ``eng``; None where it is not."""
    try:
        sounds = Decoder(path).streams().of(SOUND)
    except DecodeError:
        return None
    language = sounds[0].language if sounds else None
    return None if language in (None, "", "und", "mis", "mul", "zxx") else language
