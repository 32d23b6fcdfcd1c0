"""Labels that say what somebody is in an interview, in the languages that people label in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from trifold.media.transcripts.speakers.role_words import (
    CANDIDATE,
    CANDIDATES,
    INTERVIEWER,
    INTERVIEWERS,
    PAIRS,
    PHRASES,
    QUESTIONS,
    SHORT,
)


def role_of(label: str, labels: Sequence[str]) -> str | None:
    """``candidate``, ``interviewer`` or None, by what a label says.

    Args:
        label: as it stands before somebody's words.
        labels: all of the transcript; letters mean something in pairs only.
    """
    plain = plain_label(label)
    others = {plain_label(other) for other in labels}
    for asks, answers in PAIRS:
        if others == {asks, answers}:
            return INTERVIEWER if plain == asks else CANDIDATE
    if any(others == {asks} for asks, _ in QUESTIONS):
        return INTERVIEWER  # whose answers have no label
    words = {*re.findall(r"[^\W\d_]+", plain), *plain.split()}  # some scripts' signs are no letters
    if plain in PHRASES or any(phrase in plain for phrase in PHRASES):
        return INTERVIEWER
    if words & INTERVIEWERS:
        return INTERVIEWER
    if words & CANDIDATES:
        return CANDIDATE
    return SHORT.get(plain)


def plain_label(label: str) -> str:
    """Lower case, without punctuation at the ends or repeated space."""
    text = unicodedata.normalize("NFKC", label).casefold()
    return " ".join(text.split()).strip(" .:()[]<>-\N{EN DASH}\N{EM DASH}")
