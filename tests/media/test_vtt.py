"""WebVTT written is WebVTT read: same words, same starts, and a note on where they come from."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.contracts import AudioChunk, Segment, Transcript
from trifold.errors import TranscriptError
from trifold.media.sound.activity import pack_speech
from trifold.media.sound.stream import cut_spans
from trifold.media.transcripts.reading import read_transcript
from trifold.media.transcripts.vtt import format_vtt, read_note

WORD = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8).filter(
    lambda w: "<" not in w and "&" not in w and w.strip() == w and normalize("NFC", w) == w
)
GAP = st.sampled_from([0.0, 0.1, 0.25, 2.0])


@st.composite
def spoken(draw) -> Transcript:
    """Words on a clock of milliseconds, with and without pauses."""
    words, clock = [], 0.0
    for text in draw(st.lists(WORD, min_size=1, max_size=40)):
        start = round(clock + draw(GAP), 3)
        clock = round(start + draw(st.sampled_from([0.05, 0.3, 1.0])), 3)
        words.append(Segment(text, start, clock))
    return Transcript(tuple(words), "asr", words_timed=True)


@given(spoken())
@settings(max_examples=40, deadline=None)
def test_words_come_back_with_their_starts(tmp_path_factory, said: Transcript) -> None:
    path = tmp_path_factory.mktemp("vtt") / "a.vtt"
    path.write_text(format_vtt(said, {"a": 1}), encoding="utf-8")
    found = read_transcript(path)
    assert [s.text for s in found.segments] == [s.text for s in said.segments]
    starts, expected = ([s.start_s for s in t.segments] for t in (found, said))
    np.testing.assert_allclose(starts, expected, atol=1e-3)
    for back, word in zip(found.segments, said.segments, strict=True):
        assert back.end_s >= word.end_s - 1e-3  # a short gap goes to the word before
        assert back.end_s - word.end_s <= 0.3 + 1e-3


def test_markup_in_words_is_escaped(tmp_path: Path) -> None:
    said = Transcript(
        (Segment("a<b", 0, 1), Segment("R&D", 1, 2), Segment("-->", 2, 3)), "asr", True
    )
    path = tmp_path / "a.vtt"
    path.write_text(format_vtt(said, {}), encoding="utf-8")
    assert [s.text for s in read_transcript(path).segments] == ["a<b", "R&D", "-->"]


def test_a_pause_ends_a_cue() -> None:
    said = Transcript(
        (Segment("I", 0, 1), Segment("plan", 1, 2), Segment("Later", 9, 10)), "asr", True
    )
    text = format_vtt(said, {})
    assert text.count("-->") == 2
    assert "00:00:00.000 --> 00:00:02.000\nI <00:00:01.000>plan\n" in text


def test_segments_without_word_times_are_cues(tmp_path: Path) -> None:
    said = Transcript((Segment("I plan every step.", 0, 3599.9995),), "asr")
    path = tmp_path / "a.vtt"
    path.write_text(format_vtt(said, {}), encoding="utf-8")
    found = read_transcript(path)
    assert found.segments == (Segment("I plan every step.", 0.0, 3600.0),)
    assert not found.words_timed
    with pytest.raises(TranscriptError, match="expected segments with times, got none for 'I pl"):
        format_vtt(Transcript((Segment("I plan"),), "txt"), {})


def test_the_note_is_kept_and_cannot_break_the_file(tmp_path: Path) -> None:
    note = {"model": "a --> b", "counts": {"utterances": 2}, "none": None}
    path = tmp_path / "a.vtt"
    path.write_text(format_vtt(Transcript((), "asr"), note), encoding="utf-8")
    assert read_note(path) == note
    assert read_transcript(path).segments == ()
    path.write_text("WEBVTT\n")
    assert read_note(path) == {}


SPEECH = st.lists(
    st.tuples(st.floats(0.3, 3), st.floats(0.1, 70)), min_size=0, max_size=8
)  # silence, then speech


@given(SPEECH)
def test_spans_cover_all_speech_and_keep_to_the_limit(parts) -> None:
    segments, clock = [], 0.0
    for silence, speech in parts:
        segments.append((clock + silence, clock + silence + speech))
        clock += silence + speech
    spans = pack_speech(segments, longest_s=30.0)
    assert all(end - start <= 30 + 1e-6 for start, end in spans)
    assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(spans))
    for start, end in segments:
        covered = sum(max(0, min(end, b) - max(start, a)) for a, b in spans)
        assert covered == pytest.approx(end - start)


def test_short_pauses_are_bridged_and_long_ones_not() -> None:
    segments = [(0.5, 4.0), (4.5, 8.0), (12.0, 13.0)]
    for given_segments, longest_s, expected in [
        (segments, 30, [(0.3, 8.2), (11.8, 13.2)]),
        ([(0.1, 1.0)], 30, [(0.0, 1.2)]),
        ([(0.0, 4.0), (4.1, 9.0)], 6, [(0.0, 4.05), (4.05, 9.2)]),
    ]:
        np.testing.assert_allclose(pack_speech(given_segments, longest_s=longest_s), expected)
    assert pack_speech([], longest_s=30) == []


@pytest.mark.parametrize("size", [100, 160, 1000, 7])
def test_spans_are_cut_out_of_a_stream_however_it_comes(size: int) -> None:
    samples = np.arange(1000, dtype=np.float32)
    chunks = [AudioChunk(samples[i : i + size], i / 100, 100) for i in range(0, 1000, size)]
    spans = [(0.0, 0.5), (0.5, 2.5), (7.0, 7.01), (9.0, 20.0), (30.0, 31.0)]
    found = list(cut_spans(chunks, spans))
    assert [part.start_s for part in found] == [0.0, 0.5, 7.0, 9.0]
    expected = [samples[0:50], samples[50:250], samples[700:701], samples[900:]]
    for part, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part.samples, wanted)
    assert list(cut_spans([], spans)) == []
    assert list(cut_spans(chunks, [])) == []
