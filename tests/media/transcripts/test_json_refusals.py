"""JSON that is no transcript is refused, and no JSON of any kind breaks the reader."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.transcripts import json_captions as captions
from tests.media.transcripts import json_recognisers as recognisers
from tests.media.transcripts import json_services as services
from trifold.media.transcripts.json.files import read, recognises
from trifold.media.transcripts.parsed import ParsedTranscript

OTHERS: dict[str, Any] = {
    "package": {"name": "boats", "description": "Paints boats for all", "scripts": {"a": "b c"}},
    "ffprobe": {"streams": [{"index": 0, "codec_long_name": "H.264 / AVC", "start_time": "0.0",
                             "tags": {"handler_name": "Video Handler"}}]},
    "takeout": {"title": "a.mp4", "description": "A day at the lake", "creationTime":
                {"timestamp": "1700000000"}},
    "geojson": {"type": "FeatureCollection", "features": [{"properties": {"name": "The pier"}}]},
    "download": {"title": "A talk", "description": "We talk about boats", "tags": ["old boats"],
                 "chapters": [{"start_time": 0, "end_time": 5, "title": "How to paint"}],
                 "comments": [{"id": "1", "text": "I like it", "timestamp": 1700000000}],
                 "automatic_captions": {"en": [{"ext": "json3", "url": "https://…"}]}},
    "captions of pictures": {"annotations": [{"id": 1, "caption": "A man sits on a bench"}]},
    "emotions": {"segments": [{"start": 0.0, "end": 1.0, "label": "happy"}]},
    "who speaks when": [{"start": 0.0, "end": 1.0, "speaker": "SPEAKER_00"}],
    "speech found": [[0.0, 1.0], [2.0, 3.0]],
    "read from a picture": [{"text": "MIND THE STEP", "bbox": [1, 2, 3, 4]}],
    "a button": {"text": "Click here now", "color": "red"},
    "log": [{"timestamp": "2026-01-01T10:00:00Z", "level": "INFO", "message": "Server started"}],
    "chat": [{"time": "10:00:01", "user": "Ines", "message": "can you hear me"}],
    "clicks": {"events": [{"time": 1.0, "name": "click", "value": "the green button"}]},
    "scores": {"openness": 3.5, "warmth": 4},
    "labels": ["openness", "warmth"],
    "files": ["videos/a b.mp4", "videos/c d.mp4"],
    "numbers": [1, 2, 3],
    "question": {"question": "What do you paint?", "answer": "Boats, mostly."},
    "chapters": [{"startTime": 0, "title": "My first boat"}],
    "summary": {"summary": "Somebody talks about boats.", "topics": ["boats"]},
    "an error": {"error": {"message": "file format not supported"}},
    "several recordings": {"a.mp4": "We paint boats.", "b.mp4": "We sail them."},
    "settings": {"language": "en", "words": True, "segments": 3},
    "translations": {"greeting": "Hello my friend"},
    "web archive": {"log": {"entries": [{"time": 5, "response": {"content": {"text": "a b"}}}]}},
    "notebook": {"cells": [{"cell_type": "markdown", "source": ["# Some boats"]}]},
    "nothing": {},
}  # fmt: skip


@pytest.mark.parametrize("document", OTHERS.values(), ids=OTHERS)
def test_other_files_are_known_as_json_and_refused(document: Any) -> None:
    text = json.dumps(document)
    assert recognises(text)
    with pytest.raises(ValueError, match="expected words in a form that transcripts have, got a"):
        read(text)


def test_the_message_names_what_came() -> None:
    with pytest.raises(ValueError, match=r"got an object of title, description$"):
        read('{"title": "a", "description": "b c"}')
    with pytest.raises(ValueError, match=r"got a list of 2 of type int$"):
        read("[1, 2]")


@pytest.mark.parametrize("name", ["audio_filepath", "file_name", "video"])
def test_texts_of_several_recordings_are_refused(name: str) -> None:
    rows = [{name: "a.wav", "text": "We paint boats."}, {name: "b.wav", "text": "We sail."}]
    lines = "\n".join(map(json.dumps, rows))
    for text in (json.dumps(rows), lines):
        with pytest.raises(ValueError, match="one recording's words, got 2"):
            read(text)
    assert read(json.dumps(rows[:1])).segments[0].text == "We paint boats."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"text": "We paint', "expected valid JSON, got Unterminated string"),
        ("{'text': 'We paint", "expected JSON, got Python that ends in SyntaxError"),
        ('{"text": "a b"} and more', "expected valid JSON, got Extra data"),
        ("[" * 200_000, "nested without end"),
        ('{"segments":' * 50_000, "nested without end"),
    ],
)
def test_what_is_no_json_is_refused(text: str, message: str) -> None:
    assert recognises(text)
    with pytest.raises(ValueError, match=message):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["", "Hello there.", "[00:01] Hello.", "[MUSIC] Hello.", r"{\an8}Hello.", "{1}{25}Hello.",
     "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.", "[Ines] Hello.", '"Hello," she said.', "12"],
)  # fmt: skip
def test_other_texts_are_not_taken_for_json(text: str) -> None:
    assert not recognises(text)


def check(found: ParsedTranscript) -> None:
    for segment in found.segments:
        assert segment.text == " ".join(segment.text.split()) != ""
        assert segment.text.encode()
        assert segment.start_s is None or 0 <= segment.start_s < 1e10
        assert segment.end_s is None or (
            segment.start_s is not None and segment.start_s <= segment.end_s
        )
        assert segment.speaker is None or segment.speaker.strip()


KEYS = st.sampled_from(
    ["text", "words", "word", "segments", "results", "alternatives", "transcript", "start", "end",
     "speaker", "channel", "timestamp", "type", "channels", "items", "events", "segs", "utf8",
     "tStartMs", "speakers", "id", "name", "columns", "data", "annotations", "result", "value"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["0.5", "PT1S", "00:01", "1.5s", "a b c", " d", ", "]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_json_is_read_or_refused(document: Any) -> None:
    text = json.dumps(document)
    with suppress(ValueError):
        found = read(text)
        check(found)
        assert read(json.dumps(json.loads(text), indent=1)) == found


@settings(deadline=None)
@given(st.text(max_size=200) | st.text(alphabet='[]{}":, 0a\\', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    recognises(text)
    with suppress(ValueError):
        check(read(text))


WRITTEN = [recognisers.whisperx, services.aws, services.azure, captions.youtube_words]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(WRITTEN), st.data())
def test_any_damage_costs_what_is_damaged(document: Any, data: st.DataObject) -> None:
    whole = node = parent = document()
    key: Any = None
    for _ in range(data.draw(st.integers(1, 8))):
        if not isinstance(node, dict | list) or not node:
            break
        keys = sorted(node) if isinstance(node, dict) else [*range(len(node))]
        key = data.draw(st.sampled_from(keys))
        parent, node = node, node[key]
    parent[key] = data.draw(VALUES)
    with suppress(ValueError):
        check(read(json.dumps(whole)))
