"""How well each layer reads each target, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.intervals import bootstrap_rows, percentile_interval
from trifold.psychometrics.metrics import mse, r2, spearman
from trifold.training.probing import Probe

METRICS = {"spearman": spearman, "r2": r2, "mse": mse}


def layer_table(
    probe: Probe, labels: Array, names: Sequence[str], *, resamples: int, seed: int
) -> list[dict[str, object]]:
    """One row per layer, for the layer picked inside the folds, and per baseline.

    Returns:
        rows with ``layer``, mean ``spearman`` with its 95 % interval by candidate, ``r2`` and
        ``mse``, and each metric per target.
    """
    return [
        {
            "layer": name,
            **_row(
                preds, labels, names, resamples=resamples, seed=seed, flat=probe.constant.get(name)
            ),
        }
        for name, preds in probe.preds.items()
    ]


def _row(
    preds: Array,
    labels: Array,
    names: Sequence[str],
    *,
    resamples: int,
    seed: int,
    flat: Array | None,
) -> dict[str, object]:
    values = {metric: _per_target(preds, labels, metric) for metric in METRICS}
    hidden = np.zeros(len(names), dtype=bool) if flat is None else flat  # they order nobody
    values["spearman"] = np.where(hidden, np.nan, values["spearman"])
    samples = [
        _mean(np.where(hidden, np.nan, _per_target(preds[:, rows], labels[rows], "spearman")))
        for rows in bootstrap_rows(len(labels), resamples=resamples, seed=seed)
    ]
    low, high = percentile_interval(np.array([samples]).T) if samples else ([np.nan], [np.nan])
    row: dict[str, object] = {metric: _mean(found) for metric, found in values.items()}
    row |= {"spearman_low": float(low[0]), "spearman_high": float(high[0])}
    for metric, found in values.items():
        row |= {f"{metric}_{name}": float(v) for name, v in zip(names, found, strict=True)}
    return row


def _per_target(preds: Array, labels: Array, metric: str) -> Array:
    """(K,) of a metric, averaged over the seeds of the folds."""
    found = np.full((len(preds), labels.shape[1]), np.nan)
    for s, one in enumerate(preds):
        for k in range(labels.shape[1]):
            seen = np.isfinite(labels[:, k])
            if seen.any():
                found[s, k] = METRICS[metric](one[seen, k], labels[seen, k])
    return found.mean(axis=0)


def _mean(values: Array) -> float:
    """Over the targets where the metric is defined; NaN where it is nowhere."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")
