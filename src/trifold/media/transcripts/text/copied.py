"""Lines of a transcript without what a page or a program shows beside the words.

Avatars' initials, times that are read out to people who listen, running numbers, speakers that are
stated on lines of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from trifold.media.transcripts.speakers.heads import opens_with_label, speaker_of
from trifold.media.transcripts.text.blocks import CUSTOM_SHARE
from trifold.media.transcripts.text.preamble import without_notes
from trifold.media.transcripts.text.stamps import stamp_at_start, with_marks_first

LEAST = 2  # of what a page shows beside words, to be believed

_NUMBERED = re.compile(r"[\[(]?(\d{1,5})[\])]?[.:]?[ \t]+(\D.*)")
_STATED = re.compile(
    r"(?:speaker|sprecher(?:in)?|locuteur|hablante)\s?[:=]\s?(\S.{0,40})", re.IGNORECASE
)
_LENGTH = re.compile(
    r"(?:(\d{1,2}) hours?,? ?)?(?:(\d{1,2}) minutes?,? ?)?(?:and )?(?:(\d{1,2}) seconds?)"
)
_READ_OUT = re.compile(  # 0 minutes 4 seconds0:04, for people who listen to the page
    r"(?P<name>\D.{0,60}? )?(?:\d{1,2} (?:hours?|minutes?|seconds?),? ?(?:and )?){1,3}"
    r"(?P<time>\d{1,2}:\d{2}(?::\d{2})?)?"
)


def lines_of(text: str) -> list[str]:
    """Lines, bars between turns being line ends, without what programs add."""
    parts = text.split("|")
    opened = (part for part in parts if opens_with_label(part))
    names = sum(speaker_of(part.rpartition("\n")[2]) is not None for part in parts[:-1])
    # ``Mira Vogel | Acme: words`` is one label
    if 1 < len(parts) > 2 * names and len(list(islice(opened, 2))) == 2:
        text = "\n".join(parts)
    rows = _without_numbers([row.strip() for row in text.split("\n")])
    lines = [line for row in _without_initials(rows) for line in with_marks_first(row)]
    return _with_stated_speakers(without_notes(_without_echoes(_without_readings(lines))))


def _without_readings(lines: list[str]) -> list[str]:
    """Without times in words, where several come or one stands before the same time in digits."""
    read_out = [_READ_OUT.fullmatch(line) if "second" in line[:120] else None for line in lines]
    exact = sum(bool(match) and "minute" in match[0] for match in read_out if match)
    if exact < LEAST and not any(match and match["time"] for match in read_out):
        return lines
    return [_without_reading(*pair) for pair in zip(lines, read_out, strict=True)]


def _without_initials(lines: Sequence[str]) -> list[str]:
    """Without ``MV`` above ``Mira Vogel``, where it comes more than once."""
    found = {
        number
        for number, (line, below) in enumerate(pairwise(lines))
        if line and len(line) < 4 and line.isupper() and _initials(below).startswith(line)
    }
    if len(found) < LEAST:
        return list(lines)
    return ["" if number in found else line for number, line in enumerate(lines)]


def _initials(line: str) -> str:
    """First letters of the name that a line begins with."""
    name = line.split("  ")[0][:60]
    return "".join(w[0] for w in name.split()).upper() if speaker_of(name) and len(name) > 3 else ""


def _with_stated_speakers(lines: Sequence[str]) -> list[str]:
    """``SPEAKER: S1`` on lines of its own is the label ``S1:`` of what is below."""
    stated = [_STATED.fullmatch(line) if line else None for line in lines]
    if sum(match is not None for match in stated) < 2:
        return list(lines)
    kept: list[str] = []
    waiting = ""
    for line, match in zip(lines, stated, strict=True):
        if match:
            waiting = f"{match[1]}: "
        elif line:
            kept.append(waiting + line)
            waiting = ""
        else:
            kept.append(line)
    return kept


def _without_echoes(lines: Sequence[str]) -> list[str]:
    """Without ``4 seconds`` below ``0:04``."""
    kept = list(lines[:1])
    for before, line in pairwise(lines):
        match = _LENGTH.fullmatch(line) if "second" in line[:60] else None
        stamp = stamp_at_start(before) if match else None
        parts = [float(part or 0) for part in match.groups()] if match else [0.0, 0.0, 0.0]
        length_s = 3600 * parts[0] + 60 * parts[1] + parts[2]
        is_echo = stamp is not None and not stamp.rest and stamp.start_s == length_s
        kept.append("" if is_echo else line)
    return kept


def _without_numbers(lines: Sequence[str]) -> list[str]:
    """Without the numbers of lines that scientific transcripts have: ``01 I: Why?``."""
    numbered = [_NUMBERED.fullmatch(line) if line else None for line in lines]
    numbers = [int(match[1]) for match in numbered if match]
    filled = sum(map(bool, lines))
    steps = sum(later == number + 1 for number, later in pairwise(numbers))
    labels = any(match and opens_with_label(match[2]) for match in numbered)
    if (
        len(numbers) < 3
        or len(numbers) < CUSTOM_SHARE * filled
        or steps < CUSTOM_SHARE * (len(numbers) - 1)
    ):
        return list(lines)
    return [
        match[2] if match and labels else line for match, line in zip(numbered, lines, strict=True)
    ]


def _without_reading(line: str, read_out: re.Match[str] | None) -> str:
    """A time that is also written out as words is its time alone; a repeated one is nothing."""
    if read_out is None or (read_out["name"] and not speaker_of(read_out["name"])):
        return line
    return f"{read_out['name'] or ''} {read_out['time']}".strip() if read_out["time"] else ""
