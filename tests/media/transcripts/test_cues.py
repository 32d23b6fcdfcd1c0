"""Cues as tools write them and as people break them: every word once, times to the millisecond."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.timing import ends_within
from trifold.contracts import Segment
from trifold.media.transcripts.timed import cues
from trifold.media.transcripts.timed.cues import read, recognises

SAID = ("My week starts with a list", "of three things, then tea.", "Rain never stops me.")
TIMES = ((0.0, 1.5), (1.5, 3.25), (4.0, 6.0))


def srt_time(seconds: float) -> str:
    return f"00:00:{seconds:06.3f}".replace(".", ",")


def srt(*, between: str = "\n", inside: str = "", end: str = "\n", index: bool = True) -> str:
    """The three cues as SRT, with what stands between cues and before each text to choose."""
    blocks = [
        (f"{i}\n" if index else "") + f"{srt_time(start)} --> {srt_time(stop)}\n{inside}{text}\n"
        for i, (text, (start, stop)) in enumerate(zip(SAID, TIMES, strict=True), start=1)
    ]
    return between.join(blocks).replace("\n", end)


def vtt(*bodies: str, header: str = "WEBVTT\n\n") -> str:
    """Bodies of cues, one for each of the three times."""
    blocks = [
        f"00:00:{start:06.3f} --> 00:00:{stop:06.3f}\n{body}\n"
        for body, (start, stop) in zip(bodies, TIMES, strict=False)
    ]
    return header + "\n".join(blocks)


EXPECTED = tuple(Segment(text, *span) for text, span in zip(SAID, TIMES, strict=True))
CONSOLE = "".join(
    f"[00:00:{a:06.3f} --> 00:00:{b:06.3f}]   {t}\n" for t, (a, b) in zip(SAID, TIMES, strict=True)
)
LAYOUTS = {
    "plain": srt(),
    "bom": "\ufeff" + srt(),
    "no blank lines": srt(between=""),
    "blank line before each text": srt(inside="\n"),
    "two blank lines": srt(between="\n\n\n"),
    "carriage returns": srt(end="\r"),
    "windows": srt(end="\r\n"),
    "doubled carriage returns": srt(end="\r\r\n"),
    "every line end doubled": srt(end="\n\n"),
    "no index": srt(index=False),
    "no index, no blank lines": srt(index=False, between=""),
    "all in a row, spaces at ends": srt().replace("\n", "  \n"),
    "italics": srt(inside="<i>").replace("\n\n", "</i>\n\n"),
    "webvtt": vtt(*SAID),
    "webvtt, header alone": vtt(*SAID, header="WEBVTT - talk\nKind: captions\n\n"),
    "webvtt, no blank after the header": vtt(*SAID, header="WEBVTT\n"),
    "webvtt, timestamp map": vtt(
        *SAID, header="WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n"
    ),
    "webvtt, no blank lines": vtt(*SAID).replace("\n\n", "\n"),
    "webvtt, blank line before each text": vtt(*(f"\n{said}" for said in SAID)),
    "webvtt, every line end doubled": vtt(*SAID).replace("\n", "\n\n"),
    "webvtt, numbered, no blank lines": "WEBVTT\n"
    + srt(between="").replace(",000", ".000").replace(",500", ".500"),
    "webvtt, notes and styles": vtt(
        *SAID,
        header="WEBVTT\n\nNOTE made by hand\nin two lines\n\nSTYLE\n::cue { color: red }\n\n"
        "REGION\nid:a width:40%\n\n",
    ),
    "console": CONSOLE,
    "console with its preamble": "Detecting language using up to the first 30 seconds.\n"
    "Detected language: English\n" + CONSOLE,
    "whisper.cpp console": "whisper_init: loading model\nmain: processing 'a.wav'\n\n"
    + CONSOLE
    + "\nwhisper_print_timings:     load time =   80.00 ms\nwhisper_print_timings: total\n",
    "seconds": "".join(
        f"[{a:.2f}s -> {b:.2f}s] {t}\n" for t, (a, b) in zip(SAID, TIMES, strict=True)
    ),
    "sbv": "\n".join(
        f"0:00:{a:06.3f},0:00:{b:06.3f}\n{t}\n" for t, (a, b) in zip(SAID, TIMES, strict=True)
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_words_and_times_in_every_layout(layout: str) -> None:
    assert recognises(LAYOUTS[layout])
    found = read(LAYOUTS[layout])
    assert found.segments == EXPECTED
    assert (found.damaged, found.turns, found.by_trifold, found.unit_known) == (0, 0, False, True)


def test_kinds_are_told() -> None:
    kinds = {name: read(LAYOUTS[name]).kind for name in ("plain", "webvtt", "console", "sbv")}
    assert kinds == {"plain": "srt", "webvtt": "vtt", "console": "console", "sbv": "sbv"}


def test_blank_lines_inside_a_cue_end_nothing() -> None:
    found = read(
        "1\n00:00:00,0 --> 00:00:02,0\nOne\n\ntwo\n\n\n2\n00:00:02,0 --> 00:00:03,0\nthree"
    )
    assert found.segments == (Segment("One two", 0.0, 2.0), Segment("three", 2.0, 3.0))


def test_numbers_that_are_said_stay() -> None:
    text = srt().replace(SAID[0], "I was born in\n1990").replace(SAID[1], "12")
    assert [s.text for s in read(text).segments] == ["I was born in 1990", "12", SAID[2]]
    webvtt = vtt("I count to", "3", "1\n2")
    assert [s.text for s in read(webvtt).segments] == ["I count to", "3", "1 2"]


def test_one_bad_cue_costs_only_its_times() -> None:
    for bad in (
        "00:00:0x,500 --> 00:00:03,250",
        "00:00:03,250 --> 00:00:01,500",
        "--> 00:00:03,2",
        "a --> b",
    ):
        found = read(srt().replace("00:00:01,500 --> 00:00:03,250", bad))
        assert found.segments == (EXPECTED[0], Segment(SAID[1]), EXPECTED[2])
        assert found.damaged == 1


@pytest.mark.parametrize("lost", ["all line ends", "all but those between cues"])
def test_line_ends_that_were_lost(lost: str) -> None:
    text = srt()
    if lost == "all line ends":
        texts = [" ".join(text.split()), " ".join(vtt(*SAID).split())]
    else:
        texts = ["\n".join(" ".join(block.split()) for block in text.split("\n\n"))]
    for joined in texts:
        assert recognises(joined)
        assert read(joined).segments == EXPECTED


def test_a_last_number_without_a_cue_is_no_word() -> None:
    assert read(srt() + "\n4\n").segments == EXPECTED
    assert read(f"```srt\n{srt()}```\n").segments == EXPECTED


def test_names_of_cues_are_no_words() -> None:
    guid = "0f0b5b7a-8a68-4d0e-9c3e-0f7e2b1c9d10/12-0"
    for name in (guid, "intro", "slide 3", "17"):
        found = read(vtt(*SAID).replace("\n00:00:01.500 ", f"\n{name}\n00:00:01.500 "))
        assert found.segments == EXPECTED
    teams = "WEBVTT\n\n" + "".join(
        f"{guid[:-1]}{i}\n00:00:{a:06.3f} --> 00:00:{b:06.3f}\n<v Kim Doe>{t}</v>\n\n"
        for i, (t, (a, b)) in enumerate(zip(SAID, TIMES, strict=True))
    )
    assert [s.text for s in read(teams).segments] == list(SAID)
    assert {s.speaker for s in read(teams).segments} == {"Kim Doe"}


def test_webex_names_the_speaker_beside_the_number() -> None:
    text = 'WEBVTT\n\n1 "Kim Doe" (2837462)\n00:00:00.000 --> 00:00:01.500\nI plan.\n\n'
    text += '2 "" (0)\n00:00:01.500 --> 00:00:02.000\nYes.\n'
    assert read(text).segments == (
        Segment("I plan.", 0.0, 1.5, "Kim Doe"),
        Segment("Yes.", 1.5, 2.0),
    )


def test_two_voices_in_a_cue_are_two_segments() -> None:
    found = read(vtt("<v Ann>I plan.\n<v Bo>I do not"))
    assert [(s.text, s.speaker) for s in found.segments] == [("I plan.", "Ann"), ("I do not", "Bo")]
    assert found.segments[0].end_s == found.segments[1].start_s
    assert (found.segments[0].start_s, found.segments[1].end_s) == TIMES[0]


def test_dashes_and_chevrons_are_turns() -> None:
    found = read(vtt("- Do you plan?\n- I do.", ">> And then?", "It went well. >> Thanks."))
    assert [s.text for s in found.segments] == [
        *("Do you plan?", "I do.", "And then?", "It went well.", "Thanks."),
    ]
    assert found.turns == 3
    assert all(s.speaker is None for s in found.segments)


def test_one_dash_is_punctuation() -> None:
    said = ["I plan,", "-ish, I said - and left", "5 - 3 is 2"]
    found = read(vtt(f"- {said[0]}", *said[1:]))
    assert [s.text for s in found.segments] == said
    assert found.turns == 0


def test_words_with_stamps_are_segments() -> None:
    found = read(vtt("I <00:00:00.500><c>plan</c> <00:00:01.000>ahead"))
    assert found.segments == (
        Segment("I", 0.0, 0.5),
        Segment("plan", 0.5, 1.0),
        Segment("ahead", 1.0, 1.5),
    )


def test_the_header_states_the_language() -> None:
    assert (
        read(vtt(*SAID, header="WEBVTT\nKind: captions\nLanguage: de-CH\n\n")).language == "de-CH"
    )
    assert read(vtt(*SAID)).language is None


def test_bare_numbers_have_no_known_unit() -> None:
    assert not read("0 --> 1500\nI plan\n\n1500 --> 3250\nahead").unit_known


def test_frames_at_thirty() -> None:
    text = "1\n00:00:00:00 --> 00:00:01:15\nI plan\n\n2\n00:00:01:15 --> 00:00:02:29\nahead\n"
    assert read(text).segments[0] == Segment("I plan", 0.0, 1.5)


def test_what_is_no_cue_file_is_refused() -> None:
    assert not recognises("We go from A --> B.\n")
    assert not recognises('{"text": "00:00:01.000 --> 00:00:02.000"}')
    with pytest.raises(
        ValueError, match=r"expected lines such as 00:01\.500 --> 00:03\.000, got none"
    ):
        read("We go from A --> B.\n")
    with pytest.raises(ValueError, match="expected lines such as"):
        read("WEBVTT\n\nI plan ahead.\n")
    assert read("WEBVTT\n\nNOTE nothing was said\n").segments == ()
    assert read("").segments == ()
    assert read("WEBVTT\n").segments == ()


ATOMS = ["<", "{", "[", "(", "*", "♪", "-->", "1", ":", "0:", "<c ", "{\\", "&", "\r", "\n", " "]
ATOMS += ["00:01 --> ", "00:00:01.000 --> 00:00:02.000\n", "\n1\n", "- a\n", ">> ", "<v A>b", "[a"]
ATOMS += ["NOTE\n\n", "a a a\n", "<00:00:01.000>", "\\N", "NaN --> ", "：", "→", "<rt>", "--&gt;"]


@pytest.mark.parametrize("atom", ATOMS)
def test_time_is_linear_in_the_text(atom: str) -> None:
    text = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + (atom * 50_000)[:50_000]
    assert ends_within(3, lambda: read(text))


@given(st.text(alphabet="WEBVT\n\r1:0,.->< []v/ab♪", max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_found_or_refused(text: str) -> None:
    try:
        found = cues.read(text)
    except ValueError as error:
        assert str(error).startswith("expected")  # noqa: PT017
        return
    for segment in found.segments:
        assert segment.text == " ".join(segment.text.split()) != ""
        assert (segment.start_s is None) == (segment.end_s is None)
