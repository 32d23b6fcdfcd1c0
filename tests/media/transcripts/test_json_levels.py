"""What is said several times in a file is read once, as fully and as finely as it is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.media.transcripts import json_captions as captions
from tests.media.transcripts import json_recognisers as recognisers
from tests.media.transcripts import json_services as services
from tests.media.transcripts.talk import TEXT, TURNS, WORDS
from trifold.contracts import Segment
from trifold.media.transcripts.json.files import read
from trifold.media.transcripts.parsed import ParsedTranscript

SAID = "Every spring we paint the hull."
SPOKEN = [
    {"word": word, "start": 1.0 + i / 2, "end": 1.25 + i / 2} for i, word in enumerate(SAID.split())
]


def found(document: Any) -> ParsedTranscript:
    return read(json.dumps(document))


def texts(document: Any) -> list[str]:
    return [segment.text for segment in found(document).segments]


@pytest.mark.parametrize(
    "document",
    [
        {"text": SAID, "segments": []},
        {"text": SAID, "segments": [], "words": []},
        {"text": SAID, "segments": None},
        {"result": SPOKEN[:1], "text": SAID},
        {"results": {"transcripts": [{"transcript": SAID}], "items": [
            {"type": "pronunciation", "start_time": "0.0", "alternatives": [{"content": "Every"}]}
        ]}},
        {"results": [{"alternatives": [{"transcript": SAID, "confidence": 0.9}]}]},
        {"results": {"channels": [{"alternatives": [{"transcript": SAID, "words": []}]}]}},
        {"combinedRecognizedPhrases": [{"channel": 0, "display": SAID}], "recognizedPhrases": []},
    ],
)  # fmt: skip
def test_an_empty_or_nearly_empty_level_gives_way_to_the_text(document: Any) -> None:
    assert found(document).segments == (Segment(SAID),)


def test_words_that_some_segments_lack() -> None:
    segments = [
        {"start": 1.0, "end": 4.0, "text": SAID, "words": SPOKEN},
        {"start": 5.0, "end": 6.5, "text": "Then it dries.", "words": []},
    ]
    read_back = found({"segments": segments}).segments
    assert [segment.text for segment in read_back] == [*SAID.split(), "Then it dries."]
    assert (read_back[-1].start_s, read_back[-1].end_s) == (5.0, 6.5)


def test_a_word_that_only_the_text_has_stands_without_times() -> None:
    segments = found({"text": SAID, "words": SPOKEN[:2] + SPOKEN[3:]}).segments
    assert [segment.text for segment in segments] == SAID.split()
    assert [segment.start_s for segment in segments] == [1.0, 1.5, None, 2.5, 3.0, 3.5]


def test_a_segment_that_only_the_text_has_stands_without_times() -> None:
    document = {"text": f"{SAID} Then it dries.", "segments": [
        {"start": 1.0, "end": 4.0, "text": SAID}
    ]}  # fmt: skip
    assert found(document).segments == (Segment(SAID, 1.0, 4.0), Segment("Then it dries."))


def test_a_number_written_in_figures_lies_between_its_neighbours() -> None:
    words = [
        {"word": word, "start": i / 2, "end": i / 2 + 0.25}
        for i, word in enumerate(["it", "took", "twenty", "five", "days", "to", "paint"])
    ]
    segments = found({"text": "It took 25 days to paint.", "words": words}).segments
    assert [(s.text, s.start_s) for s in segments] == [
        ("It", 0.0), ("took", 0.5), ("25", None), ("days", 2.0), ("to", 2.5), ("paint.", 3.0)
    ]  # fmt: skip


def test_speakers_of_turns_are_given_to_words_that_have_none() -> None:
    document = recognisers.openai_diarized() | {
        "words": [{"word": w.bare, "start": w.start, "end": w.end} for w in WORDS]
    }
    segments = found(document).segments
    assert [(s.text, s.start_s, s.speaker) for s in segments] == [
        (w.text, w.start, w.speaker) for w in WORDS
    ]


def test_labels_in_a_text_are_no_words_where_the_speakers_are_known() -> None:
    document = services.assemblyai()
    document["text"] = "\n".join(f"Speaker {turn.speaker}: {turn.text}" for turn in TURNS)
    assert texts(document) == [word.text for word in WORDS]


def test_words_of_a_turn_that_all_name_another_are_the_turns() -> None:
    document = services.assemblyai()
    for utterance in document["utterances"]:
        for word in utterance["words"]:
            word["speaker"] = "Otto"
    speakers = [segment.speaker for segment in found(document).segments]
    assert speakers == [word.speaker for word in WORDS]


def test_words_of_a_segment_that_name_several_keep_their_own() -> None:
    words = [word | {"speaker": "A" if i < 2 else "B"} for i, word in enumerate(SPOKEN)]
    document = {"segments": [{"start": 1, "end": 4, "text": SAID, "speaker": "B", "words": words}]}
    assert [segment.speaker for segment in found(document).segments] == ["A"] * 2 + ["B"] * 4


def test_the_same_voice_on_two_channels_counts_once() -> None:
    channel = {"alternatives": [{"transcript": SAID, "words": SPOKEN}]}
    segments = found({"results": {"channels": [channel, channel]}}).segments
    assert [(s.text, s.speaker) for s in segments] == [(word, None) for word in SAID.split()]


def test_guesses_that_are_replaced_later_are_not_read() -> None:
    stream = "\n".join(
        json.dumps(row, indent=2)
        for row in ({"partial": "every sp"}, {"partial": ""}, {"result": SPOKEN, "text": SAID})
    )
    assert [segment.text for segment in read(stream).segments] == SAID.split()


def test_json_lines_are_read_as_a_list() -> None:
    lines = [json.dumps(row) for row in captions.podlove()]
    assert read("\n".join(lines) + "\n\n") == found(captions.podlove())


@pytest.mark.parametrize("document", [captions.ted, captions.kaltura])
def test_whole_numbers_of_no_unit_are_left_to_the_recordings_length(document: Any) -> None:
    read_back = found(document())
    assert not read_back.unit_known
    assert [segment.start_s for segment in read_back.segments] == [t.start * 1000 for t in TURNS]
    assert [segment.text for segment in read_back.segments] == [turn.text for turn in TURNS]


def test_dates_are_a_clock_of_the_day() -> None:
    segments = found(captions.read_ai()).segments
    assert [s.start_s for s in segments] == pytest.approx([36000 + turn.start for turn in TURNS])


@pytest.mark.parametrize(
    ("row", "span"),
    [
        ({"start": 1.5, "end": 3}, (1.5, 3.0)),
        ({"start": "1.5", "end": "3,0"}, (1.5, 3.0)),
        ({"start": "00:00:01,500", "end": "00:03"}, (1.5, 3.0)),
        ({"start": "1.500s", "end": "3s"}, (1.5, 3.0)),
        ({"start_ms": 1500, "end_ms": 3000}, (1.5, 3.0)),
        ({"startms": 1500, "endms": 3000}, (1.5, 3.0)),
        ({"startMilliseconds": 1500, "duration_ms": 1500}, (1.5, 3.0)),
        ({"offsetInTicks": 15000000, "durationInTicks": 15000000}, (1.5, 3.0)),
        ({"offset": "PT1.5S", "duration": "PT1.5S"}, (1.5, 3.0)),
        ({"start": {"seconds": "1", "nanos": 500000000}, "end": {"seconds": 3}}, (1.5, 3.0)),
        ({"startTime": {}, "endTime": {"seconds": 3}}, (0.0, 3.0)),
        ({"start_timestamp": {"relative": 1.5}, "end_timestamp": {"relative": 3}}, (1.5, 3.0)),
        ({"timestamp": [1.5, 3.0]}, (1.5, 3.0)),
        ({"timestamp": [1.5, None]}, (1.5, None)),
        ({"timestamps": {"from": 1.5, "to": 3}}, (1.5, 3.0)),
        ({"begin": 1.5, "stop": 3}, (1.5, 3.0)),
        ({"start": -0.02, "end": 3.5}, (0.0, 3.5)),
        ({"start": 1.5, "end": 1.49}, (1.5, 1.5)),
    ],
)
def test_times_in_all_their_spellings(row: dict[str, Any], span: tuple[float, float]) -> None:
    (segment,) = found([row | {"text": "We paint."}]).segments
    assert (segment.start_s, segment.end_s) == pytest.approx(span)


@pytest.mark.parametrize(
    "times",
    [
        {"start": 3.0, "end": 1.5},
        {"start": -1, "end": -1},
        {"start": "soon", "end": 2},
        {"start": True, "end": 2},
        {"start": float("nan"), "end": 2},
        {"start": 0, "end": 10**400},
        {"timestamp": ["x", 2]},
    ],
)
def test_times_that_make_no_sense_cost_themselves(times: dict[str, Any]) -> None:
    rows = [{"start": 0.5, "end": 1.25, "text": "We paint."}, times | {"text": "Then it dries."}]
    read_back = found({"segments": rows})
    assert read_back.segments == (Segment("We paint.", 0.5, 1.25), Segment("Then it dries."))
    assert read_back.damaged == 1


@pytest.mark.parametrize("rubbish", [7, None, True, {"text": {"a": 1}}, {"text": None}, [], {}])
def test_an_element_of_another_kind_costs_itself(rubbish: Any) -> None:
    document = recognisers.whisper_words()
    document["segments"].insert(1, rubbish)
    assert texts(document) == [word.text for word in WORDS]


def test_zeros_for_want_of_times_are_none() -> None:
    words = [*SPOKEN[:3], {"word": "the", "start": 0, "end": 0}, *SPOKEN[4:]]
    starts = [segment.start_s for segment in found({"words": words}).segments]
    assert starts == [1.0, 1.5, 2.0, None, 3.0, 3.5]


@pytest.mark.parametrize(
    "document",
    [
        {"text": "", "segments": [], "language": "en"},
        {"text": " [MUSIC]", "segments": [{"start": 0, "end": 5, "text": " [MUSIC]"}]},
        {"results": {"transcripts": [{"transcript": ""}], "items": []}},
        {"results": {"channels": [{"alternatives": [{"transcript": "", "words": []}]}]}},
        {"partial": ""},
        [],
    ],
)
def test_nothing_said_is_a_transcript_without_words(document: Any) -> None:
    assert found(document).segments == ()


def test_markup_and_sounds_are_no_words() -> None:
    rows = [{"start": 0.5, "end": 3.0, "text": "<i>We</i> paint &amp; dry. [LAUGHS]"}]
    assert texts({"segments": rows}) == ["We paint & dry."]
    assert texts({"text": f"{SAID} (applause)"}) == [SAID]


def test_two_dashes_are_two_speakers() -> None:
    rows = [{"start": 0.5, "end": 3.0, "text": "- Do you paint?\n- Every spring."}]
    read_back = found({"segments": rows})
    assert [segment.text for segment in read_back.segments] == ["Do you paint?", "Every spring."]
    assert read_back.turns == 1


def test_lines_of_a_text_stay_apart_for_the_names_before_them() -> None:
    lines = [f"{turn.speaker}: {turn.text}" for turn in TURNS]
    assert texts({"text": "\n".join(lines)}) == lines
    assert texts({"text": TEXT}) == [TEXT]


def test_halves_of_characters_are_gone() -> None:
    (segment,) = read(r'{"text": "We \ud800paint\u0000 it"}').segments
    assert segment.text == "We paint it"


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n\n00:01.500 --> 00:03.000\nWe paint.\n\n00:04.000 --> 00:05.000\nIt dries.",
        "1\n00:01,500 --> 00:03,000\nWe paint.\n\n2\n00:04,000 --> 00:05,000\nIt dries.",
        "[00:01.5 - 00:03] We paint.\n[00:04 - 00:05] It dries.",
    ],
)
def test_a_text_with_times_in_it_is_read_as_such(text: str) -> None:
    segments = found({"text": text, "language": "en"}).segments
    assert segments == (Segment("We paint.", 1.5, 3.0), Segment("It dries.", 4.0, 5.0))
