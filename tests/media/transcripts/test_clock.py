"""Every way of writing a time means the seconds that people read in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.media.transcripts.timed.clock import likely_frame_hz, seconds, time_line


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("00:00:01,101", 1.101),
        ("00:00:01.101", 1.101),
        ("0:0:1.1", 1.1),
        ("00:01.5", 1.5),
        ("00:01", 1.0),
        ("1:02:03", 3723.0),
        ("75:30", 4530.0),
        ("00:00:01.101000", 1.101),
        ("100:00:00.000", 360_000.0),
        ("00:00:60,000", 60.0),
        ("-00:00:00.120", 0.0),
        ("00:00:-1,-500", 0.0),
        ("00：00：01，101", 1.101),
        ("00: 00: 01, 101", 1.101),
        ("00:00:01 ,101", 1.101),
        ("\u200e00:00:01.101\u200e", 1.101),
        ("00:00:01:101", 1.101),
        ("00:00:01:12", 1.48),
        ("01;00;00;15", 3600.5005),
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("1.5s", 1.5),
        ("1500ms", 1.5),
        ("1500 ms", 1.5),
        ("1h2m3.5s", 3723.5),
        ("2m 3s", 123.0),
        ("2 min", 120.0),
    ],
)
def test_written_times(written: str, meant: float) -> None:
    assert seconds(written) == pytest.approx(meant, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["", "now", "1:2:3:4:5", "12:345678", "1:", ":1", "00:00:0x", "1.2.3", "9" * 40, "٣:"],
)
def test_what_is_no_time(text: str) -> None:
    assert seconds(text) is None


def test_frames_count_at_the_stated_rate() -> None:
    assert seconds("00:00:01:12", frame_hz=24) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("frames", "rate"), [([0, 24], 25.0), ([0, 29], 30.0), ([48], 50.0), ([59], 60.0), ([], 25.0)]
)
def test_the_highest_frame_tells_the_rate(frames: list[int], rate: float) -> None:
    assert likely_frame_hz(f"00:00:01:{frame:02d}" for frame in frames) == rate


@pytest.mark.parametrize(
    "line",
    [
        "00:00:01,500 --> 00:00:03,000",
        "  00:00:01.500 --> 00:00:03.000  align:start position:0%",
        "00:00:01.500 --> 00:00:03.000 line:63%,end position:72%,line-left size:35% region:fred",
        "00:00:01,500 --> 00:00:03,000  X1:201 X2:516 Y1:397 Y2:423",
        "00:00:01,500-->00:00:03,000",
        "00:00:01,500 -> 00:00:03,000",
        "00:00:01,500 –> 00:00:03,000",
        "00:00:01,500 —> 00:00:03,000",
        "00:00:01,500 -- > 00:00:03,000",
        "00:00:01,500 ==> 00:00:03,000",
        "00:00:01,500 --&gt; 00:00:03,000",
        "00:00:01,500 → 00:00:03,000",
        "00：00：01，500　－－＞　00：00：03，000".replace("－", "-"),
        "00: 00: 01,500 -> 00: 00: 03,000",
        "0:0:1.5 --> 0:0:3.0",
        "00:01.500 --> 00:03.000",
        "[00:00:01.500 --> 00:00:03.000]",
        "[00:01.500 --> 00:03.000]",
        "[1.50s -> 3.00s]",
        "1.5 --> 3.0",
        "0:00:01.500,0:00:03.000",
        "00:00:01,500 - 00:00:03,000",
        "00:00:01,500 00:00:03,000",
    ],
)
def test_lines_of_times(line: str) -> None:
    span = time_line(line)
    assert span is not None
    assert (span.start_s, span.end_s, span.rest) == (1.5, 3.0, "")


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("[00:00:01.500 --> 00:00:03.000]   I plan.", "I plan."),
        ("00:00:01.500 --> 00:00:03.000 I plan.", "I plan."),
        ("00:00:01.500 --> 00:00:03.000 Anna: I plan.", "Anna: I plan."),
        ("00:00:01.500 --> 00:00:03.000 A: I plan.", "A: I plan."),
    ],
)
def test_text_on_the_line_of_times_stays(line: str, rest: str) -> None:
    span = time_line(line)
    assert span is not None
    assert span.rest == rest


@pytest.mark.parametrize(
    "line",
    [
        "00:0x --> 00:02",
        "00:00:01,000 --> ",
        "--> 00:00:02,000",
        "NaN:NaN:NaN,NaN --> 00:00:02,000",
        "undefined --> undefined",
        "00:00:05,000 --> 00:00:02,000",
        "00:00:0l,000 --> 00:00:02,0O0",
        "00:00:01.101.5 --> 00:00:02.000",
    ],
)
def test_damaged_lines_of_times_are_no_words(line: str) -> None:
    span = time_line(line)
    assert span is not None
    assert (span.start_s, span.end_s) == (None, None)


@pytest.mark.parametrize(
    "line",
    [
        "We go from A --> B.",
        "at 5:00 --> 6:00 it is closed",
        "It is 10:30, 11:30 at the latest",
        "-->",
        "1",
        "12:30",
        "ratio 3:1",
        "a -> b",
    ],
)
def test_text_is_no_line_of_times(line: str) -> None:
    assert time_line(line) is None


@given(st.text(alphabet="0123456789:;.,-> \t→smh[]", max_size=60))
def test_times_are_bounded(text: str) -> None:
    span = time_line(text)
    for value in (seconds(text), *(span[:2] if span else ())):
        assert value is None or 0 <= value < 1e10
    if span and span.start_s is not None:
        assert span.end_s is not None
        assert span.start_s <= span.end_s
