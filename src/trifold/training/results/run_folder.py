"""What a training run leaves behind beside its bundle: tables, plots and the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trifold.contracts import Corpus
from trifold.training.dataset import Dataset
from trifold.training.protocol.testing import Outcome
from trifold.training.results import plots
from trifold.training.results.card import write_card
from trifold.training.results.numbers import write_json, write_tables
from trifold.training.results.page import write_report


def write_run(
    out: Path, corpus: Corpus, data: Dataset, outcome: Outcome, metrics: Mapping[str, Any]
) -> list[Path]:
    """Write metrics, predictions, lengths of answers, history, plots, card and report.

    Args:
        out: the run folder.
        corpus: the one that was trained on.
        data: what was tested on.
        outcome: of the run.
        metrics: content of ``metrics.json``.
    """
    labels = data.labels[outcome.rows]
    shown = outcome.table_rows
    ids = [data.samples[row].candidate_id for row in shown]
    tested = set(outcome.rows.tolist())
    splits = [
        "test" if row in tested else corpus.splits[i] for row, i in zip(shown, ids, strict=True)
    ]
    preds = outcome.preds.mean(axis=0)
    folder = out / "plots"
    history = outcome.fitted.history
    if history:
        pd.DataFrame(history).to_csv(out / "history.csv", index=False)
        plots.learning_curves(history, folder / "learning_curves.png")
    plots.model_beside_baselines(metrics, folder / "baselines.png")
    half_widths = metrics["intervals"]["half_width"].values()
    widths = np.array([np.inf if width is None else width for width in half_widths])
    plots.predicted_against_true(
        preds, labels, corpus.schema, widths, folder / "predicted_against_true.png"
    )
    written = [
        write_json(out / "metrics.json", metrics),
        *write_tables(out, outcome.table, data, shown, corpus, splits),
    ]
    return [out, *written, write_card(metrics, corpus, out), write_report(metrics, out)]
