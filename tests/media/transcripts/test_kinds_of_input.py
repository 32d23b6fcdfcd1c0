"""Inputs as tools and people write them, each with the candidate's words and times to the word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.media.transcripts.nets import ALL, ASKED, OWN, SAID, TURNS, cues, lines, own
from trifold.codes import Code
from trifold.errors import TranscriptError
from trifold.media.transcripts.reading import NoTranscriptError, parse_transcript, read_transcript


@pytest.mark.parametrize(
    ("asks", "answers"),
    [
        ("Dr. Berg: ", "Mr. Lind: "),
        ("Ines's iPhone: ", "Otto Lind: "),
        ("Вопрос: ", "Ответ: "),
        ("Vraag: ", "Antwoord: "),
        ("D: ", "R: "),
        ("Domanda: ", "Risposta: "),
        ("Q1. ", "A1. "),
        ("साक्षात्कारकर्ता: ", "उम्मीदवार: "),
        ("Haastattelija: ", "Haastateltava: "),
        ("Συνεντευκτής: ", "Υποψήφιος: "),
        ("Kérdező: ", "Válaszadó: "),
        *((f"Interviewer{sign}", f"Candidate{sign}") for sign in (" | ", "> ", " = ", "; ", ". ")),
        ("[INES] ", "[OTTO] "),
        ("[INES BERG] ", "[OTTO LIND] "),
    ],
)
def test_the_candidate_is_told_by_the_label(asks: str, answers: str) -> None:
    assert own(lines(asks, answers)).text == OWN
    assert own(cues(asks, answers)).text == OWN


@pytest.mark.parametrize("asks", ["Q1: ", "Q: ", "Question: ", "Frage: "])
def test_questions_without_labels_for_answers_are_several_speakers(asks: str) -> None:
    said = own(lines(asks, ""))
    assert said.text == ALL
    assert Code.SEVERAL_SPEAKERS in said.remarks


@pytest.mark.parametrize(("asks", "answers"), [("1: ", "2: "), ("Ines: ", "Jan: ")])
def test_labels_that_name_no_part_are_several_speakers(asks: str, answers: str) -> None:
    said = own(lines(asks, answers))
    assert said.text == ALL
    assert Code.SEVERAL_SPEAKERS in said.remarks


@pytest.mark.parametrize(
    "text",
    [
        "Q1: nets were cheap. Q2: rope was dear. Then came Q3: a calm one.",
        "1: I soak it.\n2: I wait.\n3: I mend.",
        "A. I soak it.\nB. I wait.\nC. I mend.",
        "Candidate. That is what I am here.\nI soak it. I wait.\nI mend.",
        "I soak | I wait | I mend.\nRope > twine > thread.",
        "Rope = strong.\nTwine = thin.\nThread = thinner.",
        "Rope > twine for boats.\nRope > thread as well.\nRope > all.",
        "Mending – that is mine.\nSoaking – that helps.\nCandidate – I was one.",
    ],
)
def test_a_monologue_keeps_its_signs(text: str) -> None:
    said = own(text)
    assert said.text.split() == text.split()
    assert {s.speaker for s in said.segments} == {None}


def test_capitals_in_brackets_are_sounds_unless_they_come_as_names_do() -> None:
    text = cues("", "").replace(SAID[0], f"[SNEEZES] {SAID[0]}")
    assert own(text).text == ALL


def test_an_unstamped_label_below_a_stamped_one_is_a_label() -> None:
    text = (
        f"**Ines Berg:** [00:00:00] {ASKED[0]}\n\n**Otto Lind:** [00:00:01] {SAID[0]}\n\n"
        f"**Ines Berg:** {ASKED[1]}\n\n**Otto Lind:** {SAID[1]}\n"
    )
    assert own(text).text == OWN


def test_names_of_cues_that_are_of_people_are_speakers() -> None:
    named = "WEBVTT\n\n" + "\n".join(
        f"{'Ines Berg' if who == 'I' else 'Otto Lind'}\n00:0{a}.000 --> 00:0{b}.000\n{text}\n"
        for who, text, a, b in TURNS
    )
    assert own(named).text == OWN


@pytest.mark.parametrize(
    "header",
    [
        "Number,Start time in milliseconds,End time in milliseconds,Text",
        "#,Start (ms),End (ms),Text",
        "no,start_ms,end_ms,text",
    ],
)
def test_columns_may_state_their_unit(header: str) -> None:
    said = own(f'{header}\n1,500,2000,"{SAID[0]}"\n2,2200,5800,"{SAID[1]}"\n')
    assert said.text == OWN
    assert [(s.start_s, s.end_s) for s in said.segments] == [(0.5, 2.0), (2.2, 5.8)]


def test_a_column_named_after_a_tier_holds_the_words() -> None:
    head = "Begin Time - ss.msec\tEnd Time - ss.msec\tOtto"
    said = own(f"{head}\n0.500\t2.000\t{SAID[0]}\n2.200\t5.800\t{SAID[1]}\n")
    assert said.text == OWN
    assert said.segments[1].start_s == 2.2


def test_json_on_one_line_is_no_table() -> None:
    words = [
        {"text": w, "start": i * 0.5, "end": i * 0.5 + 0.4, "type": "word", "speaker_id": "s0"}
        for i, w in enumerate(OWN.split())
    ]
    said = own(json.dumps({"language_code": "eng", "text": OWN, "words": words}))
    assert said.text == OWN
    assert said.segments[2].start_s == 1.0


def test_dates_in_brackets_are_no_json() -> None:
    text = f"[04.11.26, 10:15:00] Ines: {ASKED[0]}\n[04.11.26, 10:15:03] Otto Lind: {SAID[0]}\n"
    assert own(text).text == SAID[0]


def test_notes_inside_webvtt_inside_json_are_no_speech() -> None:
    inner = (
        f"WEBVTT\n\nNOTE by hand\n\n00:01.000 --> 00:02.000\n{SAID[0]}\n\n"
        f"NOTE checked twice\n\n00:03.000 --> 00:05.000\n{SAID[1]}\n"
    )
    said = own(json.dumps({"id": 7, "transcript": inner}))
    assert said.text == OWN
    assert [s.start_s for s in said.segments] == [1.0, 3.0]


def test_offsets_in_samples() -> None:
    turns = [
        {"start_offset": a * 16_000, "end_offset": b * 16_000, "transcript": text, "speaker_id": w}
        for w, text, a, b in TURNS
    ]
    people = [{"id": "I", "speaker_name": "Ines Berg"}, {"id": "C", "speaker_name": "Otto Lind"}]
    said = own(json.dumps({"speech": {"transcripts": turns, "speakers": people}}))
    assert said.text == OWN
    assert [(s.start_s, s.end_s) for s in said.segments] == [(1.0, 3.0), (4.0, 6.0)]


@pytest.mark.parametrize("by_name", [True, False])
def test_tiers_in_json(by_name: bool) -> None:
    words = [[0.0, 0.5, ""], [0.5, 1.0, "soak"], [1.0, 1.5, "rope"]]
    phones = [[0.5, 0.7, "S"], [0.7, 0.9, "OW1"], [0.9, 1.0, "K"]]
    tiers = {"otto - words": words, "otto - phones": phones}
    rows = {name: {"type": "interval", "entries": rows} for name, rows in tiers.items()}
    listed = [{"class": "IntervalTier", "name": n, "entries": r} for n, r in tiers.items()]
    said = own(json.dumps({"start": 0, "end": 6, "tiers": rows if by_name else listed}))
    assert [(s.text, s.start_s, s.speaker) for s in said.segments] == [
        ("soak", 0.5, "otto"),
        ("rope", 1.0, "otto"),
    ]


def test_posts_are_no_transcript_and_turns_with_times_are() -> None:
    posts = [{"text": "nice boat there", "user": "jan"}, {"text": "thanks", "user": "ines"}]
    with pytest.raises(NoTranscriptError, match="expected words in a form that transcripts have"):
        parse_transcript(json.dumps(posts))
    timed = [{**post, "start": i, "end": i + 0.8} for i, post in enumerate(posts)]
    assert own(json.dumps(timed), person="jan").text == "nice boat there"


SRT = '1\n00:00:01,000 --> 00:00:02,000\nI soak it.\n\n2\n00:00:03,000 --> 00:00:04,000\nI "w" it.'
WRITTEN_OUT = SRT.replace("\n", "\\n")
A_CELL = '"' + SRT.replace('"', '""') + '"'


@pytest.mark.parametrize("wrapped", [WRITTEN_OUT, A_CELL])
def test_cells_and_strings_around_subtitles(wrapped: str) -> None:
    said = own(wrapped)
    assert said.text == 'I soak it. I "w" it.'
    assert [s.start_s for s in said.segments] == [1.0, 3.0]


def test_quotes_around_speech_stay() -> None:
    assert own('"I soak it."').text == '"I soak it."'


def test_a_script_around_json(tmp_path: Path) -> None:
    text = f"const said = {json.dumps([{'start': 1.0, 'end': 2.0, 'text': SAID[0]}])};"
    path = tmp_path / "answer.json"
    path.write_text(text)
    assert parse_transcript(text).text == read_transcript(path).text == SAID[0]


def test_paragraphs_of_a_page_are_parted() -> None:
    assert own(f"<div><p>{SAID[0]}</p><p>{SAID[1]}</p></div>").text == OWN


def test_rows_of_words_and_turns() -> None:
    ctm = own(";; made by hand\nq1 1 0.50 0.25 soak 0.99\nq1 1 1.00 0.50 rope 0.98\n")
    assert [(s.text, s.start_s, s.end_s) for s in ctm.segments] == [
        ("soak", 0.5, 0.75),
        ("rope", 1.0, 1.5),
    ]
    stm = own(f"q1 1 ines 0 1 <o,f0> {ASKED[0]}\nq1 1 otto 1.5 3.0 <o,f0> {SAID[0]}\n")
    assert [(s.text, s.start_s, s.speaker) for s in stm.segments] == [(SAID[0], 1.5, "otto")]


def test_rows_of_who_speaks_when_are_refused() -> None:
    with pytest.raises(TranscriptError, match="got who speaks when"):
        parse_transcript("SPEAKER q1 1 0.50 1.25 <NA> <NA> s0 <NA> <NA>\n")


def test_names_on_the_first_line_of_cues_are_speakers() -> None:
    rows = [
        f"0:0:{a}.0 --> 0:0:{b}.0\n{'Ines Berg' if who == 'I' else 'Otto Lind'}\n{text}"
        for who, text, a, b in TURNS
    ]
    said = own("\n".join(rows))
    assert said.text == OWN
    assert [(s.start_s, s.end_s) for s in said.segments] == [(1.0, 3.0), (4.0, 6.0)]


@pytest.mark.parametrize(
    ("asks", "answers"),
    [
        ("Interviewer: ", "You: "),
        ("AI: ", "User: "),
        ("Agent: ", "User: "),
        ("Assistant: ", "You: "),
        ("Ines Berg | Acme: ", "Otto Lind: "),
        ("SPEAKER: Interviewer\n", "SPEAKER: Otto\n"),
        ("***Interviewer:*** ", "***Candidate:*** "),
    ],
)
def test_labels_of_programs(asks: str, answers: str) -> None:
    assert own(lines(asks, answers)).text == OWN


def test_tags_of_voices_that_were_escaped() -> None:
    talk = cues("&lt;v Ines Berg&gt;", "&lt;v Otto Lind&gt;").replace("?\n", "?&lt;/v&gt;\n")
    assert own(talk).text == OWN


def test_speakers_that_are_numbered_on_lines_of_their_own() -> None:
    said = own(lines("SPEAKER: S1\n", "SPEAKER: S2\n"))
    assert said.text == ALL
    assert {s.speaker for s in said.segments} == {"S1", "S2"}
