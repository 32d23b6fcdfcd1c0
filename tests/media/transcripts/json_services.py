"""The talk as services of recognition write it."""

from __future__ import annotations

from typing import Any

from tests.media.transcripts.talk import NUMBER, TEXT, TURNS, WORDS, Turn, iso, ms


def aws(labels: str = "new") -> Any:
    items: list[dict[str, Any]] = []
    for w in WORDS:
        timed = {"start_time": f"{w.start}", "end_time": f"{w.end}"}
        content = w.text[: len(w.bare)]
        item = {"type": "pronunciation", **timed,
                "alternatives": [{"content": content, "confidence": "0.99"}]}  # fmt: skip
        mark = {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": w.mark}]}
        if labels == "new":
            item["speaker_label"] = mark["speaker_label"] = w.speaker
        items += [item, mark] if w.mark else [item]
    results: dict[str, Any] = {"transcripts": [{"transcript": TEXT}], "items": items}
    results["speaker_labels"] = {"speakers": 2, "segments": [
        {"start_time": f"{t.start}", "end_time": f"{t.end}", "speaker_label": t.speaker,
         "items": [{"start_time": f"{w.start}", "speaker_label": t.speaker} for w in t.words]}
        for t in TURNS
    ]}  # fmt: skip
    return {"jobName": "talk", "accountId": "1", "results": results, "status": "COMPLETED"}


def aws_calls() -> Any:
    turns = [
        {"ParticipantRole": t.speaker, "Content": t.text, "BeginOffsetMillis": ms(t.start),
         "EndOffsetMillis": ms(t.end), "Sentiment": "NEUTRAL",
         "Items": [{"Type": "pronunciation", "Content": w.text, "Confidence": "0.9",
                    "BeginOffsetMillis": ms(w.start), "EndOffsetMillis": ms(w.end)}
                   for w in t.words]}
        for t in TURNS
    ]  # fmt: skip
    return {"JobStatus": "COMPLETED", "LanguageCode": "en-US", "Transcript": turns}


def google(final: bool = False) -> Any:
    results = []
    for t in TURNS:
        words = [{"startTime": f"{w.start:.3f}s", "endTime": f"{w.end:.3f}s", "word": w.text}
                 for w in t.words]  # fmt: skip
        results.append({"alternatives": [{"transcript": t.text, "confidence": 0.9, "words": words},
                                         {"transcript": "Yellow bear."}],
                        "resultEndTime": f"{t.end}s", "languageCode": "en-us"})  # fmt: skip
    if final:
        words = [{"startTime": f"{w.start}s", "endTime": f"{w.end}s", "word": w.text,
                  "speakerTag": NUMBER[w.speaker] + 1} for w in WORDS]  # fmt: skip
        results.append({"alternatives": [{"words": words}]})
    return {"results": results}


def google_parts() -> Any:
    def parts(seconds: float) -> dict[str, Any]:
        return {"seconds": str(int(seconds)), "nanos": round(seconds % 1 * 1e9)}

    document = google()
    for result, turn in zip(document["results"], TURNS, strict=True):
        words = result["alternatives"][0]["words"]
        for word, w in zip(words, turn.words, strict=True):
            word |= {"startTime": parts(w.start), "endTime": parts(w.end)}
    return {"name": "1", "done": True, "response": document}


def google_v2() -> Any:
    results = [
        {"alternatives": [{"transcript": t.text, "words": [
            {"startOffset": f"{w.start}s", "endOffset": f"{w.end}s", "word": w.text,
             "speakerLabel": str(NUMBER[t.speaker] + 1)} for w in t.words]}]}
        for t in TURNS
    ]  # fmt: skip
    return {"results": {"gs://bucket/a.wav": {"transcript": {"results": results}}}}


def azure(speakers: bool = True) -> Any:
    phrases = []
    for t in TURNS:
        words = [{"word": w.bare, "offset": iso(w.start), "duration": iso(w.end - w.start),
                  "offsetInTicks": w.start * 1e7, "durationInTicks": (w.end - w.start) * 1e7,
                  "confidence": 0.9} for w in t.words]  # fmt: skip
        lexical = " ".join(w.bare for w in t.words)
        best = {"confidence": 0.9, "lexical": lexical, "itn": lexical, "maskedITN": lexical,
                "display": t.text, "words": words}  # fmt: skip
        phrase = {"recognitionStatus": "Success", "channel": 0, "offset": iso(t.start),
                  "duration": iso(t.end - t.start), "offsetInTicks": t.start * 1e7,
                  "durationInTicks": (t.end - t.start) * 1e7,
                  "nBest": [best, best | {"display": "Yellow bear."}]}  # fmt: skip
        phrases.append(phrase | ({"speaker": NUMBER[t.speaker] + 1} if speakers else {}))
    return {"source": "https://…/a.wav", "timestamp": "2026-01-05T10:00:00Z",
            "durationInTicks": 200000000, "duration": "PT20S",
            "combinedRecognizedPhrases": [{"channel": 0, "lexical": "…", "display": TEXT}],
            "recognizedPhrases": phrases}  # fmt: skip


def azure_fast() -> Any:
    phrases = [
        {"channel": 0, "speaker": NUMBER[t.speaker] + 1, "offsetMilliseconds": ms(t.start),
         "durationMilliseconds": ms(t.end - t.start), "text": t.text, "locale": "en-US",
         "words": [{"text": w.text, "offsetMilliseconds": ms(w.start),
                    "durationMilliseconds": ms(w.end - w.start)} for w in t.words]}
        for t in TURNS
    ]  # fmt: skip
    return {"durationMilliseconds": 20000, "combinedPhrases": [{"text": TEXT}], "phrases": phrases}


def deepgram(utterances: bool = True) -> Any:
    words = [
        {"word": w.bare, "start": w.start, "end": w.end, "confidence": 0.9,
         "speaker": NUMBER[w.speaker], "punctuated_word": w.text}
        for w in WORDS
    ]  # fmt: skip
    paragraphs = {
        "transcript": "\n" + "\n\n".join(f"Speaker {NUMBER[t.speaker]}: {t.text}" for t in TURNS),
        "paragraphs": [{"sentences": [{"text": t.text, "start": t.start, "end": t.end}],
                        "speaker": NUMBER[t.speaker], "start": t.start, "end": t.end}
                       for t in TURNS],
    }  # fmt: skip
    results: dict[str, Any] = {
        "channels": [
            {
                "alternatives": [
                    {
                        "transcript": TEXT,
                        "confidence": 0.9,
                        "words": words,
                        "paragraphs": paragraphs,
                    }
                ]
            }
        ]
    }
    if utterances:
        results["utterances"] = [
            {"start": t.start, "end": t.end, "transcript": t.text, "speaker": NUMBER[t.speaker],
             "channel": 0, "words": [w for w in words if t.start <= w["start"] <= t.end]}
            for t in TURNS
        ]  # fmt: skip
    return {"metadata": {"duration": 20.0, "channels": 1}, "results": results}


def deepgram_channels() -> Any:
    channels = []
    for name in NUMBER:
        words = [{"word": w.bare, "start": w.start, "end": w.end, "punctuated_word": w.text}
                 for w in WORDS if w.speaker == name]  # fmt: skip
        said = " ".join(word["punctuated_word"] for word in words)
        channels.append({"alternatives": [{"transcript": said, "words": words}]})
    return {"metadata": {"channels": 2}, "results": {"channels": channels}}


def deepgram_live() -> Any:
    rows = []
    for t in TURNS:
        words = [{"word": w.bare, "start": w.start, "end": w.end, "punctuated_word": w.text,
                  "speaker": NUMBER[t.speaker]} for w in t.words]  # fmt: skip
        for final in (False, True):
            said = t.text if final else t.text[:5]
            rows.append(
                {
                    "type": "Results",
                    "channel_index": [0, 1],
                    "start": t.start,
                    "duration": t.end - t.start,
                    "is_final": final,
                    "speech_final": final,
                    "channel": {"alternatives": [{"transcript": said, "words": words}]},
                }
            )
    return rows


def assemblyai() -> Any:
    def rows(t: Turn) -> list[dict[str, Any]]:
        return [{"text": w.text, "start": ms(w.start), "end": ms(w.end), "confidence": 0.9,
                 "speaker": t.speaker} for w in t.words]  # fmt: skip

    utterances = [{"speaker": t.speaker, "text": t.text, "confidence": 0.9, "start": ms(t.start),
                   "end": ms(t.end), "words": rows(t)} for t in TURNS]  # fmt: skip
    return {"id": "x", "language_model": "a", "acoustic_model": "b", "language_code": "en_us",
            "status": "completed", "audio_url": "https://…", "text": TEXT,
            "words": [row for t in TURNS for row in rows(t)], "utterances": utterances,
            "audio_duration": 20, "summary": "Somebody talks about boats."}  # fmt: skip


def rev() -> Any:
    monologues = []
    for t in TURNS:
        elements: list[dict[str, Any]] = []
        for w in t.words:
            elements.append({"type": "text", "value": w.text[: len(w.bare)], "ts": w.start,
                             "end_ts": w.end, "confidence": 0.9})  # fmt: skip
            elements.append({"type": "punct", "value": w.mark + " " if w.mark else " "})
        monologues.append({"speaker": NUMBER[t.speaker], "elements": elements})
    speakers = [{"id": number, "name": name} for name, number in NUMBER.items()]
    return {"speakers": speakers, "monologues": monologues}


def elevenlabs() -> Any:
    words: list[dict[str, Any]] = []
    for w in WORDS:
        words += [
            {"text": w.text, "start": w.start, "end": w.end, "type": "word",
             "speaker_id": f"speaker_{NUMBER[w.speaker]}"},
            {"text": " ", "start": w.end, "end": w.end, "type": "spacing",
             "speaker_id": f"speaker_{NUMBER[w.speaker]}"},
        ]  # fmt: skip
    words.insert(4, {"text": "(laughs)", "start": 1.9, "end": 2.0, "type": "audio_event"})
    return {"language_code": "eng", "language_probability": 0.98,
            "text": TEXT.replace("what", "(laughs) what", 1), "words": words}  # fmt: skip


def speechmatics() -> Any:
    results: list[dict[str, Any]] = []
    for w in WORDS:
        who = f"S{NUMBER[w.speaker] + 1}"
        content = w.text[: len(w.bare)]
        results.append(
            {
                "type": "word",
                "start_time": w.start,
                "end_time": w.end,
                "alternatives": [
                    {"content": content, "confidence": 1.0, "language": "en", "speaker": who}
                ],
            }
        )
        if w.mark:
            results.append({"type": "punctuation", "start_time": w.end, "end_time": w.end,
                            "attaches_to": "previous", "is_eos": w.mark != ",", "alternatives": [
                            {"content": w.mark, "confidence": 1.0, "speaker": who}]})  # fmt: skip
    return {"format": "2.9", "job": {"id": "x", "duration": 20}, "metadata": {"type": "x"},
            "results": results}  # fmt: skip


def gladia() -> Any:
    utterances = [
        {"text": t.text, "language": "en", "start": t.start, "end": t.end, "confidence": 0.9,
         "channel": 0, "speaker": NUMBER[t.speaker],
         "words": [{"word": " " + w.text, "start": w.start, "end": w.end} for w in t.words]}
        for t in TURNS
    ]  # fmt: skip
    foreign = [utterance | {"text": "Guten Tag."} for utterance in utterances]
    return {"id": "x", "status": "done", "result": {
        "metadata": {"audio_duration": 20.0, "number_of_distinct_channels": 1},
        "transcription": {"full_transcript": TEXT, "languages": ["en"], "utterances": utterances},
        "translation": {"results": [{"full_transcript": "Guten Tag.", "utterances": foreign}]},
    }}  # fmt: skip


def ibm() -> Any:
    results = [
        {"final": True, "alternatives": [{"transcript": t.text.lower() + " ", "confidence": 0.9,
         "timestamps": [[w.bare, w.start, w.end] for w in t.words]}]}
        for t in TURNS
    ]  # fmt: skip
    labels = [{"from": w.start, "to": w.end, "speaker": NUMBER[w.speaker], "confidence": 0.5,
               "final": False} for w in WORDS]  # fmt: skip
    return {"result_index": 0, "results": results, "speaker_labels": labels}
