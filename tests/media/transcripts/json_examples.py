"""One short talk as many tools write it in JSON."""

from __future__ import annotations

from typing import Any, NamedTuple

TALK = (
    ("Ines", "Hello there, what do you build?"),
    ("Otto", "I build small boats. They float well, mostly."),
    ("Ines", "Alone?"),
    ("Otto", "With a well-known friend of mine, in June."),
)
STEP_S = 0.5  # from word to word; a word takes half of it
TURN_S = 1.0  # longer between speakers


class Word(NamedTuple):
    """A word with its punctuation, and when and by whom it was said."""

    text: str
    start: float
    end: float
    speaker: str

    @property
    def bare(self) -> str:
        """Without punctuation, in small letters."""
        return self.text.strip(".,?").lower()

    @property
    def mark(self) -> str:
        """The punctuation after it."""
        return self.text[len(self.text.rstrip(".,?")) :]


class Turn(NamedTuple):
    """What one speaker says until the other speaks."""

    speaker: str
    words: list[Word]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def start(self) -> float:
        return self.words[0].start

    @property
    def end(self) -> float:
        return self.words[-1].end


def _turns() -> list[Turn]:
    at, turns = 1.25, []
    for speaker, said in TALK:
        words = []
        for text in said.split():
            words.append(Word(text, at, at + STEP_S / 2, speaker))
            at += STEP_S
        turns.append(Turn(speaker, words))
        at += TURN_S
    return turns


TURNS = _turns()
WORDS = [word for turn in TURNS for word in turn.words]
TEXT = " ".join(turn.text for turn in TURNS)
NUMBER = {"Ines": 0, "Otto": 1}


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def clock(seconds: float) -> str:
    return f"00:{int(seconds // 60):02d}:{seconds % 60:06.3f}"


def iso(seconds: float) -> str:
    return f"PT{seconds:g}S"


def spoken(turn: Turn, key: str = "word", **more: Any) -> list[dict[str, Any]]:
    """Words of a turn as most recognisers write them."""
    return [
        {key: w.text, "start": w.start, "end": w.end, "confidence": 0.9, **more} for w in turn.words
    ]


def whisper_words() -> Any:
    segments = [
        {
            "id": i, "seek": 0, "start": t.start, "end": t.end, "text": " " + t.text,
            "tokens": [50364, 440], "temperature": 0.0, "avg_logprob": -0.2,
            "words": [
                {"word": " " + w.text, "start": w.start, "end": w.end, "probability": 0.9}
                for w in t.words
            ],
        }
        for i, t in enumerate(TURNS)
    ]  # fmt: skip
    return {"text": " " + TEXT, "segments": segments, "language": "en"}


def whisper_cut_hyphen() -> Any:
    """Whisper's own cut of hyphenated words, the second half without a space."""
    document = whisper_words()
    for segment in document["segments"]:
        cut = []
        for word in segment["words"]:
            head, hyphen, tail = word["word"].partition("-")
            middle = (word["start"] + word["end"]) / 2 if hyphen else word["end"]
            cut.append(word | {"word": head, "end": middle})
            if hyphen:
                cut.append(word | {"word": hyphen + tail, "start": middle})
        segment["words"] = cut
    return document


def openai_verbose() -> Any:
    words = [{"word": w.bare, "start": w.start, "end": w.end} for w in WORDS]
    return {"task": "transcribe", "language": "english", "duration": 20.0, "text": TEXT,
            "words": words, "segments": []}  # fmt: skip


def openai_diarized() -> Any:
    segments = [
        {"type": "transcript.text.segment", "id": f"seg_{i}", "start": t.start, "end": t.end,
         "text": t.text, "speaker": t.speaker}
        for i, t in enumerate(TURNS)
    ]  # fmt: skip
    return {"task": "transcribe", "duration": 20.0, "text": TEXT, "segments": segments}


def whispercpp(full: bool = False) -> Any:
    rows = []
    for t in TURNS:
        row: dict[str, Any] = {
            "timestamps": {"from": clock(t.start).replace(".", ","), "to": clock(t.end)},
            "offsets": {"from": ms(t.start), "to": ms(t.end)},
            "text": " " + t.text,
        }
        if full:
            row["tokens"] = [
                {
                    "text": "[_BEG_]",
                    "offsets": {"from": ms(t.start), "to": ms(t.start)},
                    "id": 50363,
                }
            ]
            for w in t.words:
                row["tokens"] += _subwords(w)
            row["tokens"].append({"text": "[_TT_64]", "offsets": {"from": 0, "to": 0}, "id": 50427})
        rows.append(row)
    head = {"systeminfo": "AVX = 1", "model": {"type": "base"}, "params": {"language": "en"}}
    return head | {"result": {"language": "en"}, "transcription": rows}


def _subwords(word: Word) -> list[dict[str, Any]]:
    """Two pieces of a word, and its punctuation, which takes no time."""
    text = word.text[: len(word.bare)]
    parts = [part for part in (" " + text[:2], text[2:]) if part.strip()]
    times = [word.start + i * (word.end - word.start) / len(parts) for i in range(len(parts) + 1)]
    spans = [*zip(parts, times[:-1], times[1:], strict=True), (word.mark, word.end, word.end)]
    return [
        {"text": part, "id": 7, "p": 0.8,
         "offsets": {"from": ms(start), "to": ms(end)}}
        for part, start, end in spans
        if part
    ]  # fmt: skip


