"""Labels among words that each have a time."""

from __future__ import annotations

import json

import pytest

from trifold.contracts import Segment
from trifold.media.transcripts.reading import parse_transcript
from trifold.media.transcripts.speakers.candidate import of_candidate
from trifold.media.transcripts.speakers.word_labels import labelled_words


def words(text: str, speaker: str | None = None) -> list[Segment]:
    return [Segment(w, i * 0.5, i * 0.5 + 0.4, speaker) for i, w in enumerate(text.split())]


@pytest.mark.parametrize("name", ["Otto", "Otto Lind", "Candidate", "Mr. Lind", "[OTTO]:"])
def test_words_of_labels_go_and_the_others_keep_their_times(name: str) -> None:
    label = name if name.endswith(":") else f"{name}:"
    text = f"Interviewer: Why nets? {label} I mend them. Interviewer: And then? {label} I rest."
    given = words(text)
    found = labelled_words(given)
    assert [w.text for w in found if w.speaker == "Interviewer"] == ["Why", "nets?", "And", "then?"]
    answers = [w for w in found if w.speaker != "Interviewer"]
    assert [w.text for w in answers] == ["I", "mend", "them.", "I", "rest."]
    times = {word.start_s: word.text for word in given}
    assert all(times[word.start_s] == word.text for word in found)


def test_the_only_label_in_every_sentence_is_no_word() -> None:
    said = labelled_words(words("Otto Lind: I soak it. Otto Lind: I wait. Otto Lind: I mend."))
    assert " ".join(w.text for w in said) == "I soak it. I wait. I mend."
    assert {w.speaker for w in said} == {"Otto Lind"}


@pytest.mark.parametrize(
    "text", ["My rule: soak it first. Then wait. Result: calm.", "At 10:30 it rains. Ratio 3:1."]
)
def test_speech_with_colons_stays(text: str) -> None:
    assert labelled_words(words(text)) == tuple(words(text))


def test_speakers_that_are_stated_stay() -> None:
    given = words("Otto: I soak it. Otto: I wait.", "s1")
    assert labelled_words(given) == tuple(given)


def test_a_file_of_words() -> None:
    text = "Interviewer: Why nets? Otto: I mend them. Interviewer: And then? Otto: I rest."
    rows = [{"word": w.text, "start": w.start_s, "end": w.end_s} for w in words(text)]
    said = of_candidate(parse_transcript(json.dumps({"words": rows})))
    assert said.text == "I mend them. I rest."
    assert said.words_timed
    assert said.segments[0].start_s == 2.0
