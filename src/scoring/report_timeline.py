"""What moved a score, second by second and word by word, as values for a drawn timeline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from src.contracts import MODALITIES, Segment, Transcript
from src.encoders.text.sentences import sentences
from src.scoring.report_words import MINUS, clock, label, signed
from src.scoring.rows import Row

Piece = Mapping[str, Any]  # see ``src.scoring.evidence.record``
STRONGEST = 8  # moments in the table
FAINTEST = 0.015  # of the largest contribution: what is smaller is not drawn
STEPS = 4  # shades of a word's background
MOST_TICKS = 8
LAST_TICK = 0.93  # of the length; a time behind it would be cut off
TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)


def panels(
    evidence: Mapping[str, Any] | None,
    answers: Sequence[Row],
    transcripts: Mapping[str, Transcript],
) -> list[dict[str, Any]]:
    """One panel per target: how the score came about, its strongest moments, and every answer.

    Args:
        evidence: ``Evidence.to_dict()`` of the candidate; None gives no panel.
        answers: rows of the candidate's usable files, in order.
        transcripts: clip id to words, for answers whose evidence quotes none.
    """
    found = [] if evidence is None else evidence["targets"]
    return [_panel(target, answers, transcripts) for target in found]


def spoken(answers: Sequence[Row], transcripts: Mapping[str, Transcript]) -> list[dict[str, Any]]:
    """Every answer with its words alone, for pages without evidence."""
    return [_answer(n, row, [], 0.0, transcripts) for n, row in enumerate(answers)]


def _panel(
    target: Mapping[str, Any], answers: Sequence[Row], transcripts: Mapping[str, Transcript]
) -> dict[str, Any]:
    pieces: list[Piece] = list(target["pieces"])
    largest = max((abs(piece["contribution"]) for piece in pieces), default=0.0)
    strongest = sorted(pieces, key=lambda piece: -abs(piece["contribution"]))[:STRONGEST]
    return {
        "name": target["target"],
        "label": label(target["target"]),
        "score": f"{target['score']:.2f}",
        "reference": f"{target['reference']:.2f}".replace("-", MINUS),
        "parts": _parts(target["by_modality"]),
        "weights": _weights(target),
        "strongest": [_moment(p, answers) for p in strongest if p["contribution"]],
        "answers": [
            _answer(n, row, [p for p in pieces if p["answer"] == n], largest, transcripts)
            for n, row in enumerate(answers)
        ],
    }


def _parts(by_modality: Mapping[str, float]) -> list[dict[str, Any]]:
    """Contribution of each modality, drawn to the scale of the largest."""
    largest = max(map(abs, by_modality.values()), default=0.0) or 1.0
    return [
        {
            "modality": modality,
            "value": signed(by_modality[modality]),
            "up": by_modality[modality] >= 0,
            "width": round(50 * abs(by_modality[modality]) / largest, 1),
        }
        for modality in MODALITIES
        if modality in by_modality
    ]


def _weights(target: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Weights of modality paths and experts, where the network has them."""
    titles = {"path_weight": "Modality paths", "expert_weight": "Experts"}
    return [
        {"title": title, "shares": [(label(n), round(100 * w)) for n, w in target[key].items()]}
        for key, title in titles.items()
        if target.get(key)
    ]


def _moment(piece: Piece, answers: Sequence[Row]) -> dict[str, Any]:
    """A row of the table of strongest moments."""
    row = answers[piece["answer"]] if piece["answer"] < len(answers) else {}
    return {
        "clip_id": piece["clip_id"] or row.get("clip_id") or f"answer {piece['answer'] + 1}",
        "time": span(piece["start_s"], piece["end_s"]),
        "modality": piece["modality"],
        "text": piece["text"],
        "value": signed(piece["contribution"]),
        "up": piece["contribution"] > 0,
    }