def whisperx() -> Any:
    segments, words = [], []
    for t in TURNS:
        inner = [
            {"word": w.text, "start": w.start, "end": w.end, "score": 0.8, "speaker": t.speaker}
            for w in t.words
        ]
        segments.append({"start": t.start, "end": t.end, "text": " " + t.text, "words": inner,
                         "speaker": t.speaker})  # fmt: skip
        words += inner
    return {"segments": segments, "word_segments": words, "language": "en"}


def whisper_timestamped() -> Any:
    segments = [
        {"id": i, "start": t.start, "end": t.end, "text": " " + t.text, "confidence": 0.9,
         "words": spoken(t, "text")}
        for i, t in enumerate(TURNS)
    ]  # fmt: skip
    return {"text": " " + TEXT, "segments": segments, "language": "en"}


def faster_whisper_tuples() -> Any:
    """A list of the library's named tuples, as ``json.dumps`` writes them."""
    return [
        [i, 0, t.start, t.end, " " + t.text, [50364, 440], 0.0, -0.2, 1.1, 0.01, None]
        for i, t in enumerate(TURNS)
    ]


def transformers_chunks() -> Any:
    chunks = [{"text": " " + t.text, "timestamp": [t.start, t.end]} for t in TURNS]
    chunks[-1]["timestamp"] = [TURNS[-1].start, None]
    return {"text": " " + TEXT, "chunks": chunks}


def transformers_words() -> Any:
    return {
        "text": " " + TEXT,
        "chunks": [{"text": " " + w.text, "timestamp": [w.start, w.end]} for w in WORDS],
    }


def insanely_fast() -> Any:
    speakers = [
        {"speaker": t.speaker, "timestamp": [t.start, t.end], "text": t.text} for t in TURNS
    ]
    return {"speakers": speakers, **transformers_chunks()}


def nemo() -> Any:
    words = [{"word": w.text, "start_time": w.start, "end_time": w.end, "speaker": w.speaker}
             for w in WORDS]  # fmt: skip
    sentences = [{"sentence": t.text, "start_time": t.start, "end_time": t.end,
                  "speaker": t.speaker} for t in TURNS]  # fmt: skip
    return {"status": "success", "session_id": "talk", "speaker_count": 2, "transcription": TEXT,
            "words": words, "sentences": sentences}  # fmt: skip


def nemo_timestamps() -> Any:
    words = [{"word": w.text, "start_offset": 3, "end_offset": 5, "start": w.start, "end": w.end}
             for w in WORDS]  # fmt: skip
    segments = [{"segment": t.text, "start": t.start, "end": t.end} for t in TURNS]
    return {"text": TEXT, "timestamp": {"word": words, "segment": segments, "char": []}}


def parakeet() -> Any:
    sentences = []
    for t in TURNS:
        tokens = [
            {"text": part["text"], "start": part["offsets"]["from"] / 1000,
             "end": part["offsets"]["to"] / 1000, "duration": 0.1}
            for w in t.words
            for part in _subwords(w)
        ]  # fmt: skip
        sentences.append({"text": " " + t.text, "start": t.start, "end": t.end, "tokens": tokens})
    return {"text": " " + TEXT, "sentences": sentences}


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


def vosk() -> Any:
    return [
        {"result": [{"conf": 0.9, "start": w.start, "end": w.end, "word": w.bare} for w in t.words],
         "text": " ".join(w.bare for w in t.words)}
        for t in TURNS
    ]  # fmt: skip


def recall() -> Any:
    def at(seconds: float) -> dict[str, Any]:
        return {"relative": seconds, "absolute": "2026-01-05T10:00:00.000Z"}

    return [
        {"participant": {"id": NUMBER[t.speaker], "name": t.speaker, "is_host": False},
         "words": [{"text": w.text, "start_timestamp": at(w.start), "end_timestamp": at(w.end)}
                   for w in t.words]}
        for t in TURNS
    ]  # fmt: skip


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


def symbl() -> Any:
    messages = [
        {"id": str(i), "text": t.text, "from": {"id": "x", "name": t.speaker, "userId": "a@b"},
         "startTime": f"2026-01-05T10:00:{t.start:06.3f}Z", "endTime": "2026-01-05T10:01:00Z",
         "timeOffset": t.start, "duration": t.end - t.start, "conversationId": "1", "phrases": []}
        for i, t in enumerate(TURNS)
    ]  # fmt: skip
    return {"messages": messages}


def ibm() -> Any:
    results = [
        {"final": True, "alternatives": [{"transcript": t.text.lower() + " ", "confidence": 0.9,
         "timestamps": [[w.bare, w.start, w.end] for w in t.words]}]}
        for t in TURNS
    ]  # fmt: skip
    labels = [{"from": w.start, "to": w.end, "speaker": NUMBER[w.speaker], "confidence": 0.5,
               "final": False} for w in WORDS]  # fmt: skip
    return {"result_index": 0, "results": results, "speaker_labels": labels}


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


def gentle() -> Any:
    words = [
        {
            "word": w.bare,
            "alignedWord": w.bare,
            "case": "success",
            "start": w.start,
            "end": w.end,
            "startOffset": i,
            "endOffset": i + 4,
        }
        for i, w in enumerate(WORDS)
    ]
    return {"transcript": TEXT, "words": words}


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
