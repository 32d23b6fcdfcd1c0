"""Transcripts as plain text, with or without times and names.

A line is a time only where times structure the text: in brackets, or at the same place of most
lines and running forwards. ``at 10:30 we met`` and ``score 3:2`` are words.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from trifold.contracts import Segment
from trifold.media.transcripts.parsed import ParsedTranscript
from trifold.media.transcripts.speakers.heads import is_code, key_of, opens_with_label, speaker_of
from trifold.media.transcripts.speakers.label_words import is_role
from trifold.media.transcripts.text.blocks import CUSTOM_SHARE, segments_of
from trifold.media.transcripts.text.copied import lines_of
from trifold.media.transcripts.text.preamble import first_spoken
from trifold.media.transcripts.text.stamps import (
    Stamp,
    has_time,
    minutes_of,
    stamp_at_end,
    stamp_at_start,
    stamp_behind_name,
    stamp_in_brackets,
)
from trifold.media.transcripts.timed import markup
from trifold.media.transcripts.timed.lines import Cue, Line
from trifold.media.transcripts.timed.repetition import without_repeats

KIND = "txt"
FEW = 3  # lines with times, of which nothing tells whether they grow
WRAPPED = 50  # characters; a line of that length may go on in the next


def read(text: str) -> ParsedTranscript:
    """Read plain text; every word that is no time, label line, title or note of a program stays.

    Args:
        text: decoded and tidied.

    Returns:
        Untimed segments for lines or paragraphs, or timed ones for what stands below or behind each
        time. A time goes on to the next one; the last has no end where none is stated. Labels at
        the head of lines are left in the text.
    """
    lines = lines_of(text)
    lines = lines[first_spoken(lines) :]
    stamps = _stamps_of(lines)
    return ParsedTranscript(
        tuple(_said_once(list(segments_of(lines, stamps))) if stamps else _untimed(lines)), KIND
    )


def _said_once(segments: list[Segment]) -> list[Segment]:
    """Without what grows from line to line, as live captions do that are kept as text."""
    cues = [Cue(s.start_s, s.end_s, (Line(s.text, s.speaker),)) for s in segments]
    new = without_repeats(cues) if len(cues) > FEW else cues
    if len(new) == len(cues) and all(map(operator.eq, new, cues)):
        return segments
    return [Segment(line.text, c.start_s, c.end_s, line.speaker) for c in new for line in c.lines]


def _stamps_of(lines: Sequence[str]) -> dict[int, Stamp]:
    """Line number to what it states, where times structure the text."""
    filled = [number for number, line in enumerate(lines) if line]
    found: dict[int, Stamp] = {}
    bare: dict[int, Stamp] = {}
    headers: dict[int, Stamp] = {}
    for number in filled:
        line = lines[number]
        if not has_time(line):
            continue
        start = stamp_at_start(line)
        end = stamp_at_end(line) if start is None else None
        stamp = start or end or stamp_behind_name(line) or stamp_in_brackets(line)
        if stamp is not None:
            kind = found if stamp.boxed else bare if start else headers
            kind[number] = stamp
    if bare and _structures(bare, lines, filled):
        found |= bare
    if headers and _run_forwards(headers) and (len(headers) > 1 or _is_clear(headers, filled)):
        found |= headers
    return minutes_of(dict(sorted(found.items())), lines)


def _structures(bare: Mapping[int, Stamp], lines: Sequence[str], filled: Sequence[int]) -> bool:
    """Whether times without brackets at line starts are more than words: ``10:30 was late``."""
    if not _run_forwards(bare):
        return False
    first, stamp = next(iter(bare.items()))
    alone = [number for number, one in bare.items() if not one.rest or speaker_of(one.rest)]
    if len(bare) > 1 and (len(alone) > 1 or len(bare) >= 0.4 * len(filled)):
        return True
    is_exact = any(lines[number].count(":") > 1 for number in alone)
    is_zero = lines[first].startswith(("0:", "00:")) or stamp.end_s is not None
    return is_exact or (first == filled[0] and (is_zero or bool(alone)))


def _is_clear(headers: Mapping[int, Stamp], filled: Sequence[int]) -> bool:
    """Whether a single ``Mira Vogel 0:04`` is a header: on top, or by a name in full or a part."""
    number, stamp = next(iter(headers.items()))
    name = stamp.name or ""
    return number == filled[0] or (number != filled[-1] and (" " in name or is_role(name)))


def _run_forwards(stamps: Mapping[int, Stamp]) -> bool:
    times = [stamp.start_s for stamp in stamps.values() if stamp.start_s is not None]
    forwards = sum(later >= earlier for earlier, later in pairwise(times))
    return forwards >= CUSTOM_SHARE * (len(times) - 1)


def _untimed(lines: Sequence[str]) -> Iterator[Segment]:
    """Paragraphs or lines as segments; a name with a line for itself speaks what is below it."""
    names = _names_alone(lines)
    speaker: str | None = None
    for line in _unwrapped(_untabbed(lines), names):
        if names and key_of(line[:80]) in names and speaker_of(line):
            speaker = speaker_of(line)
            continue
        said = markup.spoken(line)
        if said:
            yield Segment(said, speaker=speaker)


def _names_alone(lines: Sequence[str]) -> set[str]:
    """Keys of names that stand on lines of their own and come back, or are parts."""
    alone = [line for line in lines if line and speaker_of(line) and not is_code(line)]
    counts = Counter(key_of(line) for line in alone)
    roles = {key_of(line) for line in alone if is_role(line)}
    named = {key for key, count in counts.items() if count > 1 or key in roles}
    is_play = sum(counts[key] for key in named) > 2 and len(named) > 1
    return named if is_play else roles if len(roles) > 1 else set()


def _untabbed(lines: Sequence[str]) -> list[str]:
    """A column of names before a column of words is a column of labels."""
    cells = [line.partition("\t") for line in lines]
    if sum(bool(tab) and speaker_of(name) is not None for name, tab, _ in cells) < 2:
        return list(lines)
    return [
        f"{n.strip(' :')}: {w}" if tab and speaker_of(n) else n + tab + w for n, tab, w in cells
    ]


def _unwrapped(lines: Sequence[str], names: set[str]) -> Iterator[str]:
    """Lines that were broken for their length are one again, so that segments are paragraphs."""
    held = ""
    for line in lines:
        is_new = not line or key_of(line[:80]) in names or opens_with_label(line)
        goes_on = len(held) >= WRAPPED and held[-1] not in '.?!:…"”»)' and not is_new
        if held and not goes_on:
            yield held
        held = f"{held} {line}" if goes_on else line
    if held:
        yield held
