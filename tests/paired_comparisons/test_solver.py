"""The label model's likelihood and solvers against laws and independent implementations."""

from __future__ import annotations

from dataclasses import replace

import choix
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize

from trifold.contracts import Array
from trifold.paired_comparisons.io.simulate import recruitview_sizes, simulate
from trifold.paired_comparisons.model.comparisons import (
    Comparisons,
    centred,
    mirrored,
    one_dimension,
    standardized,
)
from trifold.paired_comparisons.model.likelihood import (
    RaterEffects,
    differences,
    expected,
    log_loss,
    no_effects,
    probabilities,
    variance,
)
from trifold.paired_comparisons.model.rater_effects import (
    FreeEffects,
    alternating_fit,
    fit_effects,
    identifiable,
    side_information,
)
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.solver import (
    Gradient,
    coin_flip_norm,
    largest_penalty,
    minimise,
    nuclear,
    threshold_singular_values,
    unpenalised,
)

SMALL = simulate([12, 9], per_clip=8, seed=3, dimensions=("a", "b", "c", "d"))
TIED = simulate([12, 9], per_clip=8, seed=4, dimensions=("a", "b", "c"), tie_weight=0.8)


def objective(data: Comparisons, scores: Array, effects: RaterEffects) -> float:
    x, ties = differences(scores, effects, data), effects.tie_weight[data.dimension]
    return float(np.average(log_loss(x, data.outcome, ties), weights=data.weight))


def solve(data: Comparisons, share: float, tolerance: float = 1e-10) -> Array:
    effects = no_effects(data)
    prox = nuclear(share * largest_penalty(data, effects))
    return minimise(Gradient(data, effects), prox, tolerance=tolerance).scores


def against(wins: list[tuple[int, int]], n: int) -> Comparisons:
    """One question, one dimension, left always the winner of each pair."""
    left, right = np.array(wins).T
    m = len(wins)
    return Comparisons(
        left, right, np.zeros(m, int), np.ones(m), np.full(m, -1), np.ones(m),
        np.zeros(n, int), tuple(map(str, range(n))), ("q",), ("d",), (),
    )  # fmt: skip


@given(st.floats(-60, 60), st.floats(0, 50))
def test_three_answers_have_one_probability_and_mirror_each_other(x: float, ties: float) -> None:
    left, tie, right = probabilities(np.array([x, -x]), ties)
    assert (np.array([left, tie, right]) >= 0).all()
    assert left + tie + right == pytest.approx([1, 1])
    assert left[0] == pytest.approx(right[1], rel=1e-12)
    assert tie[0] == pytest.approx(tie[1])
    if ties:
        # Davidson (1970): a tie weighs ν against the geometric mean of the two
        assert tie[0] == pytest.approx(ties * np.sqrt(left[0] * right[0]), rel=1e-9)


@given(st.floats(-8, 8), st.floats(0, 5), st.sampled_from([0.0, 0.5, 1.0]))
def test_slope_and_curvature_are_those_of_the_log_loss(x: float, ties: float, y: float) -> None:
    if y == 0.5 and ties < 1e-3:
        return
    h, at = 1e-4, np.array([x - 1e-4, x, x + 1e-4])
    low, mid, high = log_loss(at, np.full(3, y), ties)
    assert (high - low) / (2 * h) == pytest.approx(float(expected(at, ties)[1]) - y, abs=1e-5)
    v = float(variance(at, ties)[1])
    assert (high - 2 * mid + low) / h**2 == pytest.approx(v, abs=1e-5)
    assert 0 <= v <= 0.25 + 1e-12


@pytest.mark.parametrize("made", [SMALL, TIED])
def test_gradient_is_that_of_the_objective_and_sums_to_zero_within_questions(made) -> None:
    data, effects = made.data, no_effects(made.data)
    gradient = Gradient(data, effects, ridge=0.1)
    at = np.random.default_rng(0).normal(size=data.shape)

    def f(flat: Array) -> float:
        return objective(data, flat.reshape(data.shape), effects) + 0.05 * float(flat @ flat)

    np.testing.assert_allclose(gradient(at).ravel(), approx_fprime(at.ravel(), f, 1e-7), atol=2e-6)
    plain = Gradient(data, effects)(at)
    for g in range(2):
        assert np.abs(plain[data.question == g].sum(axis=0)).max() < 1e-15


def test_the_step_is_safe() -> None:
    data, effects = SMALL.data, no_effects(SMALL.data)
    gradient = Gradient(data, effects)
    n = np.prod(data.shape)
    hessian = np.stack([gradient(e.reshape(data.shape)) - gradient(-e.reshape(data.shape))
                        for e in 1e-4 * np.eye(n)]).reshape(n, n) / 2e-4  # fmt: skip
    assert np.linalg.eigvalsh(hessian).max() <= gradient.lipschitz + 1e-9


