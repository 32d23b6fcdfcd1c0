"""What a candidate is told of their own scores, in plain language, as values for its template.

It compares with nobody, gives no percentile, rank or weight, and says nothing of what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trifold.reports.model import ReportedModel
from trifold.reports.scales import number, scales
from trifold.reports.wording import clock, flags, meaning, reasons
from trifold.scoring.attribution.record import NORMAL_95
from trifold.scoring.rows import Row

TITLE = "Your interview: what was assessed, and how"
LEVELS = ("low", "fairly low", "middle", "fairly high", "high")  # fifths of the rating scale
ROUGH, EXACT = 0.5, 0.25  # of the scale: how wide an interval is rough, how narrow fairly exact
BETWEEN = "between %(low)s and %(high)s"
SURENESS = ("very rough", "rough", "fairly exact")
QUOTES = 2  # of each score
SHOWN = {"text": "your words", "audio": "your voice", "video": "the picture"}
MEANINGS = {
    "openness": "how curious and open to new ideas you came across",
    "conscientiousness": "how organised and careful you came across",
    "extraversion": "how lively and outgoing you came across",
    "agreeableness": "how warm and cooperative you came across",
    "emotional_stability": "how calm you came across",
    "neuroticism": "how tense you came across",
    "emotionality": "how much you came across as feeling for others and leaning on them",
    "honesty_humility": "how modest and sincere you came across",
    "interview": "how the interview came across as a whole",
}
DEFAULT_MEANING = "how this came across in the recording"


def feedback_values(
    candidate: Row,
    answers: Sequence[Row],
    model: ReportedModel,
    *,
    contact: str,
    evidence: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Values of ``feedback.html.j2``.

    Args:
        candidate: the person's row.
        answers: rows of all their files, in the order of the input.
        model: what made the scores.
        contact: whom the person may write to, or how to reach them.
        evidence: ``Evidence.to_dict()``; None where it was not asked for or scores are withheld.
    """
    usable = [row for row in answers if row["status"] == "scored"]
    quotes = {} if evidence is None else _quotes(evidence)
    return {
        "title": TITLE,
        "synthetic": model.synthetic,
        "terms": model.terms,
        "contact": contact,
        "coverage": f"{100 * model.coverage:.0f}",
        "n_answers": len(usable),
        "n_files": len(answers),
        "read": [SHOWN[one] for one in SHOWN if one in str(candidate["modalities"] or "")],
        "recognised": any(row.get("words_source") == "recognised" for row in usable),
        "recordings": [_recording(row) for row in answers],
        "doubts": _doubts([candidate, *usable]),
        "why_none": [meaning(code) for code in reasons(candidate)],
        "scores": [_score(bar, quotes) for bar in scales(candidate, model.targets)],
        "calibrated": model.calibrated,
        "quoted": bool(quotes),
    }


def level(share: float) -> str:
    """The fifth of the rating scale that a place lies in, in words.

    Args:
        share: of the scale's width, in percent.
    """
    return LEVELS[min(int(share // 20), len(LEVELS) - 1)]


def reach(low: float, high: float) -> str:
    """An interval in words, as ``between fairly low and high``; one level where both ends share it.

    Args:
        low: one end, in percent of the scale's width.
        high: the other.
    """
    ends = level(low), level(high)
    return ends[0] if ends[0] == ends[1] else BETWEEN % {"low": ends[0], "high": ends[1]}


def sureness(low: float, high: float) -> str:
    """How exact a score is, from the width of its interval in percent of the scale."""
    width = (high - low) / 100
    return SURENESS[0 if width >= ROUGH else 1 if width > EXACT else 2]


def _score(bar: Mapping[str, Any], quotes: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    low, high = number(bar["x_low"]), number(bar["x_high"])
    return {
        "bar": {**bar, "norm": None},
        "meaning": MEANINGS.get(str(bar["name"]), DEFAULT_MEANING),
        "reach": reach(low, high),
        "sureness": sureness(low, high),
        "quotes": quotes.get(str(bar["name"]), []),
    }


def _recording(row: Row) -> dict[str, Any]:
    """One file: what was asked, how long it is, and whether it counted."""
    seconds = row.get("duration_s")
    return {
        "name": row["clip_id"],
        "question": row.get("question") or "",
        "duration": "" if seconds is None else clock(number(seconds)),
        "why_not": [meaning(code) for code in reasons(row)],
    }


def _doubts(rows: Sequence[Row]) -> list[str]:
    """What was missing or doubtful, each once."""
    found = (flag["meaning"] for row in rows for flag in flags(row))
    return list(dict.fromkeys(found))


def _quotes(evidence: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Target to what the person said that surely moved its score, the strongest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for target in evidence["targets"]:
        said = [
            piece
            for piece in target["pieces"]
            if piece["text"] and abs(piece["contribution"]) > NORMAL_95 * (piece["error"] or 0.0)
        ]
        said.sort(key=lambda piece: -abs(piece["contribution"]))
        up = {" ".join(piece["text"].split()): piece["contribution"] > 0 for piece in said[::-1]}
        quotes = [{"text": text, "up": one} for text, one in up.items()][::-1]
        found[target["target"]] = quotes[:QUOTES]
    return found
