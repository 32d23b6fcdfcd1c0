"""Rows, evidence and transcripts of people who do not exist, for tests of reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trifold.contracts import MEASURES, Segment, Target, Transcript
from trifold.reports.model import ReportedModel
from trifold.scoring.attribution.explain import REFERENCE
from trifold.scoring.folder.run import ScoredFolder

NAMES = ("extraversion", "agreeableness", "conscientiousness", "emotional_stability", "openness")
TARGETS = tuple(Target(name, 1.0, 7.0) for name in NAMES)
SECONDS = 42
SAID = (
    "I planned the whole move with two colleagues.",
    "We met every Monday, and when a delivery was late I called the supplier myself.",
    "It was not always easy, to be honest.",
    "In the end we opened one day early and nobody had to work on the weekend.",
    "I would do the same again, perhaps with a longer list at the start.",
)
CARD = {
    **dict.fromkeys(one.name for one in MEASURES),
    "n_words": 71.0, "word_confidence": 0.83, "speech_s": 30.1, "speech_fraction": 0.72,
    "level_db": -27.2, "speech_level_db": -25.6, "snr_db": 7.4, "clipped_fraction": 0.0,
    "face_fraction": 0.98, "several_faces_fraction": 0.0, "face_scenes": 1.0, "brightness": 0.41,
    "picture_brightness": 0.38, "still_fraction": 0.0, "codec_share": 0.97,
}  # fmt: skip
HOSTILE = "<script>document.title='owned'</script>\"'><img src=x onerror=alert(1)>&amp;"


def model(*, norms: bool = True, **changes: Any) -> ReportedModel:
    facts: dict[str, Any] = {
        "bundle_id": "0123456789abcdef", "targets": TARGETS, "coverage": 0.9,
        "terms": "for tests", "synthetic": True,
    }  # fmt: skip
    if norms:
        group = np.linspace(2.2, 6.1, 101).tolist()
        facts |= {"norms": dict.fromkeys(NAMES, group), "norm_group": "Norms: 101 drawn people."}
    return ReportedModel(**{**facts, **changes})


def scores(seed: int) -> dict[str, Any]:
    """Score, interval and spread columns."""
    drawn = np.random.default_rng(seed).normal(4.2, 0.9, len(NAMES)).clip(1.2, 6.8).round(4)
    columns: dict[str, Any] = {}
    for name, score in zip(NAMES, drawn.tolist(), strict=True):
        columns |= {name: score, f"{name}_low": round(max(score - 0.9, 1.0), 4)}
        columns |= {f"{name}_high": round(min(score + 0.9, 7.0), 4), f"{name}_spread": None}
    return columns | {"coverage": 0.9, "decision_support_only": True, "bundle_id": "0123456789ab"}


def answer(person: str, k: int, seed: int, **changes: Any) -> dict[str, Any]:
    """A row of a file, as scoring writes it."""
    row = {"candidate_id": person, "clip_id": f"{person}/q{k + 1}", "question_id": f"q{k + 1}",
           "question": f"What are you proud of? ({k + 1})", "status": "scored",
           "error_code": None, "error_message": None, "reasons": None, "flags": None,
           "duration_s": float(SECONDS), "modalities": "text+audio+video", "missing": None,
           "remarks": None, "words_source": "recognised", **CARD, **scores(seed)}  # fmt: skip
    return row | changes


def broken(person: str) -> dict[str, Any]:
    """A row of a file that is no media file."""
    message = "broken/q9.mp4: expected a media file, got 17 bytes of something else"
    changes = dict.fromkeys((*scores(0), *CARD, "modalities", "duration_s", "words_source"))
    changes |= {"status": "error", "error_code": "DECODE_ERROR", "error_message": message}
    changes["clip_id"] = "broken/q9"
    return answer(person, 8, 0, **changes)


def candidate(person: str, rows: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    """A row of a person over the rows of their files."""
    good = [row for row in rows if row["status"] == "scored"]
    withheld = {"status": "withheld", "error_code": "NOTHING_USABLE",
                "error_message": "no file of this candidate could be scored",
                "modalities": None, **dict.fromkeys(scores(0))}  # fmt: skip
    return {
        "candidate_id": person, "n_files": len(rows), "n_answers": len(good), "status": "scored",
        "error_code": None, "error_message": None, "reasons": None, "flags": rows[0]["flags"],
        "modalities": rows[0]["modalities"], "missing": rows[0]["missing"], "distance": None,
        **scores(seed), **({} if good else withheld),
    }  # fmt: skip


def folder(people: int = 12) -> ScoredFolder:
    """Good candidates; one without a face, one withheld, one with a broken file among good ones."""
    answers, candidates = [], []
    for number in range(people):
        name = f"candidate_{number:02}"
        rows = [answer(name, k, number) for k in range(1 + number % 3)]
        if number == 2:
            name, gone = "No Face", {"missing": "video:NO_FACE", "modalities": "text+audio"}
            rows = [answer(name, k, number, **gone) for k in range(2)]
        rows = [*rows, broken(name)] if number == 4 else rows
        rows = [rows[0] | {"flags": "NOISY_SOUND"}, *rows[1:]] if number == 1 else rows
        rows = [broken(name)] if number == 5 else rows
        answers += rows
        candidates.append(candidate(name, rows, number))
    return ScoredFolder(answers, candidates)


def transcript(lines: Sequence[str] = SAID) -> Transcript:
    step = SECONDS / len(lines)
    timed = [Segment(text, i * step, (i + 1) * step) for i, text in enumerate(lines)]
    return Transcript(tuple(timed), "vtt")


def evidence(person: str, row: dict[str, Any], answers: int, lines: Sequence[str] = SAID) -> dict:
    """What ``Evidence.to_dict()`` gives: contributions add up to score minus reference."""
    targets = []
    for k, name in enumerate(NAMES):
        generator = np.random.default_rng(k)
        pieces = [p for n in range(answers) for p in _pieces(person, n, generator, lines)]
        by_modality = {
            m: sum(p["contribution"] for p in pieces if p["modality"] == m)
            for m in ("text", "audio", "video")
        }
        targets.append({
            "target": name, "score": row[name], "reference": row[name] - sum(by_modality.values()),
            "by_modality": by_modality, "pieces": pieces,
            "expert_weight": {"euclidean": 0.5, "hyperbolic": 0.3, "spherical": 0.2},
            "path_weight": {"text": 0.62, "audio": 0.23, "video": 0.15},
        })  # fmt: skip
    return {"candidate_id": person, "bundle_id": "0123456789abcdef", "method": "shapley",
            "reference": REFERENCE,
            "targets": targets,
            "cues": [cue for n in range(answers) for cue in _cues(person, n)]}  # fmt: skip


def _cues(person: str, n: int) -> list[dict[str, Any]]:
    """A loud voice and a turned head, from beginning to end."""
    common = {"answer": n, "clip_id": f"{person}/q{n + 1}", "start_s": 0.0, "end_s": SECONDS * 1.0}
    heard = ("audio", "prosody", "speech_db", "louder than usual", 3.0, None)
    seen = ("video", "face", "yaw", "head turned away", -2.0, 2.5)
    names = ("modality", "stream", "measure", "words", "size", "beside_training")
    return [{**common, **dict(zip(names, one, strict=True))} for one in (heard, seen)]


def _pieces(person: str, n: int, generator: np.random.Generator, lines: Sequence[str]) -> list:
    common = {"answer": n, "clip_id": f"{person}/q{n + 1}"}
    step = SECONDS / len(lines)
    spans = [("text", "sentences", i * step, (i + 1) * step, t) for i, t in enumerate(lines)]
    spans += [("audio", "prosody", float(s), s + 1.0, None) for s in range(SECONDS)]
    spans += [("video", "face", float(s), s + 1.0, None) for s in range(SECONDS)]
    sizes = generator.normal(0, 0.15, len(spans))
    sizes[len(lines) :] *= np.exp(generator.normal(-2, 1, len(spans) - len(lines)))
    return [
        {**common, "modality": m, "streams": [s], "start_s": a, "end_s": b, "text": t,
         "contribution": float(c), "error": 0.02 + 0.1 * abs(float(c))}
        for (m, s, a, b, t), c in zip(spans, sizes, strict=True)
    ]  # fmt: skip