def test_thresholding_is_that_of_the_singular_values() -> None:
    scores = np.random.default_rng(1).normal(size=(40, 5))
    u, s, v = np.linalg.svd(scores, full_matrices=False)
    for amount in (0.0, float(s[2]), 100.0):
        reference = (u * np.maximum(s - amount, 0)) @ v
        np.testing.assert_allclose(threshold_singular_values(scores, amount), reference, atol=1e-9)


@pytest.mark.parametrize("made", [SMALL, TIED])
@pytest.mark.parametrize("share", [0.05, 0.3])
def test_solutions_are_optimal_centred_and_found_from_anywhere(made, share: float) -> None:
    data, effects = made.data, no_effects(made.data)
    penalty = share * largest_penalty(data, effects)
    scores = solve(data, share)
    assert np.abs(centred(scores, data.question) - scores).max() < 1e-12
    u, s, v = np.linalg.svd(scores, full_matrices=False)
    kept = s > 1e-6
    assert kept.sum() > 0
    dual = -Gradient(data, effects)(scores) / penalty  # must be a subgradient of the nuclear norm
    np.testing.assert_allclose(dual @ v[kept].T, u[:, kept], atol=2e-5)
    np.testing.assert_allclose(u[:, kept].T @ dual, v[kept], atol=2e-5)
    assert np.linalg.norm(dual, 2) <= 1 + 1e-5
    start = centred(np.random.default_rng(2).normal(size=data.shape), data.question)
    again = minimise(Gradient(data, effects), nuclear(penalty), start=start, tolerance=1e-10)
    assert again.converged
    np.testing.assert_allclose(again.scores, scores, atol=1e-5)


def test_the_largest_penalty_is_where_scores_vanish() -> None:
    assert not solve(SMALL.data, 1.0001).any()
    assert solve(SMALL.data, 0.99).any()


def test_one_dimension_without_penalty_is_choix() -> None:
    rng = np.random.default_rng(5)
    theta = rng.normal(size=15)
    met = [(i, j) for i in range(15) for j in range(i) for _ in range(3)]
    pairs = [(i, j) if rng.random() < 1 / (1 + np.exp(theta[j] - theta[i])) else (j, i)
             for i, j in met]  # fmt: skip
    data = against(pairs, 15)
    effects = no_effects(data)
    ours = minimise(Gradient(data, effects), unpenalised, tolerance=1e-12).scores[:, 0]
    reference = choix.ilsr_pairwise(15, pairs)
    np.testing.assert_allclose(ours, reference - reference.mean(), atol=1e-5)
    ridge = fit_ridge(data, effects, precision=0.5, tolerance=1e-12)[:, 0]
    reference = choix.opt_pairwise(15, pairs, alpha=0.25, tol=1e-10)  # alpha is half a precision
    np.testing.assert_allclose(ridge, reference - reference.mean(), atol=1e-5)


def test_ties_are_davidsons_as_a_general_optimiser_fits_them() -> None:
    data = one_dimension(simulate([10], per_clip=9, seed=6, dimensions=("a",),
                                  tie_weight=0.7).data, 0)  # fmt: skip
    assert data.tied.any()

    def loss(values: Array) -> float:
        theta, nu = values[:10], np.exp(values[10])
        total = 0.0
        for i, j, y in zip(data.left, data.right, data.outcome, strict=True):
            a, b = np.exp(theta[i]), np.exp(theta[j])
            weights = {1.0: a, 0.0: b, 0.5: nu * np.sqrt(a * b)}
            total -= np.log(weights[y] / sum(weights.values()))
        return total + 0.25 * float(theta @ theta) + 0.005 * float(values[10] ** 2)

    reference = minimize(loss, np.zeros(11), method="BFGS", options={"gtol": 1e-7}).x

    def by_ridge(effects: RaterEffects, start: Array | None) -> Array:
        return fit_ridge(data, effects, tolerance=1e-11)

    scores, effects, _ = alternating_fit(data, FreeEffects(side=False, rater_side=False), by_ridge)
    np.testing.assert_allclose(scores[:, 0], reference[:10] - reference[:10].mean(), atol=2e-4)
    assert effects.tie_weight[0] == pytest.approx(np.exp(reference[10]), rel=1e-3)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.6])
def test_a_clip_that_wins_everything_ends_on_top(share: float) -> None:
    data = simulate([12, 9], per_clip=11, seed=3, dimensions=("a", "b", "c", "d")).data
    hero = 4  # met every other clip of the question, on every dimension
    outcome = np.where(data.left == hero, 1.0, np.where(data.right == hero, 0.0, data.outcome))
    rows = data.question == data.question[hero]
    for scores in (solve(replace(data, outcome=outcome), share),
                   fit_ridge(replace(data, outcome=outcome), no_effects(data))):  # fmt: skip
        assert np.isfinite(scores).all()
        assert (scores[rows].argmax(axis=0) == np.flatnonzero(rows).tolist().index(hero)).all()


