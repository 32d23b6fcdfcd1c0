"""The metric table that goes to metrics.json."""

from __future__ import annotations

import json

import numpy as np
import pytest

from trifold.contracts import Target, TargetSchema
from trifold.psychometrics.comparison import paired_differences
from trifold.psychometrics.evaluation import evaluate
from trifold.psychometrics.metrics import spearman

SCHEMA = TargetSchema("two", (Target("warmth", 1, 7), Target("drive", 1, 5)))


def make(n: int = 50) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    target = generator.uniform(1, 5, (n, 2))
    return target + generator.normal(0, 1, (n, 2)), target


def test_intervals_enclose_the_point_and_means_are_means() -> None:
    preds, target = make()
    table = evaluate(preds, target, SCHEMA, resamples=200)
    for name, row in table.items():
        assert row["low"] <= row["mean"] <= row["high"], name
        assert np.mean(list(row["per_target"].values())) == pytest.approx(row["mean"])
    assert table["spearman"]["per_target"]["drive"] == pytest.approx(
        spearman(preds[:, 1], target[:, 1])
    )
    assert set(table) >= {"spearman", "pearson", "ccc", "c_index", "r2", "mse", "mae"}
    assert "one_minus_mae" in table


def test_unlabelled_rows_do_not_count() -> None:
    preds, target = make()
    holes = target.copy()
    holes[:20, 0] = np.nan
    table = evaluate(preds, holes, SCHEMA, resamples=0)
    assert table["mse"]["per_target"]["warmth"] == np.mean((preds - target)[20:, 0] ** 2)


def test_undefined_is_null_in_strict_json() -> None:
    _, target = make()
    constant = np.tile(target.mean(axis=0), (len(target), 1))
    table = evaluate(constant, target, SCHEMA, resamples=20)
    assert table["spearman"]["mean"] is None
    assert table["spearman"]["low"] is None
    json.dumps(table, allow_nan=False)


def test_same_seed_same_interval() -> None:
    preds, target = make()
    assert evaluate(preds, target, SCHEMA, resamples=50, seed=3) == evaluate(
        preds, target, SCHEMA, resamples=50, seed=3
    )


def test_scores_that_are_constant_in_every_fold_order_nobody() -> None:
    """Means of the others, pooled over folds, correlate at -1 with what they leave out."""
    _, target = make()
    n = len(target)
    left_out = (target.sum(axis=0) - target) / (n - 1)
    assert spearman(left_out[:, 0], target[:, 0]) == pytest.approx(-1)
    table = evaluate(left_out, target, SCHEMA, resamples=10, constant=np.array([True, False]))
    for name in ("spearman", "pearson", "ccc", "c_index"):
        assert table[name]["per_target"]["warmth"] is None, name
        assert table[name]["per_target_low"]["warmth"] is None, name
        assert table[name]["per_target"]["drive"] is not None, name
    assert table["mse"]["per_target"]["warmth"] is not None
    apart = paired_differences(
        left_out, target, target, resamples=10, constant=np.array([True, True])
    )
    assert apart["spearman"] == {"difference": None, "low": None, "high": None}
    assert apart["mse"]["difference"] > 0


def test_a_target_that_nobody_rated_leaves_the_others_be() -> None:
    preds, target = make()
    target[:, 0] = np.nan
    table = evaluate(preds, target, SCHEMA, resamples=10)
    assert {row["per_target"]["warmth"] for row in table.values()} == {None}
    assert table["spearman"]["mean"] == table["spearman"]["per_target"]["drive"]
    apart = paired_differences(preds, preds + 1, target, resamples=10)
    assert apart["spearman"]["difference"] == 0
