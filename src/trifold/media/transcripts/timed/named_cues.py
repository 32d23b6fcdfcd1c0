"""Cues whose first line is a name, as in what people copy from Teams."""

from __future__ import annotations

from collections.abc import Sequence

from trifold.media.transcripts.speakers.heads import speaker_of

MOST_NAMED = 0.8  # share of cues whose first line must be a name


def named_first(bodies: Sequence[list[str]]) -> list[tuple[str | None, list[str]]]:
    """Speaker and rows of each cue; no speakers where names on first lines are not the custom.

    They are where most cues have one above further rows, and the names come back.

    Args:
        bodies: the rows of each cue.
    """
    filled = [[row for row in body if row] for body in bodies]
    names = [speaker_of(rows[0]) if len(rows) > 1 else None for rows in filled]
    known = [name for name in names if name]
    if len(known) < max(2, MOST_NAMED * len(bodies)) or 2 * len(set(known)) > len(known):
        return [(None, body) for body in bodies]
    return [
        (name, rows[1:] if name else body)
        for name, rows, body in zip(names, filled, bodies, strict=True)
    ]
