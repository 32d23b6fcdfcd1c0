"""How a run stands while it trains: folds that are on disk, and the skill that they show so far."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from trifold.contracts import Array
from trifold.studio.training.learning_curve import correlation
from trifold.training.results.page import not_surely_behind

LABELS = "labels"  # of ``training.protocol.crossval``, which would load PyTorch
SHOWN = ("model", "ridge_pooled", "kernel_ridge", "answer_length")
FOLD = re.compile(r"seed(\d+)-fold(\d+)\.npz")
WIDTH, HEIGHT, MARGIN = 480, 200, 30  # of the drawing, and left and below of it


@dataclass(frozen=True)
class Step:
    """After so many folds.

    Attributes:
        folds: that are done. people: tested in them, each repeat counted.
        skill: ``model`` or a baseline's name to the mean correlation over targets; None where
            there is none yet.
    """

    folds: int
    people: int
    skill: dict[str, float | None]


def steps(run: Path) -> list[Step]:
    """What the folds on disk show, one after the other; none where there are none.

    Args:
        run: the run's folder.
    """
    named = [(FOLD.fullmatch(path.name), path) for path in (run / "folds").glob("*.npz")]
    ordered = sorted((int(m[1]), int(m[2]), path) for m, path in named if m)
    kept: dict[str, list[Array]] = {}
    found = []
    for number, (_, _, path) in enumerate(ordered, start=1):
        try:
            with np.load(path, allow_pickle=False) as stored:
                names = [name for name in (*SHOWN, LABELS) if name in stored.files]
                for name in names:
                    kept.setdefault(name, []).append(stored[name])
        except (OSError, ValueError, BadZipFile):
            break  # a fold that is being replaced: the next look finds it
        found.append(_step(number, kept))
    return found


def _step(number: int, kept: dict[str, list[Array]]) -> Step:
    labels = np.concatenate(kept[LABELS])
    skill = {
        name: _mean_skill(np.concatenate(kept[name]), labels) for name in SHOWN if name in kept
    }
    return Step(number, len(labels), skill)


def _mean_skill(preds: Array, labels: Array) -> float | None:
    each = [correlation(p, y) for p, y in zip(preds.T, labels.T, strict=True)]
    told = [one for one in each if math.isfinite(one)]
    return sum(told) / len(told) if told else None


def lines(found: list[Step], total: int) -> dict[str, list[tuple[float, float]]]:
    """Name to points of a drawing of ``WIDTH`` by ``HEIGHT``: folds across, skill from 0 to 1 up.

    Args:
        found: of ``steps``.
        total: folds that there will be.
    """
    across = (WIDTH - MARGIN) / max(total, 1)
    return {
        name: [
            (MARGIN + one.folds * across, place(value))
            for one in found
            if (value := one.skill.get(name)) is not None
        ]
        for name in SHOWN
        if any(one.skill.get(name) is not None for one in found)
    }


def place(skill: float) -> float:
    """Height in the drawing; below 0 lies on the ground."""
    return (HEIGHT - MARGIN) * (1 - min(max(skill, 0.0), 1.0))


def measured(run: Path) -> dict[str, Any] | None:
    """Content of ``metrics.json``; None before it is written."""
    try:
        found: dict[str, Any] = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def outcome(run: Path) -> dict[str, Any] | None:
    """What the run's report says, for the page around it; None before it is written.

    ``warnings`` are as ``messages.kept`` gave them, and plain text from earlier versions.

    Args:
        run: the run's folder.
    """
    found = measured(run)
    if found is None:
        return None
    return {
        "beside": not_surely_behind(found) if found.get("alarm") else {},
        "warnings": list(found.get("cautions") or found.get("warnings", [])),
        "report": (run / "report.html").is_file(),
    }
