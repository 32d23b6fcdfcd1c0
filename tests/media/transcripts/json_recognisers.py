"""The talk as recognisers write it that people run themselves."""

from __future__ import annotations

from typing import Any

from tests.media.transcripts.talk import TEXT, TURNS, WORDS, Word, clock, ms, spoken


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


def vosk() -> Any:
    return [
        {"result": [{"conf": 0.9, "start": w.start, "end": w.end, "word": w.bare} for w in t.words],
         "text": " ".join(w.bare for w in t.words)}
        for t in TURNS
    ]  # fmt: skip


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
