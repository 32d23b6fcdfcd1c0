"""Times of a transcript end up on the recording's clock, or it is said that they cannot."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trifold.codes import Code
from trifold.contracts import Segment, Transcript
from trifold.media.transcripts.timing import fitted

STARTS = (0.0, 1.1, 1.9, 3.0, 4.1, 5.1)
ENDS = (*STARTS[1:], 6.0)
TEXT = "I plan my day before I begin"


def cues(factor: float = 1.0, shift_s: float = 0.0, *, unit_known: bool = True) -> Transcript:
    pairs = zip(STARTS, ENDS, strict=True)
    segments = tuple(Segment(TEXT, a * factor + shift_s, b * factor + shift_s) for a, b in pairs)
    return Transcript(segments, "x", unit_known=unit_known)


def times(said: Transcript) -> list[float]:
    return [t for s in said.segments for t in (s.start_s, s.end_s)]


@pytest.mark.parametrize("duration_s", [None, 6.0, 6.3, 400.0])
@pytest.mark.parametrize("factor", [1.0, 1e3])
def test_seconds_and_milliseconds_are_told_apart(factor: float, duration_s: float | None) -> None:
    found = fitted(cues(factor, unit_known=False), duration_s)
    assert times(found) == pytest.approx(times(cues()))
    assert (Code.TIME_UNIT in found.remarks) == (factor != 1)


@pytest.mark.parametrize("factor", [1e2, 1e6, 1e7])
def test_rarer_units_are_told_by_the_length(factor: float) -> None:
    assert times(fitted(cues(factor, unit_known=False), 6.0)) == pytest.approx(times(cues()))


@pytest.mark.parametrize("hour", [1, 10, 100])
def test_time_lines_of_editors_start_at_a_full_hour(hour: int) -> None:
    said = cues(shift_s=3600.0 * hour + 2.0)
    found = fitted(said, 9.0)
    assert times(found) == pytest.approx([t + 2.0 for t in times(cues())])
    assert Code.SHIFTED_TIMES in found.remarks
    assert Code.TIMES_OUT_OF_RANGE not in found.remarks


def test_times_of_day_count_from_the_first_word() -> None:
    found = fitted(cues(shift_s=34200.0), 6.0)
    assert times(found) == pytest.approx(times(cues()))
    assert found.remarks[Code.SHIFTED_TIMES].startswith(
        "times begin at 34200 s of a recording of 6.0 s"
    )


def test_what_lies_beyond_the_end_is_moved_there_and_said() -> None:
    found = fitted(cues(), 2.2)
    assert found.text == cues().text
    assert max(times(found)) == pytest.approx(2.2)
    assert times(found)[:4] == pytest.approx([0, 1.1, 1.1, 1.9])
    assert found.remarks[Code.TIMES_OUT_OF_RANGE] == (
        "4 of 6 times lie beyond the end: the transcript goes on to 6.0 s, "
        "the recording ends at 2.2 s"
    )


def test_times_of_another_recording_are_not_believed() -> None:
    found = fitted(cues(factor=10.0, shift_s=500.0), 6.0)
    assert Code.TIMES_OUT_OF_RANGE in found.remarks
    assert set(times(found)) == {None}


def test_rounding_at_the_end_is_no_fault() -> None:
    found = fitted(cues(), 5.9)
    assert Code.TIMES_OUT_OF_RANGE not in found.remarks
    assert max(times(found)) == pytest.approx(5.9)


def test_times_that_are_there_are_kept_and_missing_ones_interpolated() -> None:
    words = [("I", 0.0, 0.2), ("have", 0.3, 0.5), ("12", None, None), ("cats", 0.9, 1.3)]
    said = Transcript(tuple(Segment(*word) for word in words), "whisper", words_timed=True)
    found = fitted(said, 2.0)
    assert found.words_timed
    assert times(found) == pytest.approx([0.0, 0.2, 0.3, 0.5, 0.5, 0.9, 0.9, 1.3])


def test_a_start_alone_lasts_until_the_next() -> None:
    said = Transcript((Segment("One.", 1.0), Segment("Two.", 4.0), Segment("Three.", 5.0)), "txt")
    assert times(fitted(said, 6.0)) == pytest.approx([1, 4, 4, 5, 5, 5.4])
    assert times(fitted(said, 5.2)) == pytest.approx([1, 4, 4, 5, 5, 5.2])
    assert times(fitted(said, None)) == pytest.approx([1, 4, 4, 5, 5, 5.4])


def test_without_times_there_are_none() -> None:
    said = Transcript((Segment("One."), Segment("Two.")), "txt")
    assert times(fitted(said, 6.0)) == [None] * 4


NUMBER = st.none() | st.floats(0, 1e9)
SEGMENTS = st.lists(
    st.tuples(st.sampled_from(["a", "a b", "word " * 9]), NUMBER, NUMBER), max_size=9
)


@given(SEGMENTS, st.none() | st.floats(0.01, 1e5), st.booleans())
@example([("word " * 9, None, None), ("a", 23303.0, None)], 23302.25116509218, False)
def test_whatever_comes_times_lie_in_the_recording_and_all_or_none_are_there(
    parts, duration_s, unit_known
) -> None:
    said = Transcript(tuple(Segment(*part) for part in parts), "x", unit_known=unit_known)
    found = fitted(said, duration_s)
    assert [s.text for s in found.segments] == [s.text for s in said.segments]
    known = [t for t in times(found) if t is not None]
    assert len(known) in (0, 2 * len(found.segments))
    assert all(0 <= t <= (duration_s or float("inf")) for t in known)
    assert all(s.start_s <= s.end_s for s in found.segments if s.start_s is not None)
    again = fitted(found, duration_s)
    assert times(again) == pytest.approx(times(found))
