"""What Python prints of results, words beside lists of times, and what other services add."""

from __future__ import annotations

import json

import pytest

from tests.media.transcripts.nets import OWN, SAID, TURNS, own, starts
from trifold.errors import TranscriptError
from trifold.media.transcripts.reading import parse_transcript

CUES = [(text, a, b) for who, text, a, b in TURNS if who == "C"]
VTT = "WEBVTT\n\n" + "".join(f"00:0{a}.000 --> 00:0{b}.000\n{text}\n\n" for text, a, b in CUES)


def rows(**more: object) -> list[dict[str, object]]:
    people = {"I": "Ines Berg", "C": "Otto Lind"}
    return [{"text": t, "start": a, "end": b, "speaker": people[w], **more} for w, t, a, b in TURNS]


@pytest.mark.parametrize(
    "text",
    [
        repr({"text": f" {OWN}", "chunks": [{"timestamp": (a, b), "text": t} for t, a, b in CUES]}),
        repr({"segments": [{"start": a + 0.0, "end": b, "text": t, "x": 1} for t, a, b in CUES]}),
        "\n".join(f"Segment(id=1, start={a}, end={b}.0, text={' ' + t!r}, words=None, p=-0.2)"
                  for t, a, b in CUES),
        str([f"Segment(start=np.float64({a}.0), end={b}, text={t!r})" for t, a, b in CUES])
        .replace('"', ""),
        json.dumps({"text": OWN, "word_count": 10, "vtt": VTT}),
        json.dumps({"result": {"text": OWN, "srt": VTT.removeprefix("WEBVTT\n\n")}}),
        json.dumps([{"key": "q1", "text": OWN, "sentence_info": [
            {"text": t, "start": a * 1000, "end": b * 1000, "spk": 0} for t, a, b in CUES]}]),
    ],
)  # fmt: skip
def test_sentences_have_their_times(text: str) -> None:
    said = own(text)
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


@pytest.mark.parametrize(
    "file",
    [
        {"tokens": [" I", " so", "ak", " it."], "timestamps": [1.0, 1.5, 1.8, 2.0], "words": []},
        {"text": "I soak it.", "timestamp": [[1000, 1500], [1500, 2000], [2000, 2500]]},
    ],
)
def test_words_in_one_list_and_times_in_another(file: dict) -> None:
    said = own(json.dumps([file] if "key" in file else file))
    assert [(s.text, s.start_s) for s in said.segments] == [("I", 1.0), ("soak", 1.5), ("it.", 2.0)]


@pytest.mark.parametrize(
    "file",
    [
        {"blocks": [{"text": r["text"], "type": "paragraph", "data": {
            "speaker": r["speaker"], "words": [{"word": w, "start": r["start"], "end": r["end"]}
                                               for w in str(r["text"]).split()]}}
            for r in rows()], "entityMap": {}},
        {"lines": [{"content": r["text"], "name": r["speaker"], "type": "transcript",
                    "time": f"2026-11-04T10:15:0{r['start']}.000000"} for r in rows()]},
        {"transcriptEntries": [{"text": r["text"], "participant": r["speaker"],
                                "startTime": f"2026-11-04T10:15:0{r['start']}Z",
                                "endTime": f"2026-11-04T10:15:0{r['end']}Z"} for r in rows()]},
        {"transcription": {"content": {"utterances": [
            {"text": r["text"], "start_time": r["start"] + 0.0, "end_time": r["end"] + 0.0,
             "participant_type": "internal" if "Ines" in str(r["speaker"]) else "Otto"}
            for r in rows()]}}},
    ],
)  # fmt: skip
def test_services_of_meetings_and_calls(file: dict) -> None:
    said = own(json.dumps(file), person="otto_lind")
    assert {s.speaker for s in parse_transcript(json.dumps(file)).segments} != {None}
    assert said.text.split()[-6:] == SAID[1].split()


@pytest.mark.parametrize(
    "text",
    ["{'a': __import__('os').system('x')}", "{'a': [" * 3000, "{'text': 'cut", "{'a': x + 1}"],
)
def test_python_that_is_no_literal_is_refused_and_never_run(text: str) -> None:
    with pytest.raises(TranscriptError, match="expected"):
        parse_transcript(text)


@pytest.mark.parametrize(
    "row",
    [
        {"start": 1.0, "timecode": "00:01-00:03"},
        {"timestamp": "0:01 - 0:03"},
        {"timestamp": "00:00:01.000 --> 00:00:03.000"},
        {"timestamp_ms": 1000, "duration_ms": 2000, "inner": True},
        {"StartPosition": 1.0, "Duration": 2.0},
        {"snippet_time": 1.0, "end": 3.0},
    ],
)
def test_spans_in_one_text_and_around_the_words(row: dict) -> None:
    words = {"transcription": {"transcript": SAID[0]}} if row.pop("inner", False) else {}
    file = [{"speaker": "Otto", **(words or {"text": SAID[0]}), **row}]
    said = parse_transcript(json.dumps({"segments": file}))
    assert [(s.text, s.start_s, s.end_s) for s in said.segments] == [(SAID[0], 1.0, 3.0)]


def test_seconds_into_a_call() -> None:
    turns = [
        {"role": "agent" if w == "I" else "user", "message": t, "time_in_call_secs": a}
        for w, t, a, _ in TURNS
    ]
    said = own(json.dumps({"status": "done", "transcript": turns}))
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


def test_readings_of_one_recording_count_once_and_live_ones_when_they_are_final() -> None:
    readings = [
        {"confidence": -n, "words": [{"word": w, "start_time": 1.0, "duration": 0.5}]}
        for n, w in enumerate(("soak", "sock"))
    ]
    assert own(json.dumps({"transcripts": readings})).text == "soak"
    live = [
        {"type": "transcript", "data": {"is_final": f, "utterance": {
            "text": t[: None if f else 6], "start": a, "end": b, "words": []}}}
        for t, a, b in CUES for f in (False, True)
    ]  # fmt: skip
    said = own("\n".join(map(json.dumps, live)))
    assert said.text == OWN
    assert starts(said) == [1.0, 4.0]


def test_people_of_a_time_line() -> None:
    rows = [
        {"text": t, "start_time": f"00:00:0{a}.0", "end_time": f"00:00:0{b}.0",
         "users": [{"username": "Ines Berg" if w == "I" else "Otto Lind", "user_id": "7"}]}
        for w, t, a, b in TURNS
    ]  # fmt: skip
    assert own(json.dumps({"timeline": rows})).text == OWN
