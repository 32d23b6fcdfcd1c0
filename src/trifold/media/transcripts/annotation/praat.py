"""Praat's TextGrid, in its long and its short text form.

Both forms are the same list of strings, numbers and flags; all else between them is comment, as
Praat's own reader has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trifold.contracts import Segment
from trifold.media.transcripts.annotation.tiers import Tier, label, parsed_from_tiers
from trifold.media.transcripts.parsed import Format, ParsedTranscript

MOST_TIERS = 1000
_TOKEN = re.compile(
    r'"((?:[^"]|"")*+)"|(?<!\S)(-?\d{1,12}(?:\.\d{1,20})?(?:e-?\d{1,2})?|<exists>|<absent>)(?!\S)'
)
_HEAD = re.compile(r'\s{0,9}(?:File type\s{0,9}=\s{0,9})?"ooTextFile(?: short)?"', re.IGNORECASE)

Token = str | float


def recognises(text: str) -> bool:
    """True for text files of Praat that hold a TextGrid."""
    text = text.lstrip("\ufeff")
    return bool(_HEAD.match(text)) and '"TextGrid"' in text[:400]


def read(text: str) -> ParsedTranscript:
    """Read intervals with words; points are marks, not words.

    Raises:
        ValueError: when the file is cut off before its first tier.
    """
    tokens = _tokens(text)
    if "TextGrid" not in (next(tokens, ""), next(tokens, "")):
        raise ValueError("expected a TextGrid, got another object of Praat")
    for _ in range(3):  # the grid's start and end, and whether it has tiers
        next(tokens, None)
    count = next(tokens, None)
    if not isinstance(count, float):
        raise ValueError(f"expected the number of tiers of a TextGrid, got {count!r}")
    tiers: list[Tier] = []
    for _ in range(min(int(count), MOST_TIERS)):
        tier = _tier(tokens)
        if tier is None:
            break
        tiers.append(tier)
    return parsed_from_tiers(tiers, kind="textgrid")


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        quoted, free = match.groups()
        if quoted is not None:
            yield quoted.replace('""', '"')
        else:
            yield free if free.startswith("<") else float(free)


def _tier(tokens: Iterator[Token]) -> Tier | None:
    """The next tier as far as it goes; one of points is empty. None at the file's end."""
    kind, name = next(tokens, None), next(tokens, None)
    _, _, count = next(tokens, None), next(tokens, None), next(tokens, None)
    if not isinstance(name, str) or not isinstance(count, float):
        return None
    labels: list[Segment] = []
    for _ in range(int(max(0.0, count))):
        first = next(tokens, None)
        last = next(tokens, None) if kind == "IntervalTier" else first
        said = next(tokens, None)
        if not (isinstance(first, float) and isinstance(last, float) and isinstance(said, str)):
            break
        segment = label(said, first, last) if kind == "IntervalTier" else None
        labels += [segment] if segment else []
    return Tier(name, tuple(labels))


FORMATS = (Format(recognises, read),)
