"""Answers that are word for word another person's: copies, or one person under two names."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from trifold.contracts import Clip, Transcript

DUPLICATE_WORDS = 20  # shorter answers may be alike by chance
TINY = 240  # longer transcripts, in characters or bytes, are more than a few words


def copies_between_people(clips: Sequence[Clip]) -> list[str]:
    """Ids of answers with the same twenty words or more from two people.

    Texts are compared by their lower-case words, files byte for byte.
    """
    speakers: dict[bytes, dict[str, str]] = {}
    sizes = _file_sizes(clips)
    lengths = Counter(sizes.values())
    for clip in clips:
        alike = lengths[sizes.get(clip.clip_id, -1)] > 1  # else no other file can be the same
        digest = _file_digest(clip) if alike else _digest(clip)
        if digest is not None:
            speakers.setdefault(digest, {}).setdefault(clip.person, clip.clip_id)
    return [c for people in speakers.values() if len(people) > 1 for c in people.values()]


def _digest(clip: Clip) -> bytes | None:
    """Of the lower-case words of a transcript that was given as text."""
    said = clip.transcript
    text = said.text if isinstance(said, Transcript) else said
    if text is None or len(text) < DUPLICATE_WORDS:
        return None
    words = text.casefold().split()
    if len(words) < DUPLICATE_WORDS:
        return None
    return hashlib.blake2b(" ".join(words).encode(), digest_size=12).digest()


def _file_sizes(clips: Sequence[Clip]) -> dict[str, int]:
    """Clip id to bytes of its transcript file, where that is more than a few words."""
    sizes: dict[str, int] = {}
    for clip in clips:
        if clip.transcript is None and clip.transcript_path is not None:
            try:
                size = clip.transcript_path.stat().st_size
            except OSError:
                continue
            if size > TINY:
                sizes[clip.clip_id] = size
    return sizes


def _file_digest(clip: Clip) -> bytes | None:
    try:
        content = clip.transcript_path.read_bytes() if clip.transcript_path else b""
    except OSError:
        return None
    return hashlib.blake2b(content, digest_size=12).digest()
