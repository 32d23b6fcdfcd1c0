"""The HTML overview of a scored folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from src.contracts import Target
from src.scoring.batch import ScoredFolder
from src.scoring.bundle import Bundle
from src.scoring.rows import Row
from src.templates import render

AXIS_START, AXIS_LENGTH = 130.0, 125.0
FEWEST_FOR_HISTOGRAM = 5
HISTOGRAM_BINS, HISTOGRAM_WIDTH, HISTOGRAM_HEIGHT = 20, 300.0, 56.0


def write_report(scored: ScoredFolder, bundle: Bundle, path: Path) -> Path:
    """Write one file that opens offline; returns its path."""
    description = bundle.description
    targets = description.schema.targets
    good = [row for row in scored.candidates if row["status"] == "scored"]
    return render(
        "scores.html.j2",
        path,
        title="Interview scores",
        synthetic=description.synthetic,
        terms=description.terms,
        coverage=description.coverage,
        bundle_id=bundle.bundle_id,
        answers=scored.answers,
        candidates=[row | {"bars": _bars(row, targets)} for row in scored.candidates],
        distributions=_distributions(good, targets),
        failed=[row for row in scored.answers if row["status"] != "scored"],
    )


def label(name: str) -> str:
    """A target's name as people read it."""
    return name.replace("_", " ").capitalize()


def _bars(row: Row, targets: Sequence[Target]) -> list[dict[str, object]]:
    """Score and interval of each target with their places on the drawn scale."""
    if row["status"] != "scored":
        return []
    bars: list[dict[str, object]] = []
    for target in targets:
        score, low, high = (_number(row[f"{target.name}{end}"]) for end in ("", "_low", "_high"))
        places = {"x": _place(score, target), "x_low": _place(low, target)}
        places["x_high"] = _place(high, target)
        facts = {"label": label(target.name), "score": score, "low": low, "high": high}
        bars.append(facts | places)
    return bars


def _place(value: float, target: Target) -> float:
    """Horizontal position of a score on its scale."""
    share = (value - target.low) / (target.high - target.low)
    return round(AXIS_START + AXIS_LENGTH * min(max(share, 0.0), 1.0), 1)


def _distributions(rows: Sequence[Row], targets: Sequence[Target]) -> list[dict[str, object]]:
    """One histogram per target; none for so few people that it would show only them."""
    if len(rows) < FEWEST_FOR_HISTOGRAM:
        return []
    return [_distribution(rows, target) for target in targets]


def _distribution(rows: Sequence[Row], target: Target) -> dict[str, object]:
    """Histogram of one target over the scored candidates."""
    values = [_number(row[target.name]) for row in rows]
    counts, _ = np.histogram(values, HISTOGRAM_BINS, range=(target.low, target.high))
    step = HISTOGRAM_WIDTH / HISTOGRAM_BINS
    bars = [
        {
            "x": round(i * step + 1, 1),
            "width": round(step - 2, 1),
            "height": round(HISTOGRAM_HEIGHT * float(count) / float(counts.max()), 1),
        }
        for i, count in enumerate(counts)
    ]
    return {
        "label": label(target.name),
        "bars": bars,
        "n": len(values),
        "mean": float(np.mean(values)),
        "low": target.low,
        "high": target.high,
    }


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"a score column holds a number, got {type(value).__name__}")
    return float(value)
