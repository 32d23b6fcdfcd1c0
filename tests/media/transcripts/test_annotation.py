"""Annotations: people's words once, whatever tiers stand beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pympi.Elan import Eaf
from pympi.Praat import TextGrid

from tests.factories.timing import ends_within
from trifold.contracts import Segment
from trifold.media.transcripts.annotation import elan, praat
from trifold.media.transcripts.reading import parse_transcript
from trifold.media.transcripts.tabular import audacity, with_header
from trifold.media.transcripts.timing import fitted

Row = tuple[float, float, str]
WORDS: list[Row] = [(0.0, 0.5, "I"), (0.5, 1.5, "plan"), (2.0, 3.0, "ahead")]
SENTENCE: list[Row] = [(0.0, 3.0, "I plan ahead.")]
PHONES: list[Row] = [(0.0, 0.5, "AY1"), (0.5, 0.8, "P"), (0.8, 1.2, "L"), (1.2, 1.5, "N")]
ANN: list[Row] = [(0.0, 1.0, 'Do you "plan"?')]
BO: list[Row] = [(1.0, 2.0, "I do."), (2.0, 3.0, "")]
AHEAD = (Segment("I", 0.0, 0.5), Segment("plan", 0.5, 1.5), Segment("ahead", 2.0, 3.0))


def grid(tmp_path: Path, tiers: dict[str, list[Row]], mode: str = "normal") -> str:
    """A TextGrid as pympi writes it, long (``normal``) or ``short``."""
    made = TextGrid(xmax=4.0)
    for name, rows in tiers.items():
        tier = made.add_tier(name)
        for row in rows:
            tier.add_interval(*row)
    made.to_file(str(tmp_path / "a.TextGrid"), mode=mode)
    return (tmp_path / "a.TextGrid").read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", ["normal", "short"])
def test_tiers_of_people(tmp_path: Path, mode: str) -> None:
    text = grid(tmp_path, {"Bo": BO, "Ann": ANN}, mode)
    assert praat.recognises(text)
    found = praat.read(text)
    assert found.segments == (
        Segment('Do you "plan"?', 0.0, 1.0, "Ann"),
        Segment("I do.", 1.0, 2.0, "Bo"),
    )
    assert found.kind == "textgrid"


@pytest.mark.parametrize(
    "tiers",
    [
        {"words": WORDS, "phones": PHONES},
        {"phones": PHONES, "words": WORDS},
        {"sentence": SENTENCE, "words": WORDS, "phones": PHONES},
        {"ORT-MAU": WORDS, "KAN-MAU": WORDS, "MAU": PHONES},
        {"transcript": WORDS, "notes": [(0.0, 3.0, "spoken fast")]},
        {"text": SENTENCE, "tier 2": WORDS},
        {"text": WORDS, "sounds": PHONES},
        {"words": [*WORDS, (1.5, 2.0, "sp"), (3.0, 3.5, "<sil>"), (3.5, 4, "<p:>")]},
    ],
)
def test_every_word_once(tmp_path: Path, tiers: dict[str, list[Row]]) -> None:
    assert praat.read(grid(tmp_path, tiers)).segments == AHEAD


def test_aligned_words_of_several_people(tmp_path: Path) -> None:
    tiers = {"Ann - words": WORDS[:1], "Ann - phones": PHONES[:1], "Bo - words": WORDS[1:]}
    said = [(s.text, s.speaker) for s in praat.read(grid(tmp_path, tiers)).segments]
    assert said == [("I", "Ann"), ("plan", "Bo"), ("ahead", "Bo")]


def test_points_are_no_words() -> None:
    text = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 4\n'
        "tiers? <exists>\n"
        'size = 2\nitem []:\n    item [1]:\n        class = "TextTier"\n        name = "clicks"\n'
        "        xmin = 0\n        xmax = 4\n        points: size = 1\n        points [1]:\n"
        '            number = 1.5\n            mark = "x"\n    item [2]:\n'
        '        class = "IntervalTier"\n        name = "speech"\n        xmin = 0\n'
        "        xmax = 4\n        intervals: size = 1\n        intervals [1]:\n"
        '            xmin = 0\n            xmax = 1.5\n            text = "I plan\nahead"\n'
    )
    assert praat.read(text).segments == (Segment("I plan ahead", 0.0, 1.5),)
    cut = text[: text.index("xmax = 1.5")]
    assert praat.read(cut).segments == ()


def test_other_objects_of_praat_are_refused() -> None:
    text = 'File type = "ooTextFile"\nObject class = "Pitch"\n'
    assert not praat.recognises(text)
    with pytest.raises(ValueError, match="expected a TextGrid, got another object of Praat"):
        praat.read(text)
    with pytest.raises(ValueError, match="expected the number of tiers of a TextGrid, got None"):
        praat.read('"ooTextFile"\n"TextGrid"\n0\n4\n<exists>\n')


def eaf(tmp_path: Path, tiers: dict[str, tuple[str, list[Row]]]) -> str:
    """A document as pympi writes it: participant and rows by tier; a tier ``a>b`` refers to a."""
    made = Eaf(author="x")
    made.remove_tier("default")
    made.add_linguistic_type("ref", constraints="Symbolic_Association", timealignable=False)
    for name, (person, rows) in tiers.items():
        parent, _, child = name.partition(">")
        if child:
            made.add_tier(child, ling="ref", parent=parent, part=person)
            for start, _, text in rows:
                made.add_ref_annotation(child, parent, int(1000 * start) + 1, text)
        else:
            made.add_tier(name, part=person)
            for start, end, text in rows:
                made.add_annotation(name, int(1000 * start), int(1000 * end), text)
    made.to_file(str(tmp_path / "a.eaf"))
    return (tmp_path / "a.eaf").read_text(encoding="utf-8")


def test_participants_are_speakers(tmp_path: Path) -> None:
    text = eaf(tmp_path, {"t1": ("Ann Lee", ANN), "t2": ("Bo", BO[:1])})
    assert elan.recognises(text)
    assert elan.read(text).segments == (
        Segment('Do you "plan"?', 0.0, 1.0, "Ann Lee"),
        Segment("I do.", 1.0, 2.0, "Bo"),
    )


def test_tiers_that_refer_are_not_doubled(tmp_path: Path) -> None:
    text = eaf(tmp_path, {"Ann": ("", SENTENCE), "Ann>german": ("", [(0.0, 3.0, "Ich plane.")])})
    assert elan.read(text).segments == (Segment("I plan ahead.", 0.0, 3.0, "Ann"),)


def test_words_below_numbers_are_read_with_their_times(tmp_path: Path) -> None:
    numbers = [(0.0, 1.5, "KLM0612.001"), (1.5, 3.0, "002")]
    words = [(0.0, 1.5, "I plan"), (1.5, 3.0, "ahead")]
    found = elan.read(eaf(tmp_path, {"ref@Ann": ("", numbers), "ref@Ann>orth@Ann": ("", words)}))
    assert found.segments == (
        Segment("I plan", 0.0, 1.5, "Ann"),
        Segment("ahead", 1.5, 3.0, "Ann"),
    )


def test_slots_without_a_value_lie_between(tmp_path: Path) -> None:
    text = eaf(tmp_path, {"default": ("", [(0.0, 1.0, "I plan"), (1.0, 3.0, "ahead")])})
    found = elan.read(text.replace(' TIME_VALUE="1000"', ""))
    assert found.segments[0].start_s == 0.0
    assert 0.0 < found.segments[0].end_s <= found.segments[1].start_s < 3.0


def test_slots_without_a_value_cost_the_times(tmp_path: Path) -> None:
    text = eaf(tmp_path, {"default": ("", SENTENCE)}).replace(' TIME_VALUE="3000"', "")
    found = elan.read(text)
    assert (found.segments, found.damaged) == ((Segment("I plan ahead."),), 1)


def test_labels_of_audacity() -> None:
    text = "0.000000\t1.500000\tI plan\n\\\t100.0\t200.0\n1,500000\t3,250000\tahead\n4.0\t5.0\t\n"
    assert audacity.recognises(text)
    assert audacity.read(text).segments == (
        Segment("I plan", 0.0, 1.5),
        Segment("ahead", 1.5, 3.25),
    )
    assert not audacity.recognises("")
    with pytest.raises(ValueError, match="expected rows of start, end and text between tabs"):
        audacity.read("I plan\n")


@pytest.mark.parametrize(
    "text",
    [
        "start\tend\ttext\n0\t1500\tI plan\n1500\t3250\tahead\n",
        'start,end,text\n0,1500," I plan"\n1500,3250,"ahead"\n',
        'start,end,speaker,text\n0,1500,0," I plan"\n1500,3250,1,"ahead"\n',
        "start\tend\ttext\n0.0\t1.5\tI plan\n1.5\t3.25\tahead\n",
    ],
)
def test_tables_of_recognisers(text: str) -> None:
    assert with_header.recognises(text)
    found = fitted(parse_transcript(text), 4.0)
    assert [(s.text, s.start_s, s.end_s) for s in found.segments] == [
        ("I plan", 0.0, 1.5), ("ahead", 1.5, 3.25)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        'start,end,speaker,text\n0.0,2.0,Ann,How are you?\n2.0,4.0,Bob,"Fine, thanks."\n',
        "Speaker Name;Start Time;Text\nAnn;00:00:00;How are you?\nBob;00:00:02;Fine, thanks.\n",
        "Timecode\tSpeaker\tTranscript\n0:00\tAnn\tHow are you?\n0:02\tBob\tFine, thanks.\n",
        "Speaker|Words\nAnn|How are you?\nBob|Fine, thanks.\n",
    ],
)
def test_tables_of_editors_say_who_speaks(text: str) -> None:
    found = parse_transcript(text)
    assert [(s.speaker, s.text) for s in found.segments] == [
        ("Ann", "How are you?"), ("Bob", "Fine, thanks.")
    ]  # fmt: skip


def test_other_tables_are_refused() -> None:
    assert not with_header.recognises("path,candidate_id\na.mp4,ann\n")
    with pytest.raises(ValueError, match="expected the columns start, end and text, got 'path,"):
        with_header.read("path,candidate_id\na.mp4,ann\n")


@pytest.mark.parametrize(
    "atom", ['"', '""', "1 ", "<exists> ", '"IntervalTier" "a" 0 1 9 ', "0\t1\ta\n"]
)
def test_time_is_linear_in_the_text(atom: str) -> None:
    text = '"ooTextFile"\n"TextGrid"\n0\n4\n<exists>\n900\n' + (atom * 50_000)[:50_000]
    assert ends_within(3, lambda: (praat.read(text), audacity.recognises(text)))


@given(st.text(alphabet='"01. \n<>aexistIntervalTier\t', max_size=200))
def test_any_text_is_found_or_refused(text: str) -> None:
    for formats in (praat.FORMATS, audacity.FORMATS, elan.FORMATS):
        for recognises, read in formats:
            recognises(text)
            try:
                assert all(
                    s.text for s in read('"ooTextFile" "TextGrid" 0 4 <exists> 2 ' + text).segments
                )
            except ValueError as error:
                assert str(error).startswith("expected")  # noqa: PT017


CHAT = """@UTF8
@Begin
@Languages:\teng
@Participants:\tINV Ines Investigator, PAR Otto Participant
*INV:\tdo you plan ? \x15500_1000\x15
%mor:\tmod|do pro|you v|plan ?
*PAR:\t&-um I <I plan> [/] plan it be(cause) &=laughs (.) xxx
\tit rains +... \x151000_2500\x15
@End
"""
TURNS_OF_TWO = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE Trans SYSTEM "trans-14.dtd">
<Trans><Speakers><Speaker id="s1" name="Ann"/><Speaker id="s2" name="Bo"/></Speakers>
<Episode><Section>
<Turn speaker="s1" startTime="0" endTime="1"><Sync time="0"/>Do you plan?<Event desc="rire"/></Turn>
<Turn speaker="s2" startTime="1" endTime="3"><Sync time="1"/>I do.<Sync time="2.5"/>A lot.</Turn>
<Turn speaker="s1 s2" startTime="3" endTime="4"><Sync time="3"/>
<Who nb="1"/>Oh.<Who nb="2"/>Yes.</Turn>
</Section></Episode></Trans>"""
SCORE = """<basic-transcription><head><speakertable>
<speaker id="S0"><abbreviation>Ann</abbreviation></speaker>
<speaker id="S1"><abbreviation>Bo</abbreviation></speaker></speakertable></head><basic-body>
<common-timeline><tli id="T0" time="0"/><tli id="T1" time="1.0"/><tli id="T2" time="2.0"/>
</common-timeline>
<tier id="A" speaker="S0" category="v" type="t" display-name="Ann [v]">
<event start="T0" end="T1">Do you plan?</event></tier>
<tier id="B" speaker="S1" category="v" type="t" display-name="Bo [v]">
<event start="T1" end="T2">I do.</event></tier>
<tier id="C" category="nv" type="d" display-name="[nv]">
<event start="T0" end="T1">waves</event></tier>
</basic-body></basic-transcription>"""


def test_utterances_of_chat() -> None:
    assert parse_transcript(CHAT).segments == (
        Segment("do you plan?", 0.5, 1.0, "Ines (Investigator)"),
        Segment("um I I plan plan it because it rains", 1.0, 2.5, "Otto (Participant)"),
    )


def test_turns_of_transcriber() -> None:
    assert parse_transcript(TURNS_OF_TWO).segments == (
        Segment("Do you plan?", 0.0, 1.0, "Ann"),
        Segment("I do.", 1.0, 2.5, "Bo"),
        Segment("A lot.", 2.5, 3.0, "Bo"),
        Segment("Oh.", 3.0, 4.0, "Ann"),
        Segment("Yes.", 3.0, 4.0, "Bo"),
    )


def test_events_of_exmaralda() -> None:
    assert parse_transcript(SCORE).segments == (
        Segment("Do you plan?", 0.0, 1.0, "Ann"),
        Segment("I do.", 1.0, 2.0, "Bo"),
    )
