"""Times of a transcript on the clock of its recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from trifold.codes import Code
from trifold.contracts import Segment, Transcript

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-2, "cs"), (1e-6, "µs"), (1e-7, "100 ns"))
PACE = (0.1, 20.0)  # words per second: speech lies well within
HOUR_S = 3600.0
TOLERANCE_S, TOLERANCE = 0.5, 0.01  # beyond the end: what rounding and players' lengths differ by
WORD_S = 0.4  # where nothing tells how long a last word lasts


def fitted(said: Transcript, duration_s: float | None) -> Transcript:
    """The transcript with times inside the recording: every segment has both, or none has any.

    Bare numbers are taken as seconds, milliseconds or another unit, whichever the recording has
    room for at the pace of speech. Where all of them lie beyond the end and fit after a shift, they
    are times of day or of an editor's time line, and are counted from its full hour or from the
    first word. What still lies beyond the end is moved there and said, and where that is all of it,
    no time is believed. Missing times are interpolated between those that are there.

    Args:
        said: as read.
        duration_s: length of the recording; None leaves out what needs it.
    """
    if not any(_is_timed(s) for s in said.segments):
        return _untimed(said)
    said = said if said.unit_known else _in_seconds(said, duration_s)
    if duration_s is not None:
        said = _within(_shifted(said, duration_s), duration_s)
    return replace(said, segments=tuple(_filled(said.segments, duration_s)), unit_known=True)


def _is_timed(segment: Segment) -> bool:
    return segment.start_s is not None or segment.end_s is not None


def _untimed(said: Transcript) -> Transcript:
    segments = tuple(replace(s, start_s=None, end_s=None) for s in said.segments)
    return replace(said, segments=segments, words_timed=False, unit_known=True)


def _edges(said: Transcript) -> tuple[float, float]:
    """First and last time that is stated."""
    times = [t for s in said.segments for t in (s.start_s, s.end_s) if t is not None]
    return min(times), max(times)


def _in_seconds(said: Transcript, duration_s: float | None) -> Transcript:
    """Bare numbers in the first unit that fits the recording and the pace of speech."""
    first, last = _edges(said)
    words = sum(len(s.text.split()) for s in said.segments)
    room = _limit(duration_s) if duration_s is not None else float("inf")
    fitting = [(f, name) for f, name in UNITS if last * f <= room]
    paced = [u for u in fitting if PACE[0] <= words / max((last - first) * u[0], 1e-9) <= PACE[1]]
    factor, name = (paced or fitting or UNITS)[0]
    if factor == 1.0:
        return said
    line = f"times are read as {name}"
    return replace(
        said,
        segments=tuple(_moved(s, factor=factor) for s in said.segments),
        remarks={**said.remarks, Code.TIME_UNIT: line},
    )


def _shifted(said: Transcript, duration_s: float) -> Transcript:
    """Times of day or of an editor's time line, counted from where the recording may start."""
    first, last = _edges(said)
    room = _limit(duration_s)
    if first <= room or last - first > room:
        return said
    full_hours = first - first % HOUR_S
    start_s = full_hours if last - full_hours <= room else first
    line = f"times begin at {first:g} s of a recording of {duration_s:.1f} s: counted from there"
    return replace(
        said,
        segments=tuple(_moved(s, shift_s=-start_s) for s in said.segments),
        remarks={**said.remarks, Code.SHIFTED_TIMES: line},
    )


def _within(said: Transcript, duration_s: float) -> Transcript:
    """Times beyond the end are moved there; where all are, none is believed."""
    room = _limit(duration_s)
    beyond = [s for s in said.segments if max(s.start_s or 0.0, s.end_s or 0.0) > room]
    if not beyond:
        return replace(said, segments=tuple(_moved(s, most_s=duration_s) for s in said.segments))
    first, last = _edges(said)
    line = (
        f"{len(beyond)} of {len(said.segments)} times lie beyond the end: the transcript goes on "
        f"to {last:.1f} s, the recording ends at {duration_s:.1f} s"
    )
    said = replace(said, remarks={**said.remarks, Code.TIMES_OUT_OF_RANGE: line})
    if first > room:
        return _untimed(said)
    return replace(said, segments=tuple(_moved(s, most_s=duration_s) for s in said.segments))


def _limit(duration_s: float) -> float:
    return duration_s + TOLERANCE_S + TOLERANCE * duration_s


def _moved(
    segment: Segment,
    *,
    factor: float = 1.0,
    shift_s: float = 0.0,
    most_s: float = float("inf"),
) -> Segment:
    start_s, end_s = (
        None if t is None else min(max(t * factor + shift_s, 0.0), most_s)
        for t in (segment.start_s, segment.end_s)
    )
    return replace(segment, start_s=start_s, end_s=end_s)


def _filled(segments: Sequence[Segment], duration_s: float | None) -> list[Segment]:
    """Every segment with both times; missing ones are interpolated over the characters between.

    Starts and ends are one sequence, at even and odd positions: a start is followed by its text's
    characters, an end by none.
    """
    if not any(_is_timed(s) for s in segments):
        return list(segments)
    stated: list[float | None] = [t for s in segments for t in (s.start_s, s.end_s)]
    lengths = [n for s in segments for n in (max(1, len(s.text)), 0)]
    known = [i for i, t in enumerate(stated) if t is not None]
    times = [0.0 if t is None else t for t in stated]
    for left, right in pairwise([-1, *known, len(stated)]):
        start_s = times[left] if left >= 0 else 0.0
        gap = range(left + 1, right)
        if not gap:
            continue
        end_s = times[right] if right < len(stated) else _end_s(segments, start_s, left, duration_s)
        end_s = max(start_s, end_s)
        total, done = max(1, sum(lengths[max(left, 0) : right])), 0
        for i in gap:
            done += lengths[i - 1] if i > 0 else 0
            # rounding must not lead beyond the end
            times[i] = min(start_s + (end_s - start_s) * done / total, end_s)
    return [
        replace(s, start_s=times[2 * i], end_s=max(times[2 * i], times[2 * i + 1]))
        for i, s in enumerate(segments)
    ]


def _end_s(
    segments: Sequence[Segment], start_s: float, last_known: int, duration_s: float | None
) -> float:
    """Where words after the last known time end: with the recording, else at the pace of speech."""
    words = sum(len(s.text.split()) for s in segments[last_known // 2 :])
    paced_s = start_s + WORD_S * words
    return paced_s if duration_s is None else max(start_s, min(duration_s, paced_s))
