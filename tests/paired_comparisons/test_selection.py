"""The penalty, standard errors and debiasing, against simulated truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from trifold.errors import InputError
from trifold.paired_comparisons.analysis import analyse, fit_nuclear
from trifold.paired_comparisons.diagnostics.reliability import (
    separation,
    spearman_brown,
    split_half,
)
from trifold.paired_comparisons.io.simulate import draw_outcomes, recruitview_sizes, simulate
from trifold.paired_comparisons.model.blocks import blocks, information
from trifold.paired_comparisons.model.calibration import refit, slopes
from trifold.paired_comparisons.model.comparisons import centred, subset
from trifold.paired_comparisons.model.likelihood import differences, no_effects
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.selection import fold_of_pairs, select_penalty
from trifold.paired_comparisons.model.solver import largest_penalty
from trifold.paired_comparisons.model.uncertainty import nuclear_uncertainty, ridge_uncertainty
from trifold.paired_comparisons.settings import AnalysisSettings

FIVE = ("a", "b", "c", "d", "e")


@pytest.fixture(scope="module")
def made():
    return simulate([60, 30, 20], per_clip=14, seed=0, dimensions=FIVE, raters=10)


@pytest.fixture(scope="module")
def found(made):
    return analyse(made.data, AnalysisSettings(pairs=0))


def r_squared(scores, truth) -> float:
    return float(np.mean([np.corrcoef(scores[:, k], truth[:, k])[0, 1] ** 2
                          for k in range(scores.shape[1])]))  # fmt: skip


def test_pairs_are_held_out_whole_and_questions_stay_connected() -> None:
    data = simulate([25, 14], per_clip=4, seed=2, dimensions=FIVE, shared=True).data
    fold = fold_of_pairs(data, folds=4, seed=0)
    for pair in np.unique(data.pair):
        assert len(set(fold[data.pair == pair])) == 1
    whole = _n_components(data)
    for f in range(4):
        assert 0.02 < (fold == f).mean() < 0.3
        assert _n_components(subset(data, fold != f)) == whole
    assert (fold == -1).any()


def _n_components(data) -> int:
    graph = np.zeros((data.shape[0],) * 2)
    graph[data.left, data.right] = 1
    return connected_components(graph, directed=False)[0]


def test_one_standard_error_rule_takes_the_larger_penalty_and_predicts(made) -> None:
    found = select_penalty(made.data, no_effects(made.data))
    means = found.loss.mean(axis=1)
    assert found.chosen <= found.best  # fractions fall
    error = found.loss[found.best].std(ddof=1) / np.sqrt(5)
    assert means[found.chosen] <= means[found.best] + error
    if found.chosen:
        assert means[found.chosen - 1] > means[found.best] + error
    assert means[found.chosen] < found.baseline == pytest.approx(np.log(2))
    x = differences(made.truth, no_effects(made.data), made.data)
    assert np.corrcoef(found.differences, x)[0, 1] > 0.8


def test_few_comparisons_fall_back_on_the_size_of_coin_flips() -> None:
    tree = simulate([5], per_clip=1.6, seed=0, dimensions=("a", "b"), shared=True).data
    found = analyse(tree, AnalysisSettings(pairs=3))
    assert found.selection is None
    assert np.isfinite(found.debiased.values).all()
    assert (found.slopes == 1).all()


def test_nuclear_beats_each_dimension_alone_when_comparisons_are_few() -> None:
    """The first row of the recovery table in the benchmark, at its penalty."""
    made = simulate(recruitview_sizes(), per_clip=2.26, seed=0)
    effects = no_effects(made.data)
    nuclear_r = np.sqrt(r_squared(fit_nuclear(made.data, effects, fraction=0.25), made.truth))
    ridge_r = np.sqrt(r_squared(fit_ridge(made.data, effects), made.truth))
    assert nuclear_r == pytest.approx(0.807, abs=0.025)
    assert ridge_r == pytest.approx(0.594, abs=0.025)


def test_ridge_errors_are_the_inverse_hessian_with_the_mean_taken_out(made) -> None:
    data, effects = made.data, no_effects(made.data)
    scores = fit_ridge(data, effects)
    ours = ridge_uncertainty(data, scores, effects)
    block = list(blocks(data))[7]
    fisher = information(block, scores, data, effects)
    n = len(fisher)
    centring = np.eye(n) - 1 / n
    inverse = np.linalg.inv(fisher + 0.5 * np.eye(n))
    at = (block.clips, block.dimension)
    np.testing.assert_allclose(ours.posterior[at], np.diag(centring @ inverse @ centring))
    np.testing.assert_allclose(ours.sampling[at], np.diag(inverse @ fisher @ inverse))


def test_with_one_dimension_the_nuclear_errors_are_those_of_an_equal_ridge() -> None:
    data = simulate([30], per_clip=12, seed=1, dimensions=("a",)).data
    effects = no_effects(data)
    scores = fit_nuclear(data, effects, fraction=0.1)
    penalty = 0.1 * largest_penalty(data, effects)
    ours = nuclear_uncertainty(data, scores, effects, penalty=penalty)
    precision = penalty * data.weight.sum() / np.linalg.norm(scores)
    ridge = fit_ridge(data, effects, precision=precision, tolerance=1e-11)
    np.testing.assert_allclose(scores, ridge, atol=1e-4)  # ‖Θ‖_* is ‖θ‖ here: same shrinkage
    theirs = ridge_uncertainty(data, scores, effects, precision=precision)
    np.testing.assert_allclose(ours.posterior, theirs.posterior, rtol=1e-9)


def test_sampling_errors_are_what_repeated_judgements_show() -> None:
    made = simulate([25], per_clip=24, seed=3, dimensions=("a", "b"))
    ten_times = subset(made.data, np.tile(np.arange(len(made.data)), 10))
    effects = no_effects(ten_times)
    x = differences(made.truth, effects, ten_times)
    rng = np.random.default_rng(0)
    fits = [fit_ridge(replace(ten_times, outcome=draw_outcomes(x, 0.0, rng)), effects)
            for _ in range(150)]  # fmt: skip
    measured = np.var(fits, axis=0).mean()
    predicted = ridge_uncertainty(ten_times, np.mean(fits, axis=0), effects).sampling.mean()
    assert predicted == pytest.approx(measured, rel=0.1)


def test_errors_cover_the_truth_and_reliability_is_its_squared_correlation(made, found) -> None:
    for scores in (found.debiased, found.ridge):
        inside = np.abs(scores.values - made.truth) < 1.96 * scores.errors
        assert 0.88 < inside.mean() < 0.985
        measured = r_squared(scores.values, made.truth)
        assert scores.reliability.mean() == pytest.approx(measured, abs=0.06)
    halves = spearman_brown(found.split.nuclear.mean(axis=0)).mean()
    assert halves == pytest.approx(r_squared(found.debiased.values, made.truth), abs=0.06)


@pytest.mark.parametrize("kept", [0, 1, 20, 60, 200])
def test_ridge_errors_of_clips_that_hardly_met_are_those_of_the_whole_matrix(kept: int) -> None:
    """Components of one clip, of a few, and of most of a question."""
    made = simulate([90, 12], per_clip=10, seed=4, dimensions=("a", "b")).data
    data = subset(made, np.random.default_rng(0).permutation(len(made))[:kept])
    scores, effects = fit_ridge(made, no_effects(made)), no_effects(made)
    ours = ridge_uncertainty(data, scores, effects, precision=0.7)
    assert ours.exact
    for block in blocks(data):
        fisher, at = information(block, scores, data, effects), (block.clips, block.dimension)
        inverse = np.linalg.inv(fisher + 0.7 * np.eye(len(fisher)))
        whole = np.diag(inverse) - 1 / 0.7 / len(fisher)
        np.testing.assert_allclose(ours.posterior[at], whole, atol=1e-12)
        np.testing.assert_allclose(ours.sampling[at], np.diag(inverse @ fisher @ inverse),
                                   atol=1e-12)  # fmt: skip


def test_large_questions_fall_back_on_known_opponents(made, monkeypatch) -> None:
    data, effects = made.data, no_effects(made.data)
    scores = fit_ridge(data, effects)
    exact = ridge_uncertainty(data, scores, effects)
    monkeypatch.setattr("trifold.paired_comparisons.model.uncertainty.LARGEST_SYSTEM", 10)
    rough = ridge_uncertainty(data, scores, effects)
    assert exact.exact
    assert not rough.exact
    assert rough.posterior.mean() == pytest.approx(exact.posterior.mean(), rel=0.1)


def test_slopes_undo_shrinkage_and_tell_reversed_from_random(made) -> None:
    data, effects = made.data, no_effects(made.data)
    x = differences(made.truth, effects, data)
    group = np.arange(len(data)) % 3
    rng = np.random.default_rng(0)
    outcome = np.where(group == 1, 1 - data.outcome, data.outcome)
    outcome = np.where(group == 2, rng.integers(0, 2, len(data)), outcome)
    slope, error = slopes(0.5 * x, replace(data, outcome=outcome), effects, group, 4)
    assert slope[:3] == pytest.approx([2, -2, 0], abs=4 * error[:3].max())
    assert (slope[3], error[3]) == (1, 1)  # nobody in it
    assert slopes(np.full(len(data), np.nan), data, effects, group, 3)[0].tolist() == [1, 1, 1]


def test_debiasing_widens_scores_and_keeps_their_rank(made) -> None:
    shrunk = analyse(made.data, AnalysisSettings(debias="none", halves=1, pairs=0)).debiased
    scaled = analyse(made.data, AnalysisSettings(halves=1, pairs=0)).debiased
    again = analyse(made.data, AnalysisSettings(debias="refit", halves=1, pairs=0)).debiased
    deviation = [np.std(s.values - made.truth) for s in (shrunk, scaled)]
    assert deviation[1] < deviation[0]
    assert scaled.values.std() > shrunk.values.std()
    np.testing.assert_allclose(scaled.reliability, shrunk.reliability, rtol=1e-9)
    assert again.values.std() > shrunk.values.std()
    assert np.abs(centred(again.values, made.data.question) - again.values).max() < 1e-10


def test_refitting_stays_in_the_span(made) -> None:
    data, effects = made.data, no_effects(made.data)
    scores = fit_nuclear(data, effects, fraction=0.4)
    rank = np.linalg.matrix_rank(scores, tol=1e-8)
    again = refit(data, scores, effects, ridge=1e-5)
    assert rank < 5
    assert np.linalg.matrix_rank(np.hstack([scores.T, again.T]), tol=1e-6) == rank


def test_halves_share_no_rater_and_without_raters_no_pair(made) -> None:
    by_rater = split_half(made.data, no_effects(made.data), fraction=0.1, repeats=2)
    assert by_rater.by_rater
    assert by_rater.nuclear.shape == (2, 5)
    assert (by_rater.nuclear > by_rater.ridge).mean() > 0.8
    unknown = replace(made.data, rater=np.full(len(made.data), -1), raters=())
    assert not split_half(unknown, no_effects(unknown), fraction=0.1, repeats=1).by_rater


def test_spearman_brown_and_separation_by_hand() -> None:
    assert spearman_brown(np.array([0.0, 0.5, 1.0])).tolist() == pytest.approx([0, 2 / 3, 1])
    scores = np.array([[1.0, 0], [-1, 0]])
    assert separation(scores, np.array([[0.1, 0.1], [0.3, 0.1]])).tolist() == [0.8, 0]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"folds": 1}, "expected folds of 2 or more"),
        ({"fractions": (1.5,)}, "expected at least one fraction between 0 and 1"),
        ({"debias": "magic"}, "expected debias among slopes, refit, none"),
        ({"precision": 0.0}, "expected a positive precision"),
        ({"halves": 0}, "expected halves of 1 or more"),
        ({"pairs": -1}, "expected pairs of 0 or more"),
    ],
)
def test_settings_are_checked(setting, message) -> None:
    with pytest.raises(InputError, match=message):
        AnalysisSettings(**setting)
