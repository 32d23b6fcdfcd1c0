"""Content hashes, under which tokens are stored: what is read decides them, and nothing else."""

from __future__ import annotations

import hashlib
import json

from trifold.contracts import Transcript


def hash_text(text: str) -> str:
    """32 hex digits of SHA-256 over a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def hash_transcript(transcript: Transcript, duration_s: float | None) -> str:
    """32 hex digits over words and times; the duration counts where it sets the times."""
    segments = [[s.text, s.start_s, s.end_s] for s in transcript.segments]
    timed = all(s.start_s is not None for s in transcript.segments)
    text = json.dumps([segments, None if timed else duration_s], separators=(",", ":"))
    return hash_text(text)
