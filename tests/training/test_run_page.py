"""What a run's page says of the model beside its baselines."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Target, TargetSchema
from trifold.training.results.construct import of_construct
from trifold.training.results.numbers import measure
from trifold.training.results.page import shortcut_alarm

SCHEMA = TargetSchema("two", (Target("warmth", 1, 7), Target("poise", 1, 7)))


def measured(noise: dict[str, float], *, shift: float = 0.0, n: int = 200) -> dict:
    """Metrics of a model whose errors have a standard deviation of .5, and of baselines."""
    generator = np.random.default_rng(0)
    truth = 4 + generator.normal(size=(n, 2))
    common = 0.5 * generator.normal(size=(n, 2))
    scores = {name: truth + common + s * generator.normal(size=(n, 2)) for name, s in noise.items()}
    return measure(
        truth + common + shift, scores, truth, SCHEMA, half_width=np.ones((1, n, 2)),
        coverage=0.9, resamples=300, seed=0,
        constant={name: np.zeros(2, dtype=bool) for name in ("model", *noise)},
    )  # fmt: skip


def test_a_baseline_that_is_surely_behind_is_no_alarm_though_intervals_overlap() -> None:
    metrics = measured({"close": 0.2})
    own, other = metrics["test"]["spearman"], metrics["baselines"]["close"]["spearman"]
    assert other["mean"] > own["low"]
    assert shortcut_alarm(metrics) is None


def test_a_baseline_that_is_level_in_order_or_in_error_is_named_with_both_values() -> None:
    said = shortcut_alarm(measured({"copy": 0.0, "behind": 1.0}))
    assert said is not None
    assert "not surely ahead of copy (Spearman 0." in said
    assert "MSE 0." in said
    assert "behind" not in said
    only_error = shortcut_alarm(measured({"close": 0.2}, shift=0.5))
    assert only_error is not None
    assert "Spearman" not in only_error


def test_the_training_mean_orders_nobody_and_is_judged_by_its_error() -> None:
    metrics = measured({"mean": 0.0})
    metrics["advantage"]["mean"]["spearman"] = dict.fromkeys(("difference", "low", "high"))
    said = shortcut_alarm(metrics)
    assert said is not None
    assert "Spearman" not in said


def test_many_scores_that_are_not_told_apart_are_counted() -> None:
    one = {"own": {"rho": 0.4}, "other": {"target": "poise", "rho": 0.5}}
    many = {
        f"t{i}": {**one, "difference": {"rho": -0.1 * i, "low": -1.0, "high": 0.1}}
        for i in range(9)
    }
    (said,) = of_construct({"discriminant": {"per_target": many}})
    assert "another target, 9 of 9: t8 from poise (.40 with its own rating, .50 with that)" in said
    assert said.endswith("; and 5 more.")
