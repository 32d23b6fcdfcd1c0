"""The talk as meeting services, players and editors of captions write it."""

from __future__ import annotations

from typing import Any

from tests.media.transcripts.talk import NUMBER, TURNS, clock, ms


def video_indexer() -> Any:
    lines = [
        {"id": i, "text": t.text, "confidence": 0.9, "speakerId": NUMBER[t.speaker] + 1,
         "language": "en-US", "instances": [{"adjustedStart": clock(t.start)[1:],
         "adjustedEnd": clock(t.end)[1:], "start": clock(t.start)[1:], "end": clock(t.end)[1:]}]}
        for i, t in enumerate(TURNS)
    ]  # fmt: skip
    insights = {
        "duration": "0:00:20", "language": "en-US", "transcript": lines,
        "ocr": [{"id": 1, "text": "EXIT", "instances": [{"start": "0:00:01", "end": "0:00:02"}]}],
        "speakers": [{"id": number + 1, "name": name, "instances": [
            {"start": "0:00:00", "end": "0:00:01"}]} for name, number in NUMBER.items()],
    }  # fmt: skip
    return {"name": "a", "durationInSeconds": 20, "videos": [{"id": "x", "insights": insights}]}


def recall() -> Any:
    def at(seconds: float) -> dict[str, Any]:
        return {"relative": seconds, "absolute": "2026-01-05T10:00:00.000Z"}

    return [
        {"participant": {"id": NUMBER[t.speaker], "name": t.speaker, "is_host": False},
         "words": [{"text": w.text, "start_timestamp": at(w.start), "end_timestamp": at(w.end)}
                   for w in t.words]}
        for t in TURNS
    ]  # fmt: skip


def symbl() -> Any:
    messages = [
        {"id": str(i), "text": t.text, "from": {"id": "x", "name": t.speaker, "userId": "a@b"},
         "startTime": f"2026-01-05T10:00:{t.start:06.3f}Z", "endTime": "2026-01-05T10:01:00Z",
         "timeOffset": t.start, "duration": t.end - t.start, "conversationId": "1", "phrases": []}
        for i, t in enumerate(TURNS)
    ]  # fmt: skip
    return {"messages": messages}


def fireflies() -> Any:
    sentences = [
        {"index": i, "speaker_name": t.speaker, "speaker_id": NUMBER[t.speaker], "text": t.text,
         "raw_text": t.text, "start_time": t.start, "end_time": t.end, "ai_filters": {}}
        for i, t in enumerate(TURNS)
    ]  # fmt: skip
    transcript = {"id": "x", "title": "A talk", "sentences": sentences,
                  "summary": {"overview": "Boats."}}  # fmt: skip
    return {"data": {"transcript": transcript}}


def fathom() -> Any:
    rows = [
        {"speaker": {"display_name": t.speaker, "matched_calendar_invitee_email": "a@b.c"},
         "text": t.text, "timestamp": clock(t.start)}
        for t in TURNS
    ]  # fmt: skip
    return {"transcript": rows}


def tldv() -> Any:
    rows = [{"speaker": t.speaker, "text": t.text, "startTime": t.start, "endTime": t.end}
            for t in TURNS]  # fmt: skip
    return {"id": "x", "meetingId": "y", "data": rows}


def sonix() -> Any:
    rows = [{"speaker": t.speaker, "start_time": t.start, "end_time": t.end, "text": t.text,
             "words": [{"text": w.text, "start_time": w.start, "end_time": w.end}
                       for w in t.words]} for t in TURNS]  # fmt: skip
    return {"name": "Talk 1", "status": "completed", "transcript": rows}


def teams() -> Any:
    entries = [
        {"id": f"x/{i}", "text": t.text, "speakerId": "8:orgid:x", "speakerDisplayName": t.speaker,
         "confidence": 0.9, "startOffset": clock(t.start) + "0000",
         "endOffset": clock(t.end) + "0000", "spokenLanguageTag": "en-us"}
        for i, t in enumerate(TURNS)
    ]  # fmt: skip
    return {"$schema": "transcript.schema.json", "version": "1.0.0", "type": "Transcript",
            "entries": entries, "events": []}  # fmt: skip


