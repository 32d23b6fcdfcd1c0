"""A line that the next cue shows again was said once; what people say twice they said twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.timing import ends_within
from trifold.contracts import Transcript
from trifold.media.transcripts.timed.cues import read
from trifold.media.transcripts.timed.lines import Cue, Line
from trifold.media.transcripts.timed.repetition import without_repeats
from trifold.media.transcripts.vtt import format_vtt

LINES = ("so this is how", "my morning goes", "tea comes first", "then the list")


def clock(seconds: float) -> str:
    return f"00:00:{seconds:06.3f}"


def cue(start: float, end: float, *lines: str, settings: str = "") -> str:
    shown = "\n".join(lines)
    return f"{clock(start)} --> {clock(end)}{settings}\n{shown}\n\n"


def stamped(line: str, start: float) -> str:
    """A line with a stamp before each word but the first, a tenth of a second apart."""
    first, *rest = line.split()
    marks = (f"<{clock(start + 0.1 * i)}><c> {w}</c>" for i, w in enumerate(rest, start=1))
    return first + "".join(marks)


def automatic(*, stamps: bool) -> str:
    """Automatic captions: each line comes with its words, stays for a hundredth, then moves up."""
    text, last = "WEBVTT\nKind: captions\nLanguage: en\n\n", " "
    for i, line in enumerate(LINES):
        new = stamped(line, i) if stamps else line
        text += cue(i, i + 0.99, last, new, settings=" align:start position:0%")
        text += cue(i + 0.99, i + 1, line, " ", settings=" align:start position:0%")
        last = line
    return text


@pytest.mark.parametrize("stamps", [True, False])
def test_automatic_captions_count_once(stamps: bool) -> None:
    found = read(automatic(stamps=stamps))
    assert " ".join(s.text for s in found.segments) == " ".join(LINES)
    starts = [s.start_s for s in found.segments]
    assert starts == sorted(starts)
    if stamps:
        assert [s.text for s in found.segments] == " ".join(LINES).split()
        tea = next(s for s in found.segments if s.text == "tea")
        assert (tea.start_s, tea.end_s) == (2.0, 2.1)
    else:
        assert starts == [0.0, 1.0, 2.0, 3.0]


def test_roll_up_without_flashes() -> None:
    text = "".join(cue(i, i + 1, *LINES[max(0, i - 2) : i + 1]) for i in range(len(LINES)))
    found = read(text)
    assert [(s.text, s.start_s) for s in found.segments] == list(
        zip(LINES, [0.0, 1.0, 2.0, 3.0], strict=True)
    )


def test_roll_up_in_one_line() -> None:
    text = "".join(cue(i, i + 1, " ".join(LINES[max(0, i - 1) : i + 1])) for i in range(4))
    assert [s.text for s in read(text).segments] == list(LINES)


def test_captions_that_grow() -> None:
    words = " ".join(LINES).split()
    text = "".join(cue(i, i + 1, " ".join(words[: i + 1])) for i in range(len(words)))
    found = read(text)
    assert [s.text for s in found.segments] == words
    assert found.segments[3].start_s == 3.0


def test_windows_that_overlap() -> None:
    text = "".join(cue(i, i + 2.5, *LINES[i : i + 2]) for i in range(3))
    assert " ".join(s.text for s in read(text).segments) == " ".join(LINES)


@pytest.mark.parametrize(
    "shown",
    [
        [["No."], ["No."], ["No."], ["I said no."]],
        [["no no no"], ["no no no"], ["never"]],
        [["Yes."], ["Yes.", "I agree."], ["And you?"]],
        [["We sing", "la la la"], ["We dance", "la la la"], ["We sing", "la la la"]],
        [["I plan ahead."], ["I plan ahead.", "Always."], ["Tea."], ["Rain."], ["Sun."]],
        [["very very"], ["very good"], ["good night"]],
    ],
)
def test_what_people_repeat_stays(shown: list[list[str]]) -> None:
    text = "".join(cue(i, i + 1, *lines) for i, lines in enumerate(shown))
    found = read(text)
    assert " ".join(s.text for s in found.segments) == " ".join(
        line for lines in shown for line in lines
    )


def test_whole_sentences_twice_throughout() -> None:
    said = [f"we tried it {word} in the end" for word in ("once", "twice", "again")]
    text = "".join(cue(i, i + 0.5, s) + cue(i + 0.5, i + 1, s) for i, s in enumerate(said))
    assert [s.text for s in read(text).segments] == said


def test_two_people_may_say_the_same() -> None:
    said = ["I plan it well", "and I drink tea"]
    text = "".join(
        cue(2 * i, 2 * i + 1, f"<v Ann>{s}") + cue(2 * i + 1, 2 * i + 2, f"<v Bo>{s}")
        for i, s in enumerate(said)
    )
    assert [s.speaker for s in read(text).segments] == ["Ann", "Bo"] * 2


def test_a_highlight_that_moves_from_word_to_word() -> None:
    text = ""
    for i, said in enumerate(("I plan ahead", "then tea")):
        words = said.split()
        for k in range(len(words)):
            shown = " ".join(f"<u>{w}</u>" if j == k else w for j, w in enumerate(words))
            text += cue(2 * i + 0.5 * k, 2 * i + 0.5 * k + 0.5, shown)
    spans = [(s.text, s.start_s, s.end_s) for s in read(text).segments]
    assert spans == [("I plan ahead", 0.0, 1.5), ("then tea", 2.0, 3.0)]


def test_chevrons_inside_rolling_captions() -> None:
    rows = ["&gt;&gt; do you plan", "I do. &gt;&gt; And tea", "comes last"]
    text, last = "", " "
    for i, row in enumerate(rows):
        first, *rest = row.replace("&gt;&gt; ", "&gt;&gt;_").split()
        new = first + "".join(f"<{clock(i + 0.1 * k)}><c> {w}</c>" for k, w in enumerate(rest, 1))
        text += cue(i, i + 0.99, last, new.replace("_", " ")) + cue(i + 0.99, i + 1, row, " ")
        last = row
    found = read(text)
    assert " ".join(s.text for s in found.segments) == "do you plan I do. And tea comes last"
    assert found.turns == 1


def test_two_cues_are_enough_where_three_words_repeat() -> None:
    first = cue(0, 2, " ", stamped("good morning to all", 0))
    both = first + cue(2, 4, "good morning to all", stamped("of you", 2))
    assert " ".join(s.text for s in read(both).segments) == "good morning to all of you"


def test_a_repetition_inside_rolling_captions_stays() -> None:
    said = ["we tried hard", "yes", "yes", "it worked well"]
    text, last = "", " "
    for i, line in enumerate(said):
        text += cue(i, i + 0.99, last, line) + cue(i + 0.99, i + 1, line, " ")
        last = line
    assert [s.text for s in read(text).segments] == said


def test_after_a_pause_a_line_is_new() -> None:
    text = "".join(cue(i, i + 1, *LINES[max(0, i - 1) : i + 1]) for i in range(4))
    text += cue(20, 21, LINES[3])
    assert [s.text for s in read(text).segments] == [*LINES, LINES[3]]


def test_the_same_cue_twice_is_drawn_twice() -> None:
    text = cue(0, 1, "I plan") + cue(0, 1, "I plan") + cue(1, 2, "I plan")
    assert [s.text for s in read(text).segments] == ["I plan", "I plan"]


@given(st.lists(st.lists(st.sampled_from(["a b c", "d e f", "g"]), max_size=3), max_size=8))
def test_no_word_is_made_up(shown: list[list[str]]) -> None:
    cues = [Cue(i, i + 1.0, tuple(map(Line, lines))) for i, lines in enumerate(shown) if lines]
    kept = without_repeats(cues)
    before = [line.text for c in cues for line in c.lines]
    after = [line.text for c in kept for line in c.lines]
    assert len(" ".join(after)) <= len(" ".join(before))
    assert set(" ".join(after).split()) == set(" ".join(before).split())


def test_time_is_linear_in_the_words() -> None:
    lines = tuple(Line("a a a a") for _ in range(20_000))
    cues = [Cue(0.0, 1.0, lines), Cue(1.0, 2.0, lines[:-1]), Cue(2.0, 3.0, lines)]
    assert ends_within(3, lambda: without_repeats(cues))


@given(
    st.lists(
        st.lists(st.sampled_from(["I plan", "we sing la la", "no", "tea comes"]), max_size=2),
        max_size=7,
    ),
    st.sampled_from([0.0, 1.0]),
)
def test_what_was_read_is_read_again(shown: list[list[str]], pause: float) -> None:
    text = "WEBVTT\n\n"
    for i, lines in enumerate(shown):
        text += cue(i * (1 + pause), i * (1 + pause) + 1, *lines)
    first = read(text).segments
    again = read(format_vtt(Transcript(first, "vtt"), {})).segments
    assert again == first


@pytest.mark.parametrize("stamps", [True, False])
def test_lines_that_stay_over_a_pause_count_once(stamps: bool) -> None:
    text, last = "WEBVTT\n\n", " "
    for i, line in enumerate((*LINES, "at last", "and then")):
        start = i + 5 * (i > 3)
        text += cue(start, start + 1, last, stamped(line, start) if stamps else line)
        last = line
    said = " ".join(s.text for s in read(text).segments)
    assert said == " ".join((*LINES, "at last", "and then"))
