"""The experiments of geometry at a small size, and the intervals that they print."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from benchmarks.construct_hierarchy import CONSTRUCTS, Hierarchy, learn, tree
from benchmarks.geometry import KINDS, Task, bottleneck, tasks
from benchmarks.kernel_ridge import PENALTIES, rbf, ridge
from benchmarks.paired_scores import paired, rank_correlations, squared_errors
from trifold.encoders.text.facets import STATEMENTS
from trifold.network.blocks.experts.prototypes import EuclideanPrototypes
from trifold.network.geometry.spaces import Ball


def small_task() -> Task:
    return dict(tasks({"tasks": "tree", "people": "60"}))["tree"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.geometry)
def test_the_bottleneck_learns_a_tree_and_flattening_leaves_flat_space_alone(kind) -> None:
    task = small_task()
    result = bottleneck(kind, task, dim=2, seeds=range(1), steps=40)
    assert result.scores.shape == (1, 60, 3)
    everybody = np.full((1, 60), 1 / 60)
    y = stats.zscore(task.labels)
    assert rank_correlations(result.scores, y, everybody).mean() > 0.5
    assert result.moved > 0.05
    same = np.allclose(result.scores, result.flattened, atol=1e-4)
    assert same == (kind is EuclideanPrototypes)


def test_metrics_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    scored, y = generator.normal(size=(2, 40, 3)), generator.normal(size=(40, 3))
    everybody = np.full((1, 40), 1 / 40)
    rho = [np.mean([stats.spearmanr(one[:, k], y[:, k])[0] for k in range(3)]) for one in scored]
    np.testing.assert_allclose(rank_correlations(scored, y, everybody)[0], rho)
    error = ((scored - y) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(squared_errors(scored, y, everybody)[0], error)


def test_intervals_hold_seeds_as_well_as_people() -> None:
    generator = np.random.default_rng(0)
    y = generator.normal(size=(200, 2))
    alike = np.tile(y + generator.normal(size=y.shape), (3, 1, 1))
    np.testing.assert_allclose(paired(alike, alike, y), 0, atol=1e-12)
    unlike = alike + np.array([-1.0, 0.0, 1.0])[:, None, None] * generator.normal(size=y.shape)
    (_, low, high), _ = paired(unlike, alike, y)
    narrow = paired(alike + 0.01 * generator.normal(size=alike.shape), alike, y)[0]
    assert high - low > 3 * (narrow[2] - narrow[1])


def test_every_statement_of_a_facet_has_one_and_every_facet_a_domain() -> None:
    statements, facet_of, domain_of = tree()
    assert len(set(statements)) == len(statements) == len(facet_of)
    assert set(facet_of) == set(range(len(domain_of)))
    assert set(domain_of) == set(range(max(domain_of) + 1))
    assert max(domain_of) < 2 * len(CONSTRUCTS)
    assert max(statements) < len(STATEMENTS)


def test_the_hierarchy_learns_and_whoever_says_nothing_is_like_everybody() -> None:
    torch.manual_seed(0)
    unit = torch.nn.functional.normalize(torch.randn(len(STATEMENTS) + 30, 12), dim=1)
    sentences, statements = unit[:30], unit[30:]
    made = Hierarchy(Ball(), dim=3, sentences=sentences, statements=statements)
    before = made.loss(torch.arange(30)).item()
    learn(made, steps=60)
    assert made.loss(torch.arange(30)).item() < before - 0.5
    whose = torch.arange(30) // 15
    view = made.people(whose, 3)
    assert np.isfinite(view).all()
    assert view.shape == (3, len(tree()[2]) + max(tree()[2]) + 1)
    made.is_flattened = True
    assert np.abs(made.people(whose, 3) - view).max() > 1e-3


def test_ridge_leaves_one_out_as_if_it_had_fitted_without() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(25, 3))
    gram = rbf(x, np.arange(25))
    y = x[:, :1] + 0.3 * generator.normal(size=(25, 1))
    errors = []
    for penalty in PENALTIES:
        held = [
            y[i, 0]
            - gram[i, o] @ np.linalg.solve(gram[np.ix_(o, o)] + penalty * np.eye(24), y[o, 0])
            for i, o in ((i, np.delete(np.arange(25), i)) for i in range(25))
        ]
        errors.append(np.mean(np.square(held)))
    penalty = PENALTIES[int(np.argmin(errors))]
    expected = np.linalg.solve(gram + penalty * np.eye(25), y)
    np.testing.assert_allclose(ridge(gram, y), expected, atol=1e-8)
