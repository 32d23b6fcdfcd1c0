"""How well each layer reads each target, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from trifold.contracts import Array
from trifold.psychometrics.evaluation import measured
from trifold.psychometrics.replicates import Draws, draws_of
from trifold.training.probing import Probe

METRICS = ("spearman", "r2", "mse")


def layer_table(
    probe: Probe, labels: Array, names: Sequence[str], *, resamples: int, seed: int
) -> list[dict[str, object]]:
    """One row per layer, for the layer picked inside the folds, and per baseline.

    Returns:
        rows with ``layer``, mean ``spearman`` with its 95 % interval by candidate, ``r2`` and
        ``mse``, and each metric per target.
    """
    draws = draws_of(len(labels), resamples=resamples, seed=seed)
    return [
        {"layer": name, **_row(preds, labels, names, draws, flat=probe.constant.get(name))}
        for name, preds in probe.preds.items()
    ]


def _row(
    preds: Array, labels: Array, names: Sequence[str], draws: Draws, *, flat: Array | None
) -> dict[str, object]:
    """One layer; ``flat`` says of which targets its scores order nobody."""
    found = measured(preds, labels, draws, metrics=METRICS, constant=flat).metrics
    row: dict[str, object] = {metric: float(one.point[-1]) for metric, one in found.items()}
    low, high = found["spearman"].interval()
    row |= {"spearman_low": float(low[-1]), "spearman_high": float(high[-1])}
    for metric, one in found.items():
        row |= {f"{metric}_{name}": float(v) for name, v in zip(names, one.point, strict=False)}
    return row
