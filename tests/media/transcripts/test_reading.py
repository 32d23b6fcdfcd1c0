"""Transcripts in every form that people have them in."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.codes import Code
from trifold.contracts import Segment
from trifold.errors import TranscriptError
from trifold.media.transcripts.reading import (
    NoTranscriptError,
    parse_transcript,
    read_transcript,
)

WANTED = (Segment("Hello there.", 0.0, 1.5), Segment("I am well & here.", 61.5, 3661.25))
VTT = """\ufeffWEBVTT - made by hand
NOTE nobody reads this

STYLE
::cue { color: red }

1
00:00.000 --> 00:01.500 align:start
<v Anna>Hello
there.</v>

00:01:01.500 --> 01:01:01.250
I am <i>well</i> &amp; here.
"""
SRT = (
    "1\r\n00:00:00,000 --> 00:00:01,500\r\nHello there.\r\n\r\n"
    "2\r\n00:01:01,500 --> 01:01:01,250\r\n<b>I am well</b> & here.\r\n"
)
BRACKETS = "[00:00 - 00:01.5] Hello\nthere.\n[01:01.5 - 01:01:01.25] I am well & here."
WHISPER = {
    "text": "…",
    "segments": [{"text": " " + s.text, "start": s.start_s, "end": s.end_s} for s in WANTED],
}


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.vtt", VTT), ("a.srt", SRT), ("a.txt", BRACKETS), ("a.json", json.dumps(WHISPER)),
     ("a.json", json.dumps(WHISPER["segments"]))],
)  # fmt: skip
def test_all_formats_say_the_same(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    transcript = read_transcript(path)
    assert [s.text for s in transcript.segments] == [s.text for s in WANTED]
    assert [(s.start_s, s.end_s) for s in transcript.segments] == [
        (s.start_s, s.end_s) for s in WANTED
    ]
    assert not transcript.words_timed


def test_word_times_in_vtt_and_json(tmp_path: Path) -> None:
    vtt = tmp_path / "a.vtt"
    vtt.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nOne<00:01.400><c> two</c>\n")
    words = [{"word": " One", "start": 1.0, "end": 1.4}, {"word": "two", "start": 1.4, "end": 2.0}]
    whisper = tmp_path / "a.json"
    whisper.write_text(json.dumps({"segments": [{"text": "One two", "words": words}]}))
    for path in (vtt, whisper):
        transcript = read_transcript(path)
        assert transcript.segments == (Segment("One", 1.0, 1.4), Segment("two", 1.4, 2.0))
        assert transcript.words_timed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Café, naïve “quotes”.".encode(encoding))
    assert read_transcript(path).text == "Café, naïve “quotes”."


@pytest.mark.parametrize("name", ["a.vtt", "a.srt", "a.json", "a.txt"])
def test_empty_files_are_empty_transcripts(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("WEBVTT\n" if name == "a.vtt" else "")
    assert read_transcript(path).segments == ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.vtt", b"\x00\x01\x02" * 30, "expected text, got binary content"),
        ("a.txt", b"{\\rtf1\\ansi Hello}", "expected text, got an RTF document: save it as text"),
        ("a.json", b"{not json", "expected JSON, got '{not json'"),
        ("a.json", b'{"text": "Hello', "expected valid JSON, got Unterminated string"),
        ("a.json", b'{"title": "x.mp4"}', "expected words in a form .* an object of title"),
        ("a.json", b'[{"start": 1}]', "expected words in a form .* a list of 1"),
    ],
)
def test_rubbish_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TranscriptError, match=message) as caught:
        read_transcript(path)
    assert caught.value.where == str(path)
    assert caught.value.code == "TRANSCRIPT_ERROR"


def test_data_of_another_kind_is_told_from_a_damaged_transcript(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"photoTakenTime": {"timestamp": "1"}, "description": "Me"}')
    with pytest.raises(NoTranscriptError):
        read_transcript(path)
    path.write_text('{"segments": [{"text": "cut o')
    with pytest.raises(TranscriptError) as caught:
        read_transcript(path)
    assert not isinstance(caught.value, NoTranscriptError)


@pytest.mark.parametrize(
    ("content", "words", "damaged"),
    [
        ("WEBVTT\n\n00:0x --> 00:02\nHi", "Hi", 1),
        ("1\n00:00:05,0 --> 00:00:02,0\nHi", "Hi", 1),
        ("Just words.", "Just words.", 0),
        ('[{"text": "x", "start": "1", "end": 2}]', "x", 0),
    ],
)
def test_one_bad_cue_costs_its_times_and_no_word(
    tmp_path: Path, content: str, words: str, damaged: int
) -> None:
    path = tmp_path / "a.srt"  # what it is, its content says
    path.write_text(content)
    found = read_transcript(path)
    assert found.text == words
    assert found.remarks == (
        {Code.DAMAGED_TIMES: f"{damaged} times could not be read"} if damaged else {}
    )


def test_plain_text_has_no_times() -> None:
    assert parse_transcript("One.\nTwo.").segments == (Segment("One."), Segment("Two."))


@given(st.text(max_size=300), st.sampled_from([".vtt", ".srt", ".json", ".txt"]))
def test_any_text_is_a_transcript_or_a_clear_error(tmp_path_factory, text, suffix) -> None:
    path = tmp_path_factory.mktemp("fuzz") / f"a{suffix}"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with suppress(TranscriptError):
        assert all(segment.text.strip() for segment in read_transcript(path).segments)


@given(st.text(alphabet="[]0123456789:- .a\n", max_size=80))
def test_near_brackets_never_crash(text: str) -> None:
    with suppress(TranscriptError):
        assert all(segment.text.strip() for segment in parse_transcript(text).segments)
