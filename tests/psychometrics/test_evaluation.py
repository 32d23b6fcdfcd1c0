"""The metric table that goes to metrics.json."""

from __future__ import annotations

import json

import numpy as np

from src.contracts import Target, TargetSchema
from src.psychometrics.evaluation import evaluate
from src.psychometrics.metrics import spearman

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
        assert np.mean(list(row["per_target"].values())) == row["mean"]
    assert table["spearman"]["per_target"]["drive"] == spearman(preds[:, 1], target[:, 1])
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
