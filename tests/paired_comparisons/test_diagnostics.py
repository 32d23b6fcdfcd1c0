"""Raters, triads, graphs, halo and the next best pairs: planted faults are found, no others."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from trifold.paired_comparisons.analysis import analyse
from trifold.paired_comparisons.diagnostics.active import next_pairs
from trifold.paired_comparisons.diagnostics.consistency import circular_triads
from trifold.paired_comparisons.diagnostics.halo import halo_of
from trifold.paired_comparisons.diagnostics.warnings import warnings_of
from trifold.paired_comparisons.io.simulate import draw_outcomes, simulate
from trifold.paired_comparisons.model.blocks import (
    blocks,
    by_question,
    information,
    information_among,
)
from trifold.paired_comparisons.model.comparisons import Comparisons, subset
from trifold.paired_comparisons.model.graph import connections, unbounded
from trifold.paired_comparisons.model.likelihood import differences, no_effects, variance
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.settings import AnalysisSettings

FOUR = ("a", "b", "c", "d")
QUICK = AnalysisSettings(halves=2, pairs=0)


def graph(edges: list[tuple[int, int]], n: int, outcome: float = 1.0) -> Comparisons:
    left, right = np.array(edges).T
    m = len(edges)
    return Comparisons(
        left, right, np.zeros(m, int), np.full(m, outcome), np.full(m, -1), np.ones(m),
        np.zeros(n, int), tuple(map(str, range(n))), ("q",), ("d",), (),
    )  # fmt: skip


@pytest.fixture(scope="module")
def faulty():
    """Rater 1 answers by coin, rater 2 codes winners upside down, rater 3 always says left."""
    data = simulate([40, 30], per_clip=24, seed=0, dimensions=FOUR, raters=8, tie_weight=0.3).data
    coin = np.random.default_rng(0).choice((0.0, 1.0), len(data))
    outcome = np.where(data.rater == 0, coin, data.outcome)
    outcome = np.where(data.rater == 1, 1 - data.outcome, outcome)
    return replace(data, outcome=np.where(data.rater == 2, 1.0, outcome))


def test_faulty_raters_are_found_and_the_others_are_not(faulty) -> None:
    found = analyse(faulty, QUICK)
    fit = found.raters
    assert fit.upside_down.tolist() == [False, True] + [False] * 6
    assert fit.misfits[[0, 1]].all()
    assert not fit.misfits[3:].any()
    assert np.abs(fit.slope[0]) < 0.3
    assert fit.slope[1] < -0.5
    assert (fit.slope[3:] > 0.8).all()
    assert fit.side.argmax() == 2
    assert fit.side[2] > 3 * fit.side_error[2]
    assert fit.tie_rate[2] == 0
    lines = warnings_of(found)
    assert "judge against everybody else: rater2" in lines[0]
    assert any(line.startswith("Raters noisier than the others: rater1") for line in lines)


def test_good_raters_fit_and_mean_squares_are_one() -> None:
    data = simulate([40, 30], per_clip=20, seed=1, dimensions=FOUR, raters=10).data
    fit = analyse(data, QUICK).raters
    assert not (fit.misfits | fit.upside_down).any()
    assert np.average(fit.infit, weights=fit.comparisons) == pytest.approx(1, abs=0.02)
    assert np.median(fit.outfit) == pytest.approx(1)
    assert np.abs(fit.infit_z).max() < 4
    assert fit.comparisons.sum() == len(data)


def test_side_preference_is_no_misfit_and_moves_no_score() -> None:
    plain = simulate([30, 20], per_clip=20, seed=2, dimensions=FOUR)
    x = differences(plain.truth, no_effects(plain.data), plain.data)
    leaning = replace(plain.data, outcome=draw_outcomes(x + 1.0, 0.0, np.random.default_rng(0)))
    found = analyse(leaning, QUICK)
    assert found.effects.side == pytest.approx(1.0, abs=0.25)
    ignored = analyse(leaning, replace(QUICK, side=False))
    off = [np.std(f.debiased.values - plain.truth) for f in (found, ignored)]
    assert off[0] < off[1]


def brute_force(wins: np.ndarray) -> tuple[int, int]:
    total = circular = 0
    for i, j, k in combinations(range(len(wins)), 3):
        if all(wins[a, b] or wins[b, a] for a, b in ((i, j), (j, k), (i, k))):
            total += 1
            circular += bool(wins[i, j] == wins[j, k] == wins[k, i])
    return total, circular


def test_circular_triads_are_those_of_a_count_by_hand() -> None:
    rng = np.random.default_rng(0)
    edges = [(i, j) if rng.random() < 0.5 else (j, i)
             for i, j in combinations(range(14), 2) if rng.random() < 0.6]  # fmt: skip
    wins = np.zeros((14, 14), dtype=bool)
    wins[tuple(np.array(edges).T)] = True
    data = graph(edges, 14)
    zeros = np.zeros((14, 1))
    (ours,) = circular_triads(data, zeros, zeros, no_effects(data))
    total, circular = brute_force(wins)
    assert ours.triads == total
    assert ours.circular == pytest.approx(circular / total)
    assert ours.expected == pytest.approx(0.25)  # equal clips: coin flips


def test_an_order_has_no_circles_and_rock_paper_scissors_only_circles() -> None:
    zeros = np.zeros((4, 1))
    order = graph(list(combinations(range(4), 2)), 4)
    assert circular_triads(order, zeros, zeros, no_effects(order))[0].circular == 0
    circle = graph([(0, 1), (1, 2), (2, 0)], 4)
    (triads,) = circular_triads(circle, zeros, zeros, no_effects(circle))
    assert (triads.triads, triads.circular) == (1, 1)
    path = graph([(0, 1), (1, 2)], 4)
    assert np.isnan(circular_triads(path, zeros, zeros, no_effects(path))[0].circular)
    tied = graph([(0, 1), (1, 2), (2, 0)], 4, outcome=0.5)
    assert circular_triads(tied, zeros, zeros, no_effects(tied))[0].triads == 0


def test_the_expected_circles_at_the_truth_are_those_that_occur() -> None:
    made = simulate([60, 60], per_clip=30, seed=0, dimensions=FOUR)
    truth = circular_triads(made.data, made.truth, np.zeros_like(made.truth), no_effects(made.data))
    for triads in truth:
        assert triads.circular == pytest.approx(triads.expected, abs=0.02)


def test_connectivity_of_known_graphs() -> None:
    complete = graph(list(combinations(range(6), 2)), 6)
    (whole,) = connections(complete)
    assert (whole.components, whole.least, whole.comparisons) == (1, 5, 15)
    assert whole.algebraic == pytest.approx(6)  # of the complete graph on n nodes: n
    assert whole.win_components == 6  # an order: nobody is beaten by those below
    circle = graph([(0, 1), (1, 2), (2, 3), (3, 0)], 4)
    assert connections(circle)[0].win_components == 1
    assert connections(circle)[0].algebraic == pytest.approx(2)  # 2 − 2 cos(2π / 4)
    apart = graph([(0, 1), (2, 3)], 5)
    (pieces,) = connections(apart)
    assert (pieces.components, pieces.least, pieces.algebraic) == (3, 0, 0)


def test_clips_that_always_win_or_lose_are_marked() -> None:
    data = graph([(0, 1), (1, 2), (2, 1)], 4)
    assert unbounded(data)[:, 0].tolist() == [True, False, False, False]
    assert unbounded(graph([(0, 1)], 2))[:, 0].tolist() == [True, True]


def test_disconnected_questions_are_said(faulty) -> None:
    halves = faulty.left < 20
    apart = subset(faulty, halves == (faulty.right < 20))
    lines = warnings_of(analyse(apart, QUICK))
    assert any("not connected by comparisons, at worst question 'q1'" in line for line in lines)


def test_halo_of_copies_and_of_strangers() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(size=(500, 1))
    copies = halo_of(one @ np.ones((1, 4)))
    assert copies.mean_correlation == pytest.approx(1)
    assert copies.first_share == pytest.approx(1)
    assert copies.effective_rank == pytest.approx(1)
    strangers = halo_of(rng.normal(size=(5000, 4)))
    assert strangers.mean_correlation < 0.03
    assert strangers.effective_rank == pytest.approx(4, abs=0.01)
    assert np.isnan(halo_of(one).mean_correlation)
    assert halo_of(np.zeros((9, 2))).mean_correlation == 0


def test_halves_tell_the_true_correlation_whatever_the_penalty() -> None:
    made = simulate([80, 60, 60], per_clip=14, seed=0, raters=20)
    found = analyse(made.data, replace(QUICK, halves=5))
    true = halo_of(made.truth).mean_correlation
    assert found.halos["halves"].mean_correlation == pytest.approx(true, abs=0.05)
    assert found.halos["ridge"].mean_correlation < true - 0.05
    path = [r for _, r in found.halo_path]
    assert path == sorted(path, reverse=True)  # the larger the penalty, the more halo
    strong = analyse(made.data, replace(QUICK, halves=5, fractions=(0.5,)))
    assert any(line.startswith("Halo:") for line in warnings_of(strong))


def test_the_next_pair_is_the_most_informative_one_by_determinant() -> None:
    data = simulate([8, 6], per_clip=4, seed=0, dimensions=("a", "b")).data
    effects = no_effects(data)
    scores = fit_ridge(data, effects)
    best = next_pairs(data, scores, effects, count=1)[0]
    gains = {}
    for g in range(2):
        pair_blocks = [b for b in blocks(data) if data.question[b.clips[0]] == g]
        for i, j in combinations(pair_blocks[0].clips, 2):
            gains[i, j] = sum(_determinant_gain(b, i, j, data, scores) for b in pair_blocks)
    top = max(gains, key=gains.get)
    assert {best.left, best.right} == set(top)
    assert best.gain == pytest.approx(gains[top])


def _determinant_gain(block, i, j, data, scores) -> float:
    own = scores[block.clips, block.dimension]
    precision = information(block, scores, data, no_effects(data)) + 0.5 * np.eye(len(own))
    a, b = (block.clips.tolist().index(clip) for clip in (i, j))
    edge = np.zeros(len(own))
    edge[a], edge[b] = 1, -1
    h = float(variance(np.array([own[a] - own[b]]), 0.0)[0])
    after = precision + h * np.outer(edge, edge)
    return float(np.linalg.slogdet(after)[1] - np.linalg.slogdet(precision)[1])


def test_closed_pairs_are_not_asked_and_before_any_comparison_all_others_are() -> None:
    made = simulate([5], per_clip=4, seed=0, dimensions=("a", "b")).data
    data = subset(made, np.zeros(len(made), dtype=bool))
    closed = [(0, 1), (4, 2)]
    pairs = next_pairs(data, np.zeros((5, 2)), no_effects(data), count=99, closed=closed)
    asked = [frozenset((one.left, one.right)) for one in pairs]
    assert len(set(asked)) == len(asked) == 10 - 2
    assert not {frozenset(pair) for pair in closed} & set(asked)


def test_a_clip_that_met_nobody_comes_first_and_no_pair_twice() -> None:
    made = simulate([12], per_clip=10, seed=0, dimensions=FOUR)
    lonely = subset(made.data, (made.data.left != 3) & (made.data.right != 3))
    effects = no_effects(lonely)
    pairs = next_pairs(lonely, fit_ridge(lonely, effects), effects, count=200)
    assert 3 in (pairs[0].left, pairs[0].right)
    assert len({frozenset((p.left, p.right)) for p in pairs}) == len(pairs) == 66
    gains = [pair.gain for pair in pairs]
    assert all(a >= b - 1e-12 for a, b in pairwise(gains))


def test_the_information_among_some_clips_is_that_part_of_the_whole() -> None:
    data = simulate([30], per_clip=6, seed=1, dimensions=("a", "b")).data
    scores, kept = fit_ridge(data, no_effects(data)), np.array([4, 0, 17, 9])
    for block in blocks(data):
        whole = information(block, scores, data, no_effects(data))
        part = information_among(block, kept, scores, data, no_effects(data))
        np.testing.assert_allclose(part, whole[np.ix_(kept, kept)], atol=1e-12)


def test_questions_for_themselves_are_the_whole_once_more() -> None:
    data = simulate([8, 5, 12], per_clip=6, seed=2, dimensions=("a", "b")).data
    parts = list(by_question(data))
    assert [one.questions for one in parts] == [(name,) for name in data.questions]
    assert sorted(clip for one in parts for clip in one.clips) == sorted(data.clips)
    told = [
        (one.clips[a], one.clips[b], int(k), float(y))
        for one in parts
        for a, b, k, y in zip(one.left, one.right, one.dimension, one.outcome, strict=True)
    ]
    whole = zip(data.left, data.right, data.dimension, data.outcome, strict=True)
    assert sorted(told) == sorted(
        (data.clips[a], data.clips[b], int(k), float(y)) for a, b, k, y in whole
    )


def test_of_a_large_question_the_clips_that_met_the_fewest_are_asked_about() -> None:
    made = simulate([60], per_clip=10, seed=0, dimensions=FOUR).data
    met_few = {3, 8, 21, 40}
    rare = ~np.isin(made.left, list(met_few)) & ~np.isin(made.right, list(met_few))
    data = subset(made, rare)
    scores, effects = fit_ridge(data, no_effects(data)), no_effects(data)
    asked = next_pairs(data, scores, effects, count=6, largest=4)
    assert {clip for one in asked for clip in (one.left, one.right)} == met_few


def test_asked_pairs_teach_more_than_random_ones() -> None:
    errors = {"asked": [], "random": []}
    for seed in range(6):
        made = simulate([24], per_clip=5, seed=seed, dimensions=("a", "b", "c"), shared=True)
        effects, rng = no_effects(made.data), np.random.default_rng(seed)
        scores = fit_ridge(made.data, effects)
        asked = next_pairs(made.data, scores, effects, count=40)
        chosen = {"asked": np.array([(p.left, p.right) for p in asked]),
                  "random": np.array([rng.permutation(24)[:2] for _ in range(40)])}  # fmt: skip
        for name, pairs in chosen.items():
            more = _judged(made, pairs, rng)
            fitted = fit_ridge(more, effects)
            errors[name].append(np.std(fitted - made.truth))
    assert np.mean(errors["asked"]) < np.mean(errors["random"])


def _judged(made, pairs, rng) -> Comparisons:
    data = made.data
    d = data.shape[1]
    new = {"left": np.repeat(pairs[:, 0], d), "right": np.repeat(pairs[:, 1], d),
           "dimension": np.tile(np.arange(d), len(pairs))}  # fmt: skip
    x = made.truth[new["left"], new["dimension"]] - made.truth[new["right"], new["dimension"]]
    new |= {"outcome": draw_outcomes(x, 0.0, rng), "rater": np.full(len(x), -1),
            "weight": np.ones(len(x))}  # fmt: skip
    joined = {name: np.concatenate([getattr(data, name), values]) for name, values in new.items()}
    return replace(data, **joined)