def gong() -> Any:
    turns = [
        {"speakerId": str(NUMBER[t.speaker] + 70), "topic": "Boats",
         "sentences": [{"start": ms(t.start), "end": ms(t.end), "text": t.text}]}
        for t in TURNS
    ]  # fmt: skip
    return {"requestId": "x", "callTranscripts": [{"callId": "7", "transcript": turns}]}


def podcast() -> Any:
    rows = [{"speaker": t.speaker, "startTime": t.start, "endTime": t.end, "body": t.text}
            for t in TURNS]  # fmt: skip
    return {"version": "1.0.0", "segments": rows}


def podlove() -> Any:
    return [
        {"start": clock(t.start), "start_ms": ms(t.start), "end": clock(t.end),
         "end_ms": ms(t.end), "speaker": t.speaker, "voice": t.speaker, "text": t.text}
        for t in TURNS
    ]  # fmt: skip


def youtube_words() -> Any:
    events: list[dict[str, Any]] = [{"tStartMs": 0, "dDurationMs": 20000, "id": 1, "wpWinPosId": 1}]
    for t in TURNS:
        segs = [{"utf8": (" " if i else "") + w.text, "acAsrConf": 0}
                | ({"tOffsetMs": ms(w.start - t.start)} if i else {})
                for i, w in enumerate(t.words)]  # fmt: skip
        events.append({"tStartMs": ms(t.start), "dDurationMs": ms(t.end - t.start), "wWinId": 1,
                       "segs": segs})  # fmt: skip
        events.append({"tStartMs": ms(t.end), "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]})
    return {"wireMagic": "pb3", "pens": [{}], "wsWinStyles": [{}], "events": events}


def youtube_lines() -> Any:
    events = [{"tStartMs": ms(t.start), "dDurationMs": ms(t.end - t.start),
               "segs": [{"utf8": t.text.replace(" ", "\n", 1)}]} for t in TURNS]  # fmt: skip
    return {"wireMagic": "pb3", "events": events}


def loom() -> Any:
    return {"phrases": [{"ts": t.start, "value": t.text, "ranges": []} for t in TURNS]}


def ted() -> Any:
    return {
        "captions": [
            {
                "duration": ms(t.end - t.start),
                "content": t.text,
                "startOfParagraph": False,
                "startTime": ms(t.start),
            }
            for t in TURNS
        ]
    }


def aeneas() -> Any:
    rows = [{"begin": f"{t.start:.3f}", "end": f"{t.end:.3f}", "children": [], "id": f"f{i}",
             "language": "eng", "lines": [t.text]} for i, t in enumerate(TURNS)]  # fmt: skip
    return {"fragments": rows}


def kaltura() -> Any:
    rows = [{"startTime": ms(t.start), "endTime": ms(t.end), "content": [{"text": t.text}]}
            for t in TURNS]  # fmt: skip
    return {"objects": rows}


def label_studio() -> Any:
    result = []
    for i, t in enumerate(TURNS):
        region = {"original_length": 20.0, "id": f"r{i}", "to_name": "audio"}
        span = {"start": t.start, "end": t.end, "channel": 0}
        result += [
            region | {"type": "labels", "from_name": "labels",
                      "value": span | {"labels": [t.speaker]}},
            region | {"type": "textarea", "from_name": "transcription",
                      "value": span | {"text": [t.text]}},
        ]  # fmt: skip
    return [{"id": 1, "data": {"audio": "/data/a.wav"}, "annotations": [{"result": result}]}]


def read_ai() -> Any:
    epoch_ms = 1767607200000  # 2026-01-05 10:00:00
    blocks = [{"start_time": epoch_ms + ms(t.start), "end_time": epoch_ms + ms(t.end),
               "speaker": {"name": t.speaker}, "words": t.text} for t in TURNS]  # fmt: skip
    return {"title": "A talk", "transcript": {"speakers": [{"name": "Ines"}],
                                              "speaker_blocks": blocks}}  # fmt: skip


def voice_agent() -> Any:
    rows = [{"role": t.speaker, "message": t.text, "time": 1767607200000, "endTime": 1767607201000,
             "secondsFromStart": t.start} for t in TURNS]  # fmt: skip
    return {"messages": [{"role": "system", "message": "Be kind.", "secondsFromStart": 0}, *rows]}
