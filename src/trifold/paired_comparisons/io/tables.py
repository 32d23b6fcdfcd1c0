"""The analysis as tables and JSON-ready numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trifold.contracts import Array
from trifold.paired_comparisons.analysis import Analysis
from trifold.paired_comparisons.diagnostics.reliability import spearman_brown
from trifold.paired_comparisons.model.comparisons import degrees, standardized


def scores_table(found: Analysis) -> pd.DataFrame:
    """One row per clip and dimension.

    ``score`` and ``error`` are logits after debiasing, ``z`` the score standardised within its
    question, ``ridge`` and ``ridge_error`` the same fitted on this dimension alone, ``comparisons``
    how often it was compared, ``won`` the share won (ties count half), and ``extreme`` marks clips
    that won or lost every time.
    """
    data = found.data
    n, d = data.shape
    count = degrees(data)
    columns: dict[str, Array] = {
        "score": found.debiased.values,
        "error": found.debiased.errors,
        "z": standardized(found.debiased.values, data.question),
        "ridge": found.ridge.values,
        "ridge_error": found.ridge.errors,
        "comparisons": count,
        "won": _share_won(found, count),
        "extreme": found.extreme,
    }
    table = pd.DataFrame(
        {
            "clip_id": np.repeat(data.clips, d),
            "question_id": np.repeat(np.array(data.questions)[data.question], d),
            "dimension": np.tile(data.dimensions, n),
        }
    )
    return table.assign(**{name: values.ravel() for name, values in columns.items()})


def labels_table(found: Analysis) -> pd.DataFrame:
    """One row per clip, one column per dimension: debiased scores, ready to join to a manifest."""
    data = found.data
    table = pd.DataFrame(found.debiased.values, columns=list(data.dimensions))
    table.insert(0, "clip_id", list(data.clips))
    table.insert(1, "question_id", np.array(data.questions)[data.question])
    return table


def schema_of(found: Analysis, *, name: str) -> dict[str, Any]:
    """A target schema whose scale holds every score: symmetric whole numbers of logits."""
    reach = np.ceil(np.abs(found.debiased.values).max(axis=0) + 1e-9)
    return {
        "name": name,
        "targets": [
            {"name": k, "low": -float(r), "high": float(r), "source": "observer"}
            for k, r in zip(found.data.dimensions, reach, strict=True)
        ],
    }


def raters_table(found: Analysis) -> pd.DataFrame:
    """One row per rater."""
    fit = found.raters
    if fit is None:
        return pd.DataFrame({"rater": list(found.data.raters)})
    return pd.DataFrame(
        {
            "rater": list(found.data.raters),
            "comparisons": fit.comparisons,
            "tie_rate": fit.tie_rate,
            "side": fit.side,
            "side_error": fit.side_error,
            "infit": fit.infit,
            "infit_z": fit.infit_z,
            "outfit": fit.outfit,
            "slope": fit.slope,
            "slope_error": fit.slope_error,
            "misfit": fit.misfits,
            "upside_down": fit.upside_down,
        }
    )


def questions_table(found: Analysis) -> pd.DataFrame:
    """One row per question and dimension: how its comparisons hang together."""
    data = found.data
    rows = [
        {
            "question_id": data.questions[c.question],
            "dimension": data.dimensions[c.dimension],
            "clips": c.clips,
            "comparisons": c.comparisons,
            "components": c.components,
            "win_components": c.win_components,
            "least": c.least,
            "algebraic": c.algebraic,
        }
        for c in found.connections
    ]
    return pd.DataFrame(rows)


def pairs_table(found: Analysis) -> pd.DataFrame:
    """The next best pairs, best first, with the columns that the reader takes."""
    data = found.data
    rows = [
        {
            "question": data.questions[data.question[pair.left]],
            "left": data.clips[pair.left],
            "right": data.clips[pair.right],
            "gain": pair.gain,
        }
        for pair in found.suggestions
    ]
    return pd.DataFrame(rows, columns=["question", "left", "right", "gain"])


def dimensions_table(found: Analysis) -> pd.DataFrame:
    """One row per dimension: spread, reliability and consistency."""
    split = found.split
    return pd.DataFrame(
        {
            "dimension": list(found.data.dimensions),
            "sd": found.debiased.values.std(axis=0),
            "error": np.sqrt((found.debiased.errors**2).mean(axis=0)),
            "slope": found.slopes,
            "separation": found.debiased.reliability,
            "split_half": spearman_brown(split.nuclear.mean(axis=0)),
            "ridge_sd": found.ridge.values.std(axis=0),
            "ridge_error": np.sqrt((found.ridge.errors**2).mean(axis=0)),
            "ridge_separation": found.ridge.reliability,
            "ridge_split_half": spearman_brown(split.ridge.mean(axis=0)),
            "tie_rate": _tie_rates(found),
            "tie_weight": found.effects.tie_weight,
            "triads": [t.triads for t in found.triads],
            "circular": [t.circular for t in found.triads],
            "circular_expected": [t.expected for t in found.triads],
        }
    )


def path_table(found: Analysis) -> pd.DataFrame:
    """One row per penalty tried: held-out log loss and halo."""
    halo = dict(found.halo_path)
    selection = found.selection
    if selection is None:
        return pd.DataFrame({"fraction": list(halo), "mean_correlation": list(halo.values())})
    tried = np.isfinite(selection.loss).all(axis=1)
    error = selection.loss.std(axis=1, ddof=1) / np.sqrt(selection.loss.shape[1])
    return pd.DataFrame(
        {
            "fraction": selection.fractions[tried],
            "log_loss": selection.loss[tried].mean(axis=1),
            "error": error[tried],
            "chosen": np.arange(len(tried))[tried] == selection.chosen,
            "mean_correlation": [halo.get(f, float("nan")) for f in selection.fractions[tried]],
        }
    )


def summary(found: Analysis, *, findings: Sequence[str], warnings: Sequence[str]) -> dict[str, Any]:
    """What ``results.json`` holds; None where a number is undefined."""
    data, selection = found.data, found.selection
    facts: dict[str, Any] = {
        "data": {
            "comparisons": len(data),
            "pairs": len(np.unique(data.pair)),
            "clips": data.shape[0],
            "questions": len(data.questions),
            "dimensions": list(data.dimensions),
            "raters": len(data.raters),
            "tie_rate": float(np.average(data.tied, weights=data.weight)),
            "seed": found.settings.seed,
        },
        "penalty": {
            "fraction": found.fraction,
            "largest": found.penalty_scale[0],
            "coin_flip_norm": found.penalty_scale[1],
            "by": "cross-validation" if selection else "coin flips",
            "log_loss": float(selection.loss[selection.chosen].mean()) if selection else None,
            "log_loss_of_coin_flips": selection.baseline if selection else None,
            "pairs_never_held_out": selection.n_kept if selection else None,
            "singular_values": found.singular.tolist(),
            "debias": found.settings.debias,
        },
        "side": {"estimated": found.free.side, "logits": found.effects.side},
        "dimensions": dimensions_table(found).to_dict(orient="records"),
        "halo": {
            name: {
                "mean_correlation": halo.mean_correlation,
                "first_share": halo.first_share,
                "effective_rank": halo.effective_rank,
            }
            for name, halo in found.halos.items()
        },
        "halves_by": "raters" if found.split.by_rater else "pairs",
        "findings": list(findings),
        "warnings": list(warnings),
    }
    cleaned: dict[str, Any] = _defined(facts)
    return cleaned


def _defined(value: Any) -> Any:
    """NaN to None, NumPy numbers to Python's, at any depth."""
    if isinstance(value, dict):
        return {str(k): _defined(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_defined(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _share_won(found: Analysis, count: Array) -> Array:
    data = found.data
    n, d = data.shape
    cells = np.concatenate([data.left, data.right]) * d + np.tile(data.dimension, 2)
    gains = np.concatenate([data.weight * data.outcome, data.weight * (1 - data.outcome)])
    won = np.bincount(cells, gains, n * d).reshape(n, d)
    share: Array = np.divide(won, count, out=np.full((n, d), np.nan), where=count > 0)
    return share


def _tie_rates(found: Analysis) -> Array:
    data = found.data
    d = data.shape[1]
    total = np.bincount(data.dimension, data.weight, d)
    ties = np.bincount(data.dimension, data.weight * data.tied, d)
    rates: Array = ties / np.maximum(total, 1e-12)
    return rates
