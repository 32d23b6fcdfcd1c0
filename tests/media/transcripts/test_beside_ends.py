"""What a transcript's name carries beside the recording's, and whose a file is then."""

from __future__ import annotations

from pathlib import Path

import pytest

from trifold.media.transcripts.beside import TranscriptsBeside
from trifold.media.transcripts.beside_ends import Ends, ends_of

CUE = "WEBVTT\n\n00:00.000 --> 00:01.000\nI soak it.\n"
ROWS = "start,end,text\n0,1,I soak it.\n"
MEASURED = "frame,time,gaze\n" + "".join(f"{i},{i / 25},0.1\n" for i in range(9))


def taken(folder: Path, media: str, *others: str, holding: str = CUE) -> str | None:
    for name in (media, *others):
        (folder / name).write_text(holding if name != media else "")
    found = TranscriptsBeside().of(folder / media)
    return found.path.name if found.path else found.doubt


@pytest.mark.parametrize(
    "name",
    [
        *("q1_en.srt", "q1-en.srt", "q1 (English).vtt", "q1_en-US.vtt", "q1_eng.srt", "q1.a.srt"),
        *("q1.en.auto.vtt", "q1.auto.en.vtt", "q1.transcript.en.vtt", "q1.en.transcript.vtt"),
        *("q1_transcript_en.vtt", "q1.en.sdh.srt", "q1.orig.vtt", "q1_otter_ai.txt"),
        *("q1 - Transcript.docx", "q1 – Transcript.docx", "q1_Transkription.txt", "q1_text.txt"),
        *("q1.whisperx.json", "q1_diarized.txt", "q1.vtt.txt", "q1.mp4.transcript.txt"),
        *("Transcript of q1.txt", "transcript_q1.txt", "q1_untertitel.srt", "q1.final.docx"),
    ],
)
def test_ends_come_in_any_order(tmp_path: Path, name: str) -> None:
    wanted = None if name == "q1.a.srt" else name
    holding = '[{"start": 0, "end": 1, "text": "I soak it."}]' if ".json" in name else CUE
    assert taken(tmp_path, "q1.mp4", name, holding=holding) == wanted


@pytest.mark.parametrize(
    ("media", "name"),
    [
        ("Talk-20261104_1015-Meeting Recording.mp4", "Talk-20261104_1015-Meeting Transcript.vtt"),
        ("Talk – 2026_11_04 – Recording.mp4", "Talk – 2026_11_04 – Transcript.docx"),
        ("GMT2026_Recording_1920x1080.mp4", "GMT2026_Recording.vtt"),
        ("Talk [dQw4w9WgXcQ].mp4", "Talk [dQw4w9WgXcQ].en.vtt"),
    ],
)
def test_recordings_of_calls(tmp_path: Path, media: str, name: str) -> None:
    assert taken(tmp_path, media, name) == name


@pytest.mark.parametrize(
    "suffix",
    [
        *("csv", "lrc", "md", "ctm", "stm", "sub", "itt"),
        *("jsonl", "sami", "cha", "trs", "exb", "otr"),
    ],
)
def test_every_format_that_is_read_lies_beside(tmp_path: Path, suffix: str) -> None:
    text = '{"start": 0, "end": 1, "text": "I soak it."}\n' if suffix == "jsonl" else ROWS
    assert taken(tmp_path, "q1.mp4", f"q1.{suffix}", holding=text) == f"q1.{suffix}"


def test_measurements_beside_a_recording_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "q1.csv").write_text(MEASURED)
    assert taken(tmp_path, "q1.mp4") is None
    assert taken(tmp_path, "q1.mp4", "q1_transcript.vtt") == "q1_transcript.vtt"


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        ("md", "# Ann\n\n- strong answer, would hire\n- a bit nervous\n"),
        ("csv", "question,comment\n1,good\n"),
        ("csv", "rater,comment,score\nR1,very good answer,5\nR2,too short,3\n"),
        ("jsonl", '{"rater": "a", "text": "hire her"}\n{"rater": "b", "text": "too short"}\n'),
    ],
)
def test_somebodys_notes_are_no_speech(tmp_path: Path, suffix: str, text: str) -> None:
    assert taken(tmp_path, "q1.mp4", f"q1.{suffix}", holding=text) is None
    (tmp_path / f"q1.{suffix}").unlink()
    assert taken(tmp_path, "q1.mp4", f"q1_text.{suffix}", holding=text) is None


def test_plain_words_in_markdown_are_taken_where_the_name_says_so(tmp_path: Path) -> None:
    name = "q1_transcript.md"
    assert taken(tmp_path, "q1.mp4", name, holding="I soak it and I dry it.\n") == name


def test_two_languages_are_asked_for_however_they_are_written(tmp_path: Path) -> None:
    assert taken(tmp_path, "q1.mp4", "q1_en.srt", "q1 (German).srt") == "q1 (German).srt, q1_en.srt"


def test_what_is_called_as_another_recording_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "q1_de.mp4").write_text("")
    assert taken(tmp_path, "q1.mp4", "q1_de.vtt") is None
    assert TranscriptsBeside().find(tmp_path / "q1_de.mp4") == tmp_path / "q1_de.vtt"


@pytest.mark.parametrize("name", ["q1 (1).vtt", "q1_ann.vtt", "q1.en.forced.srt", "q10.vtt"])
def test_other_ends_are_others(tmp_path: Path, name: str) -> None:
    assert taken(tmp_path, "q1.mp4", name) is None


def test_ends_are_taken_off_one_by_one() -> None:
    assert list(ends_of("q1.auto.de-at")) == [
        Ends("q1.auto.de-at"), Ends("q1.auto", tag="de-at"), Ends("q1", "auto", "de-at")
    ]  # fmt: skip
