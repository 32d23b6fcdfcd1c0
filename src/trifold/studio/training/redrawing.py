"""The plots of a run, drawn anew with words of another language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trifold.contracts import Target, TargetSchema
from trifold.training.results import plots
from trifold.training.results.comparison import read_run

LAST = "predicted_against_true.png"  # that is drawn


def draw_plots(
    run: Path, metrics: Mapping[str, Any], folder: Path, *, tell: plots.Tell, point: str
) -> None:
    """Draw what training drew, from what it wrote.

    Args:
        run: folder of the run.
        metrics: content of its ``metrics.json``.
        folder: where the plots go.
        tell: says a text in the language.
        point: what the language writes in front of decimals.

    Raises:
        InputError: when the run's predictions are missing or damaged.
    """
    words: dict[str, Any] = {"tell": tell, "point": point}
    if (run / "history.csv").is_file():
        history: Any = pd.read_csv(run / "history.csv").to_dict("records")
        plots.learning_curves(history, folder / "learning_curves.png", **words)
    plots.model_beside_baselines(metrics, folder / "baselines.png", **words)
    found = read_run(run)
    schema = json.loads((run / "bundle.json").read_text(encoding="utf-8"))["schema"]
    targets = tuple(Target(**target) for target in schema["targets"])
    widths = metrics["intervals"]["half_width"]
    plots.predicted_against_true(
        found.preds.mean(axis=0),
        found.labels,
        TargetSchema(schema["name"], targets),
        np.array([np.inf if widths[one.name] is None else widths[one.name] for one in targets]),
        folder / LAST,
        **words,
    )
