"""Transcripts in every form that people have them in."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.contracts import Segment
from src.errors import TranscriptError
from src.media.transcript import parse_transcript, read_transcript, transcripts_in

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
    assert transcript.segments == WANTED
    assert transcript.source == path.suffix[1:]
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
        ("a.vtt", b"\x00\x01\x02" * 30, "expected a text file, got binary content"),
        ("a.srt", b"Just words.", "expected srt cues with 'start --> end' lines, got none"),
        ("a.vtt", b"WEBVTT\n\n00:0x --> 00:02\nHi", "expected times such as .* in line 3"),
        ("a.srt", b"1\n00:00:05,0 --> 00:00:02,0\nHi", "expected an end after the start, got 5 s"),
        ("a.json", b"{not json", "expected valid JSON"),
        ("a.json", b"17", "expected a list of segments, or an object .* got int"),
        ("a.json", b'[{"start": 1}]', "expected segments with 'text' or 'word'"),
        ("a.json", b'[{"text": "x", "start": "1", "end": 2}]', "expected seconds in 'start'"),
        ("a.doc", b"x", "expected one of .vtt, .srt, .json, .txt, got '.doc'"),
    ],
)
def test_rubbish_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TranscriptError, match=message) as caught:
        read_transcript(path)
    assert caught.value.where == str(path)


def test_which_file_belongs_to_which_media(tmp_path: Path) -> None:
    for name in ("a.txt", "a.srt", "b.mp4.vtt", "c.en.vtt", "c.json", "a.10.vtt"):
        (tmp_path / name).touch()
    found = {stem: path.name for stem, path in transcripts_in(tmp_path).items()}
    assert (found["a"], found["b"], found["c"]) == ("a.srt", "b.mp4.vtt", "c.en.vtt")


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