def _answer(
    n: int,
    row: Row,
    pieces: Sequence[Piece],
    largest: float,
    transcripts: Mapping[str, Transcript],
) -> dict[str, Any]:
    """Lanes and words of one answer; ``largest`` is the contribution drawn at full height."""
    clip_id = str(row["clip_id"])
    known = row["duration_s"]
    said = transcripts.get(clip_id)
    words = _quoted(pieces, largest) or _plain(said, known if isinstance(known, float) else None)
    ends = [float(piece["end_s"]) for piece in pieces]
    duration = float(known) if isinstance(known, int | float) else max(ends, default=0.0)
    return {
        "n": n + 1,
        "clip_id": clip_id,
        "question": row.get("question") or row.get("question_id"),
        "duration": clock(duration) if duration else None,
        "lanes": _lanes(pieces, duration, largest),
        "ticks": ticks(duration),
        "words": words,
    }


def _lanes(pieces: Sequence[Piece], duration: float, largest: float) -> list[dict[str, Any]]:
    """A lane per modality with a bar per piece that is large enough to be seen."""
    lanes = []
    for modality in MODALITIES:
        own = [piece for piece in pieces if piece["modality"] == modality]
        if own and duration and largest:
            bars = [_bar(p, duration, largest) for p in own if visible(p, largest)]
            total = sum(piece["contribution"] for piece in own)
            lanes.append(
                {"modality": modality, "bars": bars, "total": signed(total), "best": _best(own)}
            )
    return lanes


def _best(pieces: Sequence[Piece]) -> str:
    """The strongest moment of a lane in words."""
    best = max(pieces, key=lambda piece: abs(piece["contribution"]))
    return f"strongest at {span(best['start_s'], best['end_s'])}, {signed(best['contribution'])}"


def visible(piece: Piece, largest: float) -> bool:
    """Whether a bar would be tall enough to be seen."""
    return bool(abs(piece["contribution"]) >= FAINTEST * largest)


def _bar(piece: Piece, duration: float, largest: float) -> dict[str, Any]:
    """Place, width and height in percent; at least a hair wide."""
    left = min(max(piece["start_s"] / duration, 0.0), 1.0)
    right = min(max(piece["end_s"] / duration, left), 1.0)
    return {
        "left": round(100 * left, 2),
        "width": round(100 * max(right - left, 0.002), 2),
        "height": round(50 * abs(piece["contribution"]) / largest, 1),
        "up": piece["contribution"] > 0,
    }


def ticks(duration: float) -> list[dict[str, Any]]:
    """Some nine round times along an answer with their places in percent, none at its very end."""
    if duration <= 0:
        return []
    enough = duration / MOST_TICKS  # a broken file may claim to last for years
    step = next((s for s in TICKS_S if s >= enough), math.ceil(enough))
    times = range(0, int(LAST_TICK * duration) + 1, step)
    return [{"left": round(100 * t / duration, 2), "text": clock(t)} for t in times]


def _quoted(pieces: Sequence[Piece], largest: float) -> list[dict[str, Any]]:
    """The words that the evidence quotes, each with what it did to the score."""
    return [
        {
            "time": clock(piece["start_s"]) if piece["end_s"] else None,
            "text": piece["text"],
            "value": signed(piece["contribution"]),
            "up": piece["contribution"] > 0,
            "step": round(STEPS * abs(piece["contribution"]) / largest) if largest else 0,
        }
        for piece in pieces
        if piece["text"]
    ]


def _plain(said: Transcript | None, duration_s: float | None) -> list[dict[str, Any]]:
    """The transcript sentence by sentence, without evidence; times only where it has its own."""
    if said is None:
        return []
    timed = all(segment.start_s is not None for segment in said.segments)
    return [_line(part, timed=timed) for part in sentences(said, duration_s)]


def _line(part: Segment, *, timed: bool) -> dict[str, Any]:
    time = clock(part.start_s or 0.0) if timed else None
    return {"time": time, "text": part.text, "value": None, "up": False, "step": 0}


def span(start_s: float, end_s: float) -> str:
    """``0:03`` or ``0:03 to 0:05``."""
    first, last = clock(start_s), clock(end_s)
    return first if first == last else f"{first} to {last}"
