"""Plain text with times: lines become blocks that share a time, and blocks become segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from trifold.contracts import Segment
from trifold.media.transcripts.speakers.heads import opens_with_label, speaker_of
from trifold.media.transcripts.text.preamble import is_heading, is_title
from trifold.media.transcripts.text.stamps import Stamp
from trifold.media.transcripts.timed import markup

CUSTOM_SHARE = 0.8  # of the lines or times of a file that must follow a custom for it to be one


@dataclass(eq=False)
class _Block:
    """Lines that share a time: those from one stamp to the next.

    ``stamp`` is None above the first time.
    """

    stamp: Stamp | None
    lines: list[str] = field(default_factory=list)


def segments_of(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> Iterator[Segment]:
    """Segments of text whose times are known.

    Args:
        lines: all lines.
        stamps: line number to what it states, in order; at least one.

    Yields:
        One segment per time, or per line where lines have labels of their own.
    """
    blocks = _cut(_without_numbers(lines, stamps), stamps)
    _name(blocks)
    for block in _ended(blocks):
        yield from _spoken(block)


def _without_numbers(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> list[str]:
    """Without the running numbers that some programs put above each time."""
    numbers = [number - 1 for number in stamps if number and lines[number - 1].isdigit()]
    if len(numbers) < CUSTOM_SHARE * len(stamps):
        return list(lines)
    return ["" if number in set(numbers) else line for number, line in enumerate(lines)]


def _cut(lines: Sequence[str], stamps: Mapping[int, Stamp]) -> list[_Block]:
    """Cut the lines at their stamps; above the first, titles go and speech stays."""
    first = next(iter(stamps))
    blocks = [_Block(None, _above_all([line for line in lines[:first] if line], stamps))]
    for number in range(first, len(lines)):
        stamp = stamps.get(number)
        if stamp is not None:
            blocks.append(_Block(stamp, [stamp.rest] if stamp.rest else []))
        elif lines[number]:
            blocks[-1].lines.append(lines[number])
    return blocks


def _above_all(lines: list[str], stamps: Mapping[int, Stamp]) -> list[str]:
    """What is kept of the lines above the first time."""
    headed = sum(bool(s.name or not s.rest or speaker_of(s.rest)) for s in stamps.values())
    titles = all(is_heading(line) and not opens_with_label(line) for line in lines)
    if not titles or headed <= len(stamps) / 2:
        return lines
    first = next(iter(stamps.values()))
    last = lines[-1] if lines and not is_title(lines[-1]) else ""
    waits = not first.name and not first.rest and speaker_of(last) is not None
    return lines[-1:] if waits else []


def _name(blocks: Sequence[_Block]) -> None:
    """Lines with a name alone, beside the time, below or above it, become the stamp's name."""
    for place in ("beside", "below", "above"):
        found = [
            (block, before if place == "above" else block)
            for before, block in pairwise(blocks)
            if _name_at(place, before, block)
        ]
        if found and len(found) >= CUSTOM_SHARE * (len(blocks) - 1):
            for block, holder in found:
                name = speaker_of(holder.lines.pop(-1 if place == "above" else 0))
                block.stamp = block.stamp and block.stamp._replace(name=name)
            return


def _name_at(place: str, before: _Block, block: _Block) -> str | None:
    """``0:02 Anna``; ``0:02`` and Anna below it; Anna and ``0:02`` below her name."""
    if block.stamp is None or block.stamp.name:
        return None
    if place == "above":
        return speaker_of(before.lines[-1]) if before.lines and not block.stamp.rest else None
    is_beside = bool(block.stamp.rest)
    if is_beside != (place == "beside") or len(block.lines) < 2:
        return None
    return speaker_of(block.lines[0])


def _ended(blocks: Sequence[_Block]) -> list[_Block]:
    """A start alone lasts until the next; marks behind their words are ends instead."""
    if _close_their_words(blocks):
        marks = [0.0, *(block.stamp.start_s for block in blocks[1:] if block.stamp)]
        spans = [Stamp(first, last, None, "", True) for first, last in pairwise(marks)]
        return [_Block(span, block.lines) for span, block in zip(spans, blocks, strict=False)]
    for block, later in pairwise(blocks):
        stamp, end_s = block.stamp, later.stamp.start_s if later.stamp else None
        if stamp and stamp.start_s is not None and stamp.end_s is None and end_s is not None:
            block.stamp = stamp._replace(end_s=end_s if end_s >= stamp.start_s else None)
    return list(blocks)


def _close_their_words(blocks: Sequence[_Block]) -> bool:
    """Whether words come before the first mark and none behind the last, as in F4 and MAXQDA."""
    stamp = blocks[-1].stamp
    is_mark = stamp is not None and stamp.boxed and not stamp.name
    return bool(blocks[0].lines) and is_mark and not blocks[-1].lines


def _spoken(block: _Block) -> Iterator[Segment]:
    """A segment, or one per line where lines have labels; these share the time by length."""
    stamp = block.stamp or Stamp(None, None, None, "", False)
    lines = [said for line in block.lines if (said := markup.spoken(line))]
    if not any(opens_with_label(line) for line in lines[1:]):
        lines = [" ".join(lines)] if lines else []
    if len(lines) == 1:
        yield Segment(lines[0], stamp.start_s, stamp.end_s, stamp.name)
        return
    letters = sum(map(len, lines))
    at = 0
    for number, line in enumerate(lines):
        start_s = _part(stamp, at / letters) if number else stamp.start_s
        at += len(line)
        end_s = _part(stamp, at / letters) if number < len(lines) - 1 else stamp.end_s
        is_of_another = number > 0 and opens_with_label(line)
        yield Segment(line, start_s, end_s, None if is_of_another else stamp.name)


def _part(stamp: Stamp, share: float) -> float | None:
    """The time at a share of what a stamp spans."""
    if stamp.start_s is None or stamp.end_s is None:
        return None
    return stamp.start_s + share * (stamp.end_s - stamp.start_s)