def test_scores_do_not_depend_on_how_the_judgements_are_written_down() -> None:
    data = TIED.data
    scores = solve(data, 0.1)
    np.testing.assert_allclose(solve(mirrored(data), 0.1), scores, atol=1e-6)
    order = np.random.default_rng(0).permutation(len(data))
    shuffled = replace(data, left=data.left[order], right=data.right[order],
                       dimension=data.dimension[order], outcome=data.outcome[order],
                       rater=data.rater[order], weight=data.weight[order])  # fmt: skip
    np.testing.assert_allclose(solve(shuffled, 0.1), scores, atol=1e-6)
    reversed_scores = solve(replace(data, outcome=1 - data.outcome), 0.1)
    np.testing.assert_allclose(reversed_scores, -scores, atol=1e-6)


def test_weights_count_as_repetitions() -> None:
    data = SMALL.data
    twice = replace(data, weight=np.where(np.arange(len(data)) < 50, 2.0, 1.0))
    columns = ("left", "right", "dimension", "outcome", "rater", "weight")
    repeated = replace(data, **{c: np.concatenate([getattr(data, c), getattr(data, c)[:50]])
                                for c in columns})  # fmt: skip
    np.testing.assert_allclose(solve(twice, 0.1), solve(repeated, 0.1), atol=1e-6)


def test_z_scores_and_centring_are_within_question() -> None:
    rng = np.random.default_rng(0)
    question = np.repeat([0, 1, 2], [5, 7, 1])
    z = standardized(rng.normal(3, 2, (13, 2)) * (1 + question[:, None]), question)
    for g in (0, 1):
        np.testing.assert_allclose(z[question == g].mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(z[question == g].std(axis=0), 1, atol=1e-12)
    assert not z[question == 2].any()  # a clip alone cannot be told from anything


def test_the_simulation_has_recruitviews_sizes_and_correlations() -> None:
    sizes = recruitview_sizes()
    assert (len(sizes), sum(sizes), min(sizes)) == (76, 2011, 14)
    made = simulate(sizes, per_clip=14, seed=0)
    assert len(made.data) == 168_840
    r = np.corrcoef(made.truth.T)
    assert np.abs(r[np.triu_indices(12, 1)]).mean() == pytest.approx(0.69, abs=0.02)
    assert r[4, 0] < -0.5  # neuroticism runs against the rest
    assert np.abs(centred(made.truth, made.data.question) - made.truth).max() < 1e-12


def test_coin_flips_have_a_smaller_norm_than_judgements_and_it_falls_with_their_number() -> None:
    shares = []
    for per_clip in (4, 16):
        data = simulate([30, 30], per_clip=per_clip, seed=0).data
        shares.append(coin_flip_norm(data) / largest_penalty(data, no_effects(data)))
    assert 1 > shares[0] > 1.6 * shares[1]  # as one over the root of the number


def test_habits_of_raters_are_recovered() -> None:
    made = simulate([60, 40], per_clip=40, seed=1, dimensions=("a", "b", "c"), tie_weight=0.6,
                    side=0.4, raters=8, rater_side_sd=0.5)  # fmt: skip
    data = made.data
    truth = made.truth[data.left, data.dimension] - made.truth[data.right, data.dimension]
    effects, errors = fit_effects(data, truth, FreeEffects(), no_effects(data))
    assert effects.side + effects.rater_side.mean() == pytest.approx(
        0.4 + made.effects.rater_side.mean(), abs=0.1
    )
    ours, theirs = (c.side + c.rater_side for c in (effects, made.effects))
    assert np.abs(ours - theirs).max() < 4 * errors.max()
    np.testing.assert_allclose(effects.tie_weight, 0.6, rtol=0.15)
    fixed, nothing = fit_effects(
        data, truth, FreeEffects(side=False, rater_side=False), no_effects(data)
    )
    assert fixed.side == 0
    assert np.isnan(nothing).all()


def test_side_bias_needs_clips_that_change_sides() -> None:
    mixed = simulate([20], per_clip=12, seed=0, dimensions=("a",)).data
    assert side_information(mixed) > 0.7
    assert identifiable(mixed, FreeEffects()) == FreeEffects()
    left = mixed.left < 10
    split = against([(i, j) for i in range(10) for j in range(10, 20)], 20)
    assert left.any()
    assert side_information(split) < 1e-6  # who stands left is always the same
    assert identifiable(split, FreeEffects()) == FreeEffects(side=False, rater_side=False)
