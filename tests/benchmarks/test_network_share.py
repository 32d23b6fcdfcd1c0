"""A share of a network beside a recipe, held against the recipe alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.network_share import gains
from trifold.errors import InputError
from trifold.training.results.comparison import RunResult


def _run(name: str, preds: np.ndarray, labels: np.ndarray) -> RunResult:
    ids = tuple(f"p{number:02d}" for number in range(len(labels)))
    return RunResult(name, {}, ids, ids, preds, labels, tuple(range(len(preds))))


@pytest.fixture
def runs() -> tuple[RunResult, RunResult]:
    """A recipe that errs, and a network that errs as much elsewhere."""
    generator = np.random.default_rng(0)
    labels = generator.normal(size=(60, 2))
    noise = generator.normal(size=(2, 3, 60, 2))
    return _run("recipe", labels + noise[0], labels), _run("network", labels + noise[1], labels)


def test_nothing_of_a_network_adds_nothing(runs: tuple[RunResult, RunResult]) -> None:
    points, drawn = gains(*runs, share=0.0, draws=50, seed=0)
    np.testing.assert_allclose(points, 0.0, atol=1e-12)
    np.testing.assert_allclose(drawn, 0.0, atol=1e-12)


def test_other_errors_cancel(runs: tuple[RunResult, RunResult]) -> None:
    points, drawn = gains(*runs, share=0.5, draws=200, seed=0)
    assert points[0] > 0
    assert points[1] == pytest.approx(-0.5, abs=0.2)  # half the noise's variance of 1
    assert (drawn[:, 1] < 0).mean() > 0.99


def test_the_unit_of_a_scale_does_not_count(runs: tuple[RunResult, RunResult]) -> None:
    tens = [replace(run, preds=10 * run.preds, labels=10 * run.labels) for run in runs]
    points, _ = gains(*tens, share=0.3, draws=20, seed=0)
    np.testing.assert_allclose(points, gains(*runs, share=0.3, draws=20, seed=0)[0])


def test_runs_of_others_are_refused(runs: tuple[RunResult, RunResult]) -> None:
    with pytest.raises(InputError, match="expected a run of the 60 candidates of recipe, seeds"):
        gains(runs[0], replace(runs[1], seeds=(7, 8, 9)), share=0.3, draws=20, seed=0)
