"""Plain text with times and names, as services and people write it; all other words stay words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.timing import ends_within
from trifold.media.transcripts.speakers.labels import labelled
from trifold.media.transcripts.text import plain

FIRST, SECOND = "First I ask what matters.", "At 10:30 I rest, score 3:2."
Row = tuple[str | None, str, float | None, float | None]


def rows(text: str) -> list[Row]:
    """Speaker, words, start and end of every segment, labels taken off."""
    found = labelled(plain.read(text).segments)
    return [(s.speaker, s.text, s.start_s, s.end_s) for s in found]


@pytest.mark.parametrize(
    "text",
    [
        f"[00:04 - 00:09] {FIRST}\n[00:09 - 01:02] {SECOND}",
        f"[00:04 – 00:09] {FIRST}\n[00:09 — 01:02] {SECOND}",
        f"00:00:04 – 00:00:09\n{FIRST}\n\n00:00:09 – 00:01:02\n{SECOND}",
        f"(0:04-0:09) {FIRST}\n(0:09-1:02) {SECOND}",
        f"[4.0s - 9.0s] {FIRST}\n[9.0s - 62.0s] {SECOND}",
        f"00:00:04.000\t00:00:09.000\t{FIRST}\n00:00:09.000\t00:01:02.000\t{SECOND}",
        f"1. [00:00:04 - 00:00:09] {FIRST}\n2. [00:00:09 - 00:01:02] {SECOND}",
        f"{FIRST} #00:00:09-0#\n{SECOND} #00:01:02-0#".replace(FIRST, f"#00:00:04-0# {FIRST}"),
    ],
)
def test_ranges_are_kept(text: str) -> None:
    assert rows(text) == [(None, FIRST, 4.0, 9.0), (None, SECOND, 9.0, 62.0)]


@pytest.mark.parametrize(
    "text",
    [
        f"[00:00:04] {FIRST}\n[00:00:09] {SECOND}",
        f"[00:00:04.00] {FIRST}\n\n[00:00:09.00] {SECOND}",
        f"(00:04) {FIRST}\n(00:09) {SECOND}",
        f"00:04 {FIRST}\n00:09 {SECOND}",
        f"00:04: {FIRST}\n00:09: {SECOND}",
        f"00:04 - {FIRST}\n00:09 - {SECOND}",
        f"0:04\n{FIRST}\n0:09\n{SECOND}",
        f"0:04\n4 seconds\n{FIRST}\n0:09\n9 seconds\n{SECOND}",
        f"1 00:00:04 {FIRST}\n2 00:00:09 {SECOND}",
        f"1\n0:04\n{FIRST}\n\n2\n0:09\n{SECOND}",
        f"**[00:04]** {FIRST}\n**[00:09]** {SECOND}",
        f"#00:00:04# {FIRST}\n#00:00:09# {SECOND}",
        f"[00:00:04] {FIRST} [00:00:09] {SECOND}",
        f"{{00:04}} {FIRST}\n{{00:09}} {SECOND}",
    ],
)
def test_a_start_alone_lasts_until_the_next(text: str) -> None:
    assert rows(text) == [(None, FIRST, 4.0, 9.0), (None, SECOND, 9.0, None)]


@pytest.mark.parametrize(
    "text",
    [
        f"Mira Vogel  0:04\n{FIRST}\n\nInterviewer  0:09\n{SECOND}",
        f"Mira Vogel (00:04):\n{FIRST}\n\nInterviewer (00:09):\n{SECOND}",
        f"Mira Vogel: (00:04)\n{FIRST}\n\nInterviewer: (00:09)\n{SECOND}",
        f"Mira Vogel (00:04): {FIRST}\nInterviewer (00:09): {SECOND}",
        f"Mira Vogel: [00:04] {FIRST}\nInterviewer: [00:09] {SECOND}",
        f"Mira Vogel | 00:04\n{FIRST}\nInterviewer | 00:09\n{SECOND}",
        f"Mira Vogel [00:00:04]\n{FIRST}\nInterviewer [00:00:09]\n{SECOND}",
        f"**Mira Vogel** *(0:04)*\n{FIRST}\n**Interviewer** *(0:09)*\n{SECOND}",
        f"00:00:04 Mira Vogel\n{FIRST}\n00:00:09 Interviewer\n{SECOND}",
        f"[00:00:04] Mira Vogel:\n{FIRST}\n[00:00:09] Interviewer:\n{SECOND}",
        f"[00:00:04.000] - Mira Vogel\n{FIRST}\n[00:00:09.000] - Interviewer\n{SECOND}",
        f"[00:00:04] Mira Vogel: {FIRST}\n[00:00:09] Interviewer: {SECOND}",
        f"00:00:04\tMira Vogel:\t{FIRST}\n00:00:09\tInterviewer:\t{SECOND}",
        f"0:04 Mira Vogel: {FIRST}\n0:09 Interviewer: {SECOND}",
        f"Mira Vogel\n0:04\n{FIRST}\nInterviewer\n0:09\n{SECOND}",
        f"0:04\nMira Vogel\n{FIRST}\n\n0:09\nInterviewer\n{SECOND}",
        f"0:04 - Mira Vogel\n  {FIRST}\n\n0:09 - Interviewer\n  {SECOND}",
        f"@0:04 - Mira Vogel (Firm)\n{FIRST}\n@0:09 - Interviewer\n{SECOND}",
        f"[00:00:04 Mira Vogel] {FIRST}\n[00:00:09 Interviewer] {SECOND}",
        f"[Mira Vogel, 00:04]: {FIRST}\n[Interviewer, 00:09]: {SECOND}",
        f"Mira Vogel 00:04: {FIRST}\nInterviewer 00:09: {SECOND}",
        f"### Mira Vogel (00:04)\n{FIRST}\n### Interviewer (00:09)\n{SECOND}",
        f"00:00:04 From Mira Vogel to Everyone: {FIRST}\n00:00:09 From Interviewer to Me: {SECOND}",
    ],
)
def test_names_beside_times_are_speakers(text: str) -> None:
    assert rows(text) == [
        ("Mira Vogel", FIRST, 4.0, 9.0),
        ("Interviewer", SECOND, 9.0, None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"[Mira Vogel] 09:30:04\n{FIRST}\n\n[Anna Berg] 09:30:09\n{SECOND}",
        f"09:30:04 Mira Vogel: {FIRST}\n09:30:09 Anna Berg: {SECOND}",
        f"9:30:04 AM Mira Vogel: {FIRST}\n9:30:09 AM Anna Berg: {SECOND}",
        f"[02/11/2026, 09:30:04] Mira Vogel: {FIRST}\n[02/11/2026, 09:30:09] Anna Berg: {SECOND}",
        f"2026-11-02 09:30:04 Mira Vogel: {FIRST}\n2026-11-02 09:30:09 Anna Berg: {SECOND}",
    ],
)
def test_the_clock_of_the_day_stays_as_stated(text: str) -> None:
    assert rows(text) == [
        ("Mira Vogel", FIRST, 34_204.0, 34_209.0),
        ("Anna Berg", SECOND, 34_209.0, None),
    ]


def test_afternoons_are_twelve_hours_later() -> None:
    assert [row[2] for row in rows("9:30:04 PM a\n9:30:09 PM b")] == [77_404.0, 77_409.0]


def test_marks_behind_their_words_are_ends() -> None:
    text = f"I: {FIRST} #00:00:05-3#\n\nB: {SECOND} #00:00:09-0#\n"
    assert rows(text) == [("I", FIRST, 0.0, 5.3), ("B", SECOND, 5.3, 9.0)]


def test_times_that_are_read_out_are_no_words() -> None:
    text = "Mira Vogel\n0 minutes 4 seconds0:04\nMira Vogel 0 minutes 4 seconds\n" + FIRST
    text += "\nAnna Berg\n1 minute 2 seconds1:02\nAnna Berg 1 minute 2 seconds\nI waited 5 seconds"
    found = rows(text)
    assert found[0] == ("Mira Vogel", FIRST, 4.0, 62.0)
    assert found[1][:3] == ("Anna Berg", "I waited 5 seconds", 62.0)


@pytest.mark.parametrize(
    "text",
    [
        "At 10:30 we met.\nLuke 5:12 says so.\nThe ratio was 16:9 then 3:2.",
        "10:30 was late for us.\nWe had planned more.\nSo we left again.",
        "I waited 5 seconds.\n90 seconds\nThen I left.",
        "Date night is fun.\nMy plan: sleep.\n\nMore words | and bars | here.",
        "Date: it matters to me when.\nI ask for it.",
        "Thanks\nI sort\nThanks\nI rest\nThanks",
        "see https://a.example:8080/b?c=1:2 and mail a@b.example",
        "x < y and y > z, R&D at 5 % {sic}",
    ],
)
def test_text_without_structure_keeps_every_word(text: str) -> None:
    assert " ".join(row[1] for row in rows(text)).split() == text.split()
    assert {row[2] for row in rows(text)} == {None}


PREAMBLES = (
    "Transcript of interview 5\nDate: 2 May 2026\nDuration: 06:00\nParticipants: A, B\n\n",
    "INTERVIEW TRANSCRIPT\n====\nInterviewer: Anna Berg\nCandidate: Mira Vogel\nDate: 2 May\n\n",
    "Talk with Mira Vogel\nDatum: 02.05.2026\nInterviewer: Anna Berg\n\n",
    "Interview (2026-05-02 09:30 GMT) - Transcript\nAttendees\nAnna Berg, Mira Vogel\nTranscript\n",
    "",
)


@pytest.mark.parametrize("preamble", PREAMBLES)
def test_titles_and_lists_of_people_are_no_words(preamble: str) -> None:
    after = "\n\nTranscribed by https://a.example\n[End of transcript]\n"
    text = f"{preamble}Interviewer: How?\nCandidate: {FIRST}{after}"
    assert [row[:2] for row in rows(text)] == [("Interviewer", "How?"), ("Candidate", FIRST)]


def test_summaries_above_the_first_name_are_no_words() -> None:
    head = "Interview\nMon, May 2, 2026 9:30AM • 6:02\n\nSUMMARY KEYWORDS\ntea, rest"
    text = f"{head}\n\nSPEAKERS\nA, B\n\nMira Vogel  0:04\n{FIRST}"
    assert rows(text) == [("Mira Vogel", FIRST, 4.0, None)]


def test_speech_above_the_first_time_stays() -> None:
    assert [row[1] for row in rows(f"so this is\n0:04 {FIRST}\n0:09 {SECOND}")] == [
        "so this is",
        FIRST,
        SECOND,
    ]


@pytest.mark.parametrize("between", ["|", " | ", "\n", "\n\n", "\r\n|"])
def test_turns_are_parted_by_bars_or_lines(between: str) -> None:
    turns = ["Interviewer: Why?", "Interviewee:  To rest.", "", "And to sort.", "Interviewer: mhm"]
    assert [row[:2] for row in rows(between.join(turns))] == [
        ("Interviewer", "Why?"),
        *[("Interviewee", "To rest."), ("Interviewee", "And to sort.")],
        ("Interviewer", "mhm"),
    ]


def test_names_on_lines_of_their_own_speak_what_is_below() -> None:
    text = f"INTERVIEWER\nWhy?\n\nMIRA VOGEL\n{FIRST}\n\nINTERVIEWER\nOh.\n\nMIRA VOGEL\n{SECOND}"
    assert [row[:2] for row in rows(text)] == [
        *[("INTERVIEWER", "Why?"), ("MIRA VOGEL", FIRST)],
        *[("INTERVIEWER", "Oh."), ("MIRA VOGEL", SECOND)],
    ]


def test_numbers_of_lines_are_no_words() -> None:
    text = f"01 I: Why?\n02 B: {FIRST}\n03    And so.\n04 I: Oh."
    assert [row[:2] for row in rows(text)] == [
        *[("I", "Why?"), ("B", FIRST), ("B", "And so.")],
        ("I", "Oh."),
    ]


def test_columns_of_names_and_words() -> None:
    text = f"Interviewer\tWhy?\nMira Vogel\t{FIRST}"
    assert [row[:2] for row in rows(text)] == [("Interviewer", "Why?"), ("Mira Vogel", FIRST)]


def test_lines_broken_for_their_length_are_one_paragraph() -> None:
    text = "Interviewer: when you think of the last project you had\nwhat was hard?\nMira: Time."
    assert [row[0] for row in rows(text)] == ["Interviewer", "Mira"]


def test_labels_below_one_time_share_it() -> None:
    found = rows("00:00:04\nAnna Berg: abcd\nMira Vogel: abcd\n00:01:00\nAnna Berg: x")
    assert [(row[0], row[2]) for row in found[:2]] == [
        ("Anna Berg", 4.0),
        ("Mira Vogel", pytest.approx(33.0, abs=2.0)),
    ]
    assert found[1][3] == 60.0


def test_a_time_that_runs_backwards_costs_an_end_and_no_word() -> None:
    found = rows("[00:04] a\n[00:02] b\n[00:09] c\n[00:12 - 00:10] d")
    assert found == [
        *[(None, "a", 4.0, None), (None, "b", 2.0, 9.0)],
        *[(None, "c", 9.0, 12.0), (None, "d", 12.0, None)],
    ]


@settings(deadline=None)  # machines are shared
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    for segment in plain.read(text).segments:
        assert segment.text == " ".join(segment.text.split()) != ""
        if segment.end_s is not None:
            assert segment.start_s is not None
            assert segment.start_s <= segment.end_s


@settings(deadline=None)  # machines are shared
@given(st.text(alphabet="abc ,.!?'\n", max_size=300))
def test_words_without_marks_are_all_there(text: str) -> None:
    found = plain.read(text).segments
    assert " ".join(segment.text for segment in found).split() == text.split()


@settings(deadline=None)  # machines are shared
@given(st.text(alphabet="0123456789:[]()#-.| \nAn", max_size=120))
def test_any_digits_and_brackets_are_read(text: str) -> None:
    plain.read(text)


_LINES = (
    "[00:04] a\n",
    "0:04\n",
    "Mira  0:04\nhm\n",
    "Mira: hm|",
    "#00:00:01#",
    "Date: x\n",
    "1:1 ",
)
_RUNS = (
    "0",
    " ",
    "\t",
    "\n",
    "|",
    "[",
    "(",
    "a b ",
    "00:00",
    "-",
    "1:",
    "A",
    "*",
    "1:1 ",
    "Aa Bb ",
)


@pytest.mark.parametrize("piece", [*_LINES, *_RUNS])
def test_time_is_bounded(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    assert ends_within(5, lambda: plain.read(text))  # quadratic time would take minutes


def test_tags_of_lyrics_files_are_no_words() -> None:
    found = plain.read("[ti:Answer]\n[ar:Robin]\n[00:01.50]I plan my day.\n[00:04.00]I go home.\n")
    assert [(s.text, s.start_s) for s in found.segments] == [
        ("I plan my day.", 1.5), ("I go home.", 4.0)
    ]  # fmt: skip
