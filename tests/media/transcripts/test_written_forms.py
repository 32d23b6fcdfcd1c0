"""Markdown, fragments of pages, tables without heads and times in all notations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.media.transcripts.nets import OWN, SAID, TURNS, cues, lines, own, starts
from trifold.media.transcripts.reading import NoTranscriptError, parse_transcript, read_transcript
from trifold.media.transcripts.tabular import records
from trifold.media.transcripts.text.markdown import unmarked

NAMES = {"I": "Ines Berg", "C": "Otto Lind"}


def each(form: str) -> str:
    """Every turn in a form with the fields name, text, start and end."""
    rows = (form.format(name=NAMES[who], text=text, a=a, b=b) for who, text, a, b in TURNS)
    return "\n".join(rows)


@pytest.mark.parametrize(
    "form",
    [
        "[0:0{a}](https://x.example/v?t={a}) **{name}**: {text}",
        "**{name}** [[0:0{a}](https://x.example/v?t={a})]\n{text}\n",
        "**{name}** `0:0{a}`\n\n{text}\n",
        "### {name} (0:0{a})\n\n{text}\n",
        "#### [0:0{a}] {name}\n\n{text}\n",
        "| 0:0{a} | {name} | {text} |",
        "<p><strong>{name}</strong> <em>0:0{a}</em><br>{text}</p>",
        '<p><span class="timestamp" data-timestamp="{a}">0:0{a}</span><b>{name}:</b> {text}</p>',
        "00.00.0{a} {name}: {text}",
        "[00.00.0{a}] {name}: {text}",
        "00'0{a}'' {name}: {text}",
        "0\u20320{a}\u2033 {name}: {text}",
        "0h00m0{a}s {name}: {text}",
        "[0 min {a} sec] {name}: {text}",
        "[0 minutes, {a} seconds] {name}: {text}",
        "(0.0{a}) {name}: {text}",
        "{name} at 0:0{a}: {text}",
        '0:0{a},{name},"{text}"',
    ],
)
def test_a_start_in_any_form(form: str) -> None:
    said = own(each(form))
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


@pytest.mark.parametrize(
    "form",
    [
        '{a}.0,{b}.0,{name},"{text}"',
        "00:00:0{a}.000;00:00:0{b}.000;{name};{text}",
        "{name}\t\t00:00:0{a}.000\t{a}.0\t00:00:0{b}.000\t{b}.0\t00:00:01.000\t1.0\t{text}",
        "00:00:0{a}:00 , 00:00:0{b}:00 , {name}: {text}",
    ],
)
def test_rows_without_a_head(form: str) -> None:
    said = own(each(form))
    assert said.text == OWN
    assert [(s.start_s, s.end_s) for s in said.segments] == [(1.0, 3.0), (4.0, 6.0)]


@pytest.mark.parametrize(
    ("head", "form"),
    [
        ("sep=;\nStart;End;Speaker;Text", "{a},0;{b},0;{name};{text}"),
        ("Interview of May\n\nTime,Speaker,Text", '0:0{a},{name},"{text}"'),
        ("| Time | Speaker | Text |\n|:--|---|--:|", "| 0:0{a} | {name} | {text} |"),
        ("ID,Timespan,Content,Speaker", '{a},"0:0{a}.0 - 0:0{b}.0","{text}",{name}'),
        ("tmin\ttier\ttext\ttmax", "{a}.0\t{name}\t{text}\t{b}.0"),
    ],
)
def test_heads_of_tables(head: str, form: str) -> None:
    said = own(f"{head}\n{each(form)}")
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


def test_times_as_parts_of_a_day() -> None:
    rows = "".join(f'{a / 86400:.9f},{b / 86400:.9f},"{text}"\n' for _, text, a, b in TURNS[1::2])
    said = own(f"Start,End,Text\n0.000000000,0.000000001,Oh.\n{rows}")
    assert said.text == f"Oh. {OWN}"
    assert starts(said)[1:] == [1.0, 4.0]


def test_a_table_of_measurements_is_no_transcript(tmp_path: Path) -> None:
    path = tmp_path / "q1.csv"
    path.write_text(
        "frame, timestamp, gaze_x\n" + "".join(f"{i}, {i / 25}, 0.1\n" for i in range(9))
    )
    with pytest.raises(NoTranscriptError, match="expected a table with a column of text, got 'fra"):
        read_transcript(path)
    path.write_text(OWN)
    assert read_transcript(path).text == OWN


@pytest.mark.parametrize("fence", ["```", "```vtt", "~~~"])
def test_fences_are_no_words(fence: str) -> None:
    talk = cues("Ines Berg: ", "Otto Lind: ")
    said = own(f"Here it is:\n\n{fence}\n{talk}{fence[:3]}\n\nAsk me for more.")
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


def test_a_fence_around_json(tmp_path: Path) -> None:
    rows = [{"time": f"0:0{a}", "speaker": NAMES[w], "text": text} for w, text, a, _ in TURNS]
    path = tmp_path / "q1.json"
    path.write_text(f"```json\n{json.dumps(rows, indent=1)}\n```\n")
    assert read_transcript(path) == parse_transcript(f"Sure:\n\n{path.read_text()}\nDone.")
    assert own(path.read_text()).text == OWN


def test_what_chats_add_behind_a_rule_is_no_speech() -> None:
    talk = lines("**Interviewer:** ", "**Candidate:** ").replace("\n", "\n\n")
    assert own(f"Sure!\n\n---\n\n{talk}\n\n---\n\nLet me know if I can help!").text == OWN


def test_front_matter_and_notes_of_services_are_no_speech() -> None:
    talk = lines("**Ines Berg:** ", "**Otto Lind:** ")
    head = "---\ntitle: Nets\ntags: [a, b]\n---\n\n# Nets \\- Transcript\n\n### 00:00:00\n\n"
    tail = "\n\n### Transcription ended after 00:06:12\n\n*This editable transcript was generated.*"
    assert own(head + talk + tail).text == OWN


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ("Transcript\n\n\nSearch in video\n", "\n\nEnglish (auto-generated)\n"),
        ("Transcript\n", "\nSync to video time\nAll\nFrom your search\n"),
        ("******** START SCRIPT ********\n", "\n******** END SCRIPT ********\n"),
        ("@ This file written with a plugin\n\n<begin subtitles>\n", "\n<end subtitles>\n"),
    ],
)
def test_buttons_and_frames_around_a_copied_text_are_no_speech(head: str, tail: str) -> None:
    said = own(f"{head}0:01\n{SAID[0]}\n0:04\n{SAID[1]}{tail}")
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


@pytest.mark.parametrize(
    "text",
    [
        "Version 1.10.22 was first.\nVersion 1.11.30 came next.\nThen 1.12.40.",
        "6'02 was his height.\n5'11 was mine.\n5'05 was hers.",
        "First, soak, then wait.\nThen, bend, then rest.\nLast, sleep, then eat.",
        "1, 2, 3 is how I count.\n4, 5, 6 comes next.\n7, 8, 9 is last.",
        "#1 is patience.\n#2 is rope.\n#3 is rest.",
        "I soak | I wait.\nRope | twine.\nNets | more.",
        "A-1 is a road.\nA-2 is a road.\nA-3 is one too.",
        "time, speaker, text\nwere my columns.\nI liked them.",
        "All\nI wait for all.\nAll of it.",
        "I typed `ls` and (0.5) of it.",
        "https://nets.example was my page. I built it.",
        "I wrote Segment(x=1) and print('a') once.",
        "Agent: that was my title.\nUser: that was his.\nI liked both.",
    ],
)
def test_speech_that_looks_like_it_stays(text: str) -> None:
    assert own(text).text.split() == text.split()


def test_text_that_is_no_markdown_stays_as_it_is() -> None:
    text = "{\\an8}I soak [the rope] (twice).\n# of ropes: 3\n|x|"
    assert unmarked(text) == text


def test_captions_that_grow_in_a_text_count_once() -> None:
    grown = [" ".join(OWN.split()[: n + 1]) for n in range(len(OWN.split()))]
    said = own("\n".join(f"[00:00:0{n // 2}] {text}" for n, text in enumerate(grown)))
    assert said.text == OWN
    repeated = "[00:01] No.\n[00:02] No.\n[00:03] No, I wait.\n[00:04] I said no.\n[00:05] I rest."
    assert own(repeated).text == "No. No. No, I wait. I said no. I rest."


@pytest.mark.parametrize(
    "form",
    [
        "Speaker: {name}\nTime: 0:0{a}\nText: {text}\n",
        "Start: {a}.0\nEnd: {b}.0\nSpeaker: {name}\nText: {text}\n",
        "**Time:** 0:0{a} - 0:0{b}\n**Name:** {name}\n**Transcript:** {text}\n",
        '  - start: {a}.0\n    end: {b}.0\n    speaker: {name}\n    text: "{text}"',
    ],
)
def test_records_of_lines(form: str) -> None:
    said = own(each(form))
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


def test_speech_with_such_words_is_no_record() -> None:
    text = "Time: I had none.\nText: I wrote some.\nTime: I had more.\nText: I wrote more."
    assert not records.recognises(text)
    assert records.recognises(text.replace("Time: I", "Time: 0:03 I"))


@pytest.mark.parametrize(
    "form",
    [
        "MV\n{name}\n0:0{a}\n{text}",
        "{name}\n{name} 0 minutes {a} seconds\n0:0{a}\n{name} 0 minutes {a} seconds\n{text}",
        "{name} 0:0{a}\n{text}\nPage 2 of 3",
    ],
)
def test_what_pages_show_beside_words(form: str) -> None:
    rows = each(form).replace("MV\nInes", "IB\nInes").replace("MV\nOtto", "OL\nOtto")
    said = own(f"{rows}\nDuration: 6 minutes\nTranscript by Rev.example\n")
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


def test_numbered_labels_before_bare_times() -> None:
    said = own("\n".join(f"{'S1' if w == 'I' else 'S2'} 00:0{a} {t}" for w, t, a, _ in TURNS))
    assert [(s.speaker, s.start_s) for s in said.segments] == [
        ("S1", 0.0), ("S2", 1.0), ("S1", 3.0), ("S2", 4.0)
    ]  # fmt: skip
