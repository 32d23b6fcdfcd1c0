"""What moved a score, second by second and word by word, as values for a drawn timeline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from trifold.contracts import MODALITIES, Transcript
from trifold.decimals import decimal
from trifold.reports.spans import Piece, Span, lines, quoted, spans
from trifold.reports.wording import clock, label, signed, words
from trifold.scoring.attribution.cue_words import cues_between
from trifold.scoring.attribution.record import NORMAL_95
from trifold.scoring.rows import Row

UNCLEAR = "may be nothing"  # said of values whose 95 % range spans zero
WEIGHTS = {"path_weight": "Modality paths", "expert_weight": "Experts"}
STRONGEST = 8  # moments in the list
FAINTEST = 0.015  # of the largest contribution: what is smaller is not drawn
STEPS = 4  # shades of a line's background
MOST_TICKS = 8
LAST_TICK = 0.93  # of the length; a time behind it would be cut off
TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)


class AnswerLanes(NamedTuple):
    """One usable file: its row, its length, what was said, and what its modalities did."""

    n: int
    row: Row
    duration_s: float
    said: list[Span]
    lanes: dict[str, list[Span]]


def panels(
    evidence: Mapping[str, Any] | None,
    answers: Sequence[Row],
    transcripts: Mapping[str, Transcript],
) -> list[dict[str, Any]]:
    """One panel per target: how the score came about, its strongest moments, and every answer.

    Args:
        evidence: ``Evidence.to_dict()`` of the candidate; None gives no panel.
        answers: rows of the candidate's usable files, in order.
        transcripts: clip id to words; without them those that the evidence quotes are shown.
    """
    if evidence is None:
        return []
    cues = evidence.get("cues", ())  # rows of earlier versions have none
    return [_panel(target, answers, transcripts, cues) for target in evidence["targets"]]


def spoken(answers: Sequence[Row], transcripts: Mapping[str, Transcript]) -> list[dict[str, Any]]:
    """Every answer with its words alone, for pages without evidence."""
    return [_drawn(_answer(n, row, [], transcripts), 0.0) for n, row in enumerate(answers)]


def _panel(
    target: Mapping[str, Any],
    answers: Sequence[Row],
    transcripts: Mapping[str, Transcript],
    cues: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    laid_out = [
        _answer(n, row, [p for p in target["pieces"] if p["answer"] == n], transcripts)
        for n, row in enumerate(answers)
    ]
    moments = [
        (abs(span.value or 0.0), answer, modality, span)
        for answer in laid_out
        for modality, lane in answer.lanes.items()
        for span in lane
    ]
    moments.sort(key=lambda moment: -moment[0])
    largest = moments[0][0] if moments else 0.0
    return {
        "name": target["target"],
        "label": label(target["target"]),
        "score": decimal(target["score"], 2),
        "reference": decimal(target["reference"], 2),
        "parts": _parts(target["by_modality"]),
        "weights": _weights(target),
        "strongest": [_moment(*moment[1:], cues) for moment in moments[:STRONGEST] if moment[0]],
        "answers": [_drawn(answer, largest) for answer in laid_out],
    }


def _answer(
    n: int, row: Row, pieces: Sequence[Piece], transcripts: Mapping[str, Transcript]
) -> AnswerLanes:
    """Lay out one answer. Without a transcript at hand, the quoted words stand in for it."""
    known = row["duration_s"]
    duration = float(known) if isinstance(known, int | float) else None
    texts = [piece for piece in pieces if piece["modality"] == "text"]
    said = lines(transcripts.get(str(row["clip_id"])), duration) or quoted(texts)
    lanes = {"text": spans(texts, said)} if texts else {}
    for modality in MODALITIES:
        own = [piece for piece in pieces if piece["modality"] == modality]
        if own and modality != "text":
            lanes[modality] = spans(own, [])
    if texts and said:
        said = lanes["text"]
    ends = [float(piece["end_s"]) for piece in pieces]
    return AnswerLanes(
        n, row, max(ends, default=0.0) if duration is None else duration, said, lanes
    )


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
    return [
        {"title": title, "shares": [(words(n), round(100 * w)) for n, w in target[key].items()]}
        for key, title in WEIGHTS.items()
        if target.get(key)
    ]


def _moment(
    answer: AnswerLanes, modality: str, span: Span, cues: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """An entry of the list of strongest moments."""
    value = span.value or 0.0
    start_s, end_s = span.start_s, span.end_s
    own = cues_between(cues, answer=answer.n, modality=modality, start_s=start_s, end_s=end_s)
    return {
        "n": answer.n + 1,
        "clip_id": answer.row["clip_id"],
        "time": between(span.start_s, span.end_s),
        "start_s": start_s,
        "end_s": end_s,
        "modality": modality,
        "text": span.text,
        "cues": [{**cue, "time": _place(cue, span)} for cue in own],
        "value": signed(value),
        "range": f"{NORMAL_95 * span.error:.2f}" if span.error else None,
        "unclear": span.unclear,
        "up": value > 0,
    }


def _place(cue: Mapping[str, Any], span: Span) -> str:
    """When in a moment; empty where it is all of it, to the second."""
    time = between(cue["start_s"], cue["end_s"])
    return "" if time == between(span.start_s, span.end_s) else time


def _drawn(answer: AnswerLanes, largest: float) -> dict[str, Any]:
    """Lanes and words of one answer; ``largest`` is the contribution drawn at full height."""
    lanes = answer.lanes if answer.duration_s and largest else {}
    return {
        "n": answer.n + 1,
        "clip_id": answer.row["clip_id"],
        "question": answer.row.get("question") or answer.row.get("question_id"),
        "duration": clock(answer.duration_s) if answer.duration_s else None,
        "lanes": [_lane(name, lane, answer.duration_s, largest) for name, lane in lanes.items()],
        "ticks": ticks(answer.duration_s),
        "words": [_line(span, largest) for span in answer.said],
    }


def _lane(modality: str, lane: Sequence[Span], duration_s: float, largest: float) -> dict[str, Any]:
    """A bar per span that is tall enough to be seen, the sum, and the strongest span."""
    best = max(lane, key=lambda span: abs(span.value or 0.0))
    return {
        "modality": modality,
        "bars": [_bar(span, duration_s, largest) for span in lane if visible(span, largest)],
        "total": signed(sum(span.value or 0.0 for span in lane)),
        "best": {
            "time": between(best.start_s, best.end_s),
            "value": signed(best.value or 0.0),
            "unclear": best.unclear,
        },
    }


def visible(span: Span, largest: float) -> bool:
    """Whether a bar would be tall enough to be seen."""
    return abs(span.value or 0.0) >= FAINTEST * largest


def _bar(span: Span, duration_s: float, largest: float) -> dict[str, Any]:
    """Place, width and height in percent; at least a hair wide."""
    left = min(max(span.start_s / duration_s, 0.0), 1.0)
    right = min(max(span.end_s / duration_s, left), 1.0)
    value = span.value or 0.0
    return {
        "left": round(100 * left, 2),
        "width": round(100 * max(right - left, 0.002), 2),
        "height": round(50 * abs(value) / largest, 1),
        "unclear": span.unclear,
        "up": value > 0,
    }


def _line(span: Span, largest: float) -> dict[str, Any]:
    """A line of the transcript, shaded by what it did; times only where the transcript has them."""
    value = span.value
    return {
        "time": clock(span.start_s) if span.timed else None,
        "start_s": span.start_s if span.timed else None,
        "text": span.text,
        "value": None if value is None else signed(value),
        "unclear": span.unclear,
        "up": (value or 0.0) > 0,
        "step": round(STEPS * abs(value) / largest) if value and largest else 0,
    }


def ticks(duration_s: float) -> list[dict[str, Any]]:
    """Some eight round times along an answer with their places in percent, none at its very end."""
    if duration_s <= 0:
        return []
    enough = duration_s / MOST_TICKS  # a broken file may claim to last for years
    step = next((s for s in TICKS_S if s >= enough), math.ceil(enough))
    times = range(0, int(LAST_TICK * duration_s) + 1, step)
    return [{"left": round(100 * t / duration_s, 2), "text": clock(t)} for t in times]


def between(start_s: float, end_s: float) -> str:
    """``0:03`` or ``0:03 to 0:05``."""
    first, last = clock(start_s), clock(end_s)
    return first if first == last else f"{first} to {last}"
