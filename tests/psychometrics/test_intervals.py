"""Intervals cover what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from trifold.psychometrics.intervals import (
    bootstrap_rows,
    conformal_half_width,
    correlation_interval,
    coverage_of,
    errors_by_person,
    largest_coverage,
    people_needed,
    percentile_interval,
)


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_conformal_band_covers_new_candidates(coverage: float) -> None:
    generator = np.random.default_rng(0)
    hits = []
    for _ in range(2000):
        held_out, new = generator.standard_t(3, 40), generator.standard_t(3)
        hits.append(abs(new) <= conformal_half_width(held_out, coverage=coverage))
    # at least nominal, and at most 1/(n + 1) above: the finite-sample law, ± Monte Carlo error
    assert coverage - 0.02 <= np.mean(hits) <= coverage + 1 / 41 + 0.02


def test_conformal_rank_is_exact_and_too_few_rows_mean_no_band() -> None:
    residuals = np.array([-1.0, 2.0, -3.0, 4.0, np.nan])
    assert conformal_half_width(residuals, coverage=0.8) == 4.0  # ceil(5 * .8) = 4th smallest
    assert conformal_half_width(residuals, coverage=0.6) == 3.0
    assert np.isinf(conformal_half_width(residuals, coverage=0.9))


def test_percentile_interval_of_a_mean_matches_theory() -> None:
    values = np.random.default_rng(1).normal(size=400)
    means = np.array([values[rows].mean() for rows in bootstrap_rows(400, resamples=2000, seed=0)])
    low, high = percentile_interval(means[:, None])
    assert (high - low)[0] == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_percentile_interval_skips_undefined_resamples() -> None:
    samples = np.array([[np.nan, np.nan], [1.0, np.nan], [3.0, np.nan]])
    low, high = percentile_interval(samples, coverage=0.999999)
    assert low[0] == pytest.approx(1.0, abs=1e-4)
    assert high[0] == pytest.approx(3.0, abs=1e-4)
    assert np.isnan(low[1])


def test_bootstrap_repeats_with_its_seed() -> None:
    first, again = (list(bootstrap_rows(9, resamples=3, seed=5)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_coverage_counts_labelled_rows_only() -> None:
    target = np.array([[0.0, np.nan], [2.0, np.nan]])
    covered = coverage_of(np.array([1.0, 1.0]), np.zeros((2, 2)), target)
    assert covered[0] == 0.5
    assert np.isnan(covered[1])


def test_people_are_drawn_with_all_their_answers() -> None:
    """The interval of a mean of four answers each is that of 100 people, not of 400 answers."""
    generator = np.random.default_rng(0)
    people = np.repeat([f"p{i}" for i in range(100)], 4)
    values = np.repeat(generator.normal(size=100), 4) + 0.1 * generator.normal(size=400)
    shuffled = generator.permutation(400)
    people, values = people[shuffled], values[shuffled]
    draws = list(bootstrap_rows(400, resamples=1500, seed=0, groups=people))
    for rows in draws[:20]:
        drawn, counts = np.unique(people[rows], return_counts=True)
        assert (counts % 4 == 0).all()
        assert len(drawn) < 100
    low, high = percentile_interval(np.array([[values[rows].mean()] for rows in draws]))
    by_person = [values[people == p].mean() for p in np.unique(people)]
    assert (high - low)[0] == pytest.approx(2 * 1.96 * np.std(by_person) / 10, rel=0.1)


def test_groups_of_one_change_no_draw() -> None:
    plain = list(bootstrap_rows(20, resamples=5, seed=3))
    grouped = list(bootstrap_rows(20, resamples=5, seed=3, groups=[f"p{i}" for i in range(20)]))
    np.testing.assert_array_equal(plain, grouped)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.92, 0.95, 0.99])
def test_people_needed_is_the_least_that_gives_a_band(coverage: float) -> None:
    n = people_needed(coverage)
    assert np.isfinite(conformal_half_width(np.arange(n, dtype=float), coverage=coverage))
    assert n == 1 or np.isinf(conformal_half_width(np.arange(n - 1.0), coverage=coverage))
    assert largest_coverage(n) >= coverage > (largest_coverage(n - 1) if n > 1 else 0)


def test_errors_of_one_answer_a_person_are_plain_errors() -> None:
    residuals = np.random.default_rng(0).normal(size=(7, 2))
    residuals[3, 1] = np.nan
    errors = errors_by_person(residuals, list("abcdefg"))
    np.testing.assert_array_equal(errors[:, 0], np.sort(np.abs(residuals[:, 0])))
    np.testing.assert_array_equal(errors[:6, 1], np.sort(np.abs(np.delete(residuals[:, 1], 3))))
    assert np.isnan(errors[6, 1])
    assert errors_by_person(np.full((2, 1), np.nan), ["a", "b"]).shape == (0, 1)


def test_three_people_with_many_answers_are_three_people() -> None:
    residuals = np.random.default_rng(0).normal(size=(30, 1))
    errors = errors_by_person(residuals, [f"p{i % 3}" for i in range(30)])
    assert errors.shape == (3, 1)
    assert np.isinf(conformal_half_width(errors[:, 0], coverage=0.9))
    assert errors[-1, 0] == np.abs(residuals).max()


def test_bands_by_person_cover_answers_of_new_people() -> None:
    """Answers of one person err alike; counted one by one their interval covers too little."""
    generator, hits = np.random.default_rng(1), {"people": [], "answers": []}
    for _ in range(1500):
        given = generator.integers(1, 12, 12)
        people = np.repeat(np.arange(12), given).astype(str)
        errors = np.repeat(generator.normal(size=12), given) + 0.1 * generator.normal(
            size=len(people)
        )
        new = abs(generator.normal() + 0.1 * generator.normal())
        interval = {"people": errors_by_person(errors[:, None], people)[:, 0], "answers": errors}
        for name, held_out in interval.items():
            hits[name].append(new <= conformal_half_width(held_out, coverage=0.9))
    assert np.mean(hits["people"]) >= 0.9 - 0.015
    assert np.mean(hits["answers"]) < 0.88


def test_an_infinite_band_is_none_and_covers_nothing() -> None:
    preds, target = np.zeros((4, 2)), np.ones((4, 2))
    covered = coverage_of(np.array([np.inf, 2.0]), preds, target)
    assert np.isnan(covered[0])
    assert covered[1] == 1.0
    widths = np.array([[np.inf], [np.inf], [0.5], [2.0]])
    assert coverage_of(widths, preds[:, :1], target[:, :1])[0] == 0.5


def test_fisher_intervals() -> None:
    low, high = correlation_interval(0.3, 12)  # tanh(atanh .3 ± 1.96/3)
    assert (low, high) == (pytest.approx(-0.3309, abs=1e-4), pytest.approx(0.7455, abs=1e-4))
    assert correlation_interval(0.3, 3) is None
    assert correlation_interval(-1.0, 12) == (-1.0, -1.0)
