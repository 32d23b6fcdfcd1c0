"""Draws by counts, against the rows that they stand for and against independent libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trifold.psychometrics.comparison import paired_differences
from trifold.psychometrics.counted import counted_metrics, counted_ranks, within_folds
from trifold.psychometrics.evaluation import measured
from trifold.psychometrics.metrics import METRICS, spearman
from trifold.psychometrics.replicates import draws_of, replicate

DRAW = np.random.default_rng(0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.booleans())
def test_counts_give_what_repeated_rows_give(seed: int, n: int, tied: bool) -> None:
    draw = np.random.default_rng(seed)
    preds, target = draw.normal(size=(2, n))
    if tied:
        preds, target = np.round(preds), np.round(target)
    counts = draw.multinomial(n, np.full(n, 1 / n))
    rows = np.repeat(np.arange(n), counts)
    found = counted_metrics(preds, target, counts[:, None].astype(float), list(METRICS))
    for name, metric in METRICS.items():
        expected = metric(preds[rows], target[rows])
        if name == "ccc" and len(np.unique(preds[rows])) == 1:
            continue  # 0 or NaN by the last digit; constant scores are hidden elsewhere
        assert found[name][0] == pytest.approx(expected, nan_ok=True, abs=1e-9), name
    ranks = counted_ranks(preds, counts[:, None].astype(float))[:, 0]
    np.testing.assert_allclose(ranks[rows], stats.rankdata(preds[rows]))


def test_float32_counts_are_as_good() -> None:
    preds, target = DRAW.normal(size=(2, 400))
    counts = DRAW.multinomial(400, np.full(400, 1 / 400), size=5).T
    names = list(METRICS)
    exact = counted_metrics(preds, target, counts.astype(float), names)
    short = counted_metrics(preds, target, counts.astype(np.float32), names)
    for name in names:
        np.testing.assert_allclose(short[name], exact[name], atol=1e-5)


def test_the_interval_is_the_one_of_scipy() -> None:
    preds, target = DRAW.normal(size=(2, 60)) + DRAW.normal(size=60)
    draws = draws_of(60, resamples=6000)
    ours = measured(preds[:, None], target[:, None], draws, metrics=("mse",)).metrics["mse"]
    errors = (preds - target) ** 2
    theirs = stats.bootstrap((errors,), np.mean, n_resamples=6000, method="BCa", rng=1)
    low, high = ours.interval()
    assert low[0] == pytest.approx(theirs.confidence_interval.low, abs=0.02)
    assert high[0] == pytest.approx(theirs.confidence_interval.high, abs=0.04)


def test_people_are_drawn_with_all_their_rows() -> None:
    people = [f"p{i // 3}" for i in range(30)]
    for counts in draws_of(30, resamples=50, groups=people).counts():
        assert (counts.reshape(10, 3, -1) == counts[::3][:, None]).all()
        assert (counts[::3].sum(axis=0) == 10).all()


def test_trainings_that_differ_widen_the_interval() -> None:
    """The variance over people and the variance between the trainings add up."""
    target = DRAW.normal(size=(300, 1))
    one = target + DRAW.normal(size=(300, 1))
    shift = np.array([-0.4, 0.0, 0.4])[:, None, None]
    draws = draws_of(300, resamples=6000)
    alone = replicate(lambda s, c: np.column_stack([(one[:, 0] @ c) / c.sum(axis=0)]), draws)
    spread = replicate(
        lambda s, c: np.column_stack([((one + shift[s])[:, 0] @ c) / c.sum(axis=0)]),
        draws,
        repeats=3,
    )
    assert spread.drawn.var() == pytest.approx(alone.drawn.var() + shift.var(), rel=0.03)
    assert spread.between[0] == pytest.approx(0.4)
    same = measured(np.stack([one] * 3), target, draws, metrics=("mse",)).metrics["mse"]
    single = measured(one, target, draws, metrics=("mse",)).metrics["mse"]
    np.testing.assert_allclose(same.interval(), single.interval(), rtol=1e-5)


def test_a_difference_that_one_training_turns_is_not_clear_of_zero() -> None:
    target = DRAW.normal(size=(400, 1))
    noise = DRAW.normal(size=(400, 1))
    good, poor = target + 0.9 * noise, target + 1.1 * noise
    steady = paired_differences(np.stack([good] * 3), np.stack([poor] * 3), target, resamples=999)
    assert steady["mse"]["high"] < 0
    turned = np.stack([good, good, poor]), np.stack([poor, poor, good])
    assert paired_differences(*turned, target, resamples=999)["mse"]["high"] > 0


def test_within_folds_undoes_the_levels_of_folds() -> None:
    """Means of the other folds order nobody within a fold, and negatively when pooled."""
    target, folds = DRAW.normal(size=100), np.arange(100) % 10
    left_out = np.array([target[folds != f].mean() for f in folds])
    assert spearman(left_out, target) < -0.1
    assert np.isnan(within_folds(left_out, target, np.ones((100, 1)), folds)[0])
    good = target + 5.0 * folds  # right within a fold, off between folds
    assert within_folds(good, target, np.ones((100, 1)), folds)[0] == pytest.approx(1)
    by_hand = [spearman(-(target[folds == f] ** 3), target[folds == f]) for f in range(10)]
    found = within_folds(-(target**3), target, np.ones((100, 1)), folds)[0]
    assert found == pytest.approx(np.mean(by_hand))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_people_give_gaps_or_numbers_and_never_fail(n: int) -> None:
    preds, target = DRAW.normal(size=(2, n, 2))
    found = measured(preds, target, draws_of(n, resamples=40), folds=np.zeros((1, n), int))
    table = found.table(["a", "b"])
    assert table["mse"]["mean"] == pytest.approx(np.mean((preds - target) ** 2))
    assert table["spearman_within"]["mean"] is None or n == 3
    assert table["spearman"]["seed_sd"] is None
