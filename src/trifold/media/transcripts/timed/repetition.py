"""Captions that roll: a line that the next cue shows again was said once.

A cue of such captions opens with the last lines of the cue before, and adds to them. People repeat
themselves as well, so a file rolls only if its cues overlap like that again and again, each with
something new, or with the hundredth-second cues of automatic captions between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from trifold.media.transcripts.parsed import ParsedTranscript
from trifold.media.transcripts.timed.lines import Cue, Line, segments_of, turns_of

GAP_S = 0.3  # a cue that comes later than this after the last shows nothing of it
FLASH_S = 0.06  # no one reads a cue as short as this: it moves lines up
LEAST_PAIRS = 0.4  # of neighbouring cues that overlap in a file that rolls
LEAST_WORDS = 3  # that one pair alone must repeat to be believed
WHOLE_SENTENCE = 5  # words that are said twice in a row now and then, but not all the time
Said = tuple[str | None, str]  # who, and a line or word without regard to case


def parsed_from_cues(
    cues: Sequence[Cue],
    *,
    kind: str,
    unit_known: bool = True,
    language: str | None = None,
    by_trifold: bool = False,
) -> ParsedTranscript:
    """What cues of any format hold, once repeated lines are gone.

    Args:
        cues: all cues of a file.
        kind: name of the format.
        unit_known: whether the format states the unit of its times.
        language: as stated by the file.
        by_trifold: True for what was written here, where nothing is repeated that was not said.
    """
    said = [cue for cue in cues if cue.lines]
    new = said if by_trifold else without_repeats(said)
    return ParsedTranscript(
        tuple(segment for cue in new for segment in segments_of(cue)),
        kind,
        unit_known=unit_known,
        by_trifold=by_trifold,
        language=language,
        damaged=sum(cue.start_s is None for cue in said),
        turns=turns_of(new),
    )


def without_repeats(cues: Sequence[Cue]) -> list[Cue]:
    """Drop what a cue repeats of the one before.

    Returns:
        The cues that say something new, each with the lines that it adds.
    """
    once = _without_copies(cues)
    if _rolls(once, _shared_lines):
        return _drop(once, partial(_shared_lines, rolls=True), _without_lines)
    if _rolls(once, _shared_words):
        return _drop(once, partial(_shared_words, rolls=True), _without_words)
    return once


def _without_copies(cues: Sequence[Cue]) -> list[Cue]:
    """The same words at the same time are one cue, drawn twice for an effect."""
    kept: list[Cue] = []
    for cue in cues:
        if not (kept and cue.start_s is not None and cue == kept[-1]):
            kept.append(cue)
    return kept


def _rolls(cues: Sequence[Cue], shared: Callable[[Cue, Cue], int]) -> bool:
    """Whether enough neighbours overlap in a way that speech does not."""
    pairs = list(pairwise(cues))
    words = [_shown_again(last, cue, shared(last, cue)) for last, cue in pairs]
    found = [count for count in words if count]
    if len(found) < max(1.0, LEAST_PAIRS * len(pairs)):
        return False
    return len(found) > 1 or found[0] >= LEAST_WORDS


def _shown_again(last: Cue, cue: Cue, shared: int) -> int:
    """Words of an overlap that speaks for rolling, or 0.

    One of the two has more to say, or is too short to be read, or only the markup has changed; and
    nobody says whole sentences twice all the time.
    """
    if not shared:
        return 0
    before, after = _words(last), _words(cue)
    # other markup: the next word is highlighted, or stamps are gone
    marked_anew = last.raw != cue.raw and "<" in last.raw + cue.raw
    if before != after or _flash(last, cue) or marked_anew:
        return min(len(before), sum(len(line.text.split()) for line in cue.lines[:shared]))
    return 1 if len(after) >= WHOLE_SENTENCE else 0


def _flash(last: Cue, cue: Cue) -> bool:
    """One of two neighbours is too short to be read."""
    return any(
        c.start_s is not None and c.end_s is not None and c.end_s - c.start_s <= FLASH_S
        for c in (last, cue)
    )


def _drop(
    cues: Sequence[Cue], shared: Callable[[Cue, Cue], int], without: Callable[[Cue, int], Cue]
) -> list[Cue]:
    kept = list(cues[:1])
    for last, cue in pairwise(cues):
        new = without(cue, shared(last, cue))
        if new.lines:
            kept.append(new)
        elif _words(last) == _words(cue):  # still the same, for longer
            kept[-1] = replace(kept[-1], end_s=cue.end_s or kept[-1].end_s)
    return kept


def _adjacent(last: Cue, cue: Cue) -> bool:
    """Whether a cue may still show lines of the one before; unknown times do not forbid it."""
    if last.end_s is None or cue.start_s is None or last.start_s is None:
        return True
    return last.start_s <= cue.start_s <= last.end_s + GAP_S


def _shared_lines(last: Cue, cue: Cue, *, rolls: bool = False) -> int:
    """How many lines at the end of a cue open the next; lines with time stamps are new.

    Args:
        last: the cue before.
        cue: the next.
        rolls: True where the file is known to roll: its lines stay over a pause until others come.
    """
    near = _adjacent(last, cue)
    if not near and not rolls:
        return 0
    old = next((i for i, line in enumerate(cue.lines) if line.words), len(cue.lines))
    shared = _overlap(
        [(line.speaker, line.text.casefold()) for line in last.lines],
        [(line.speaker, line.text.casefold()) for line in cue.lines[:old]],
    )
    return shared if near or shared < len(cue.lines) else 0


def _shared_words(last: Cue, cue: Cue, *, rolls: bool = False) -> int:
    """How many words at the end of a cue open the next: three, or all that it had.

    Arguments are those of ``_shared_lines``.
    """
    near = _adjacent(last, cue)
    if not (near or rolls) or any(line.words for line in cue.lines):
        return 0
    before = _words(last)
    shared = _overlap(before, _words(cue))
    enough = shared >= LEAST_WORDS or (near and shared == len(before))
    if not enough:
        return 0
    # within a line, only what goes on after a repetition shows that it was one
    goes_on = shared < len(_words(cue)) or (near and (before == _words(cue) or _flash(last, cue)))
    return shared if goes_on else 0


def _words(cue: Cue) -> list[Said]:
    return [(line.speaker, word.casefold()) for line in cue.lines for word in line.text.split()]


def _overlap(before: Sequence[Said], after: Sequence[Said]) -> int:
    """Length of the longest end of ``before`` that is a start of ``after``.

    The border of ``after + before`` by Knuth, Morris and Pratt (1977), linear in both.
    """
    joined: list[Said | None] = [*after, None, *before]
    border = [0] * len(joined)
    for i in range(1, len(joined)):
        k = border[i - 1]
        while k and joined[i] != joined[k]:
            k = border[k - 1]
        border[i] = k + 1 if joined[i] == joined[k] else 0
    return border[-1] if before and after else 0


def _without_lines(cue: Cue, count: int) -> Cue:
    return replace(cue, lines=cue.lines[count:])


def _without_words(cue: Cue, count: int) -> Cue:
    """Leave out the first words of a cue without time stamps."""
    lines: list[Line] = []
    for line in cue.lines:
        words = line.text.split()
        if count < len(words):
            lines.append(replace(line, text=" ".join(words[count:])))
        count = max(0, count - len(words))
    return replace(cue, lines=tuple(lines))
