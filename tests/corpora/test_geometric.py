"""The geometric corpus: its tree is a tree, its geometry what it says."""

from __future__ import annotations

import numpy as np
import pytest

from trifold.corpora.synthetic.geometric import (
    CHILDREN,
    EDGE,
    LEVELS,
    SCHEMA,
    draw_nodes,
    draw_rays,
    graph_distance,
    make_geometric,
    tree,
)
from trifold.errors import InputError


def hyperbolic_distance(z: complex, w: complex) -> float:
    return float(2 * np.arctanh(abs((z - w) / (1 - np.conj(z) * w))))


def test_edges_have_one_length_and_nodes_keep_apart() -> None:
    places, parents = tree()
    assert len(places) == sum(CHILDREN**level for level in range(LEVELS + 1))
    edges = [
        hyperbolic_distance(z, places[p]) for z, p in zip(places[1:], parents[1:], strict=True)
    ]
    np.testing.assert_allclose(edges, EDGE, rtol=1e-6)
    assert np.abs(places).max() < 1
    apart = np.abs(places[:, None] - places[None]) + np.eye(len(places))
    assert apart.min() > 1e-4


def test_distance_in_the_disk_follows_the_tree() -> None:
    places, parents = tree()
    pairs = np.random.default_rng(0).integers(0, len(places), (300, 2))
    graph = [graph_distance(a, b, parents) for a, b in pairs]
    disk = [hyperbolic_distance(places[a], places[b]) for a, b in pairs]
    assert np.corrcoef(graph, disk)[0, 1] > 0.97
    assert graph_distance(5, 5, parents) == 0
    assert graph_distance(0, len(places) - 1, parents) == LEVELS
    assert graph_distance(1, 2, parents) == 2


def test_angles_do_not_depend_on_length() -> None:
    rays, angles = draw_rays(200, np.random.default_rng(0))
    cosine = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    np.testing.assert_allclose(np.cos(angles), cosine)
    length = np.linalg.norm(rays, axis=1)
    assert np.log(length).std() == pytest.approx(1, abs=0.15)
    assert max(abs(np.corrcoef(length, angle)[0, 1]) for angle in angles.T) < 0.2


def test_the_same_seed_gives_the_same_corpus() -> None:
    first, again, other = (make_geometric(candidates=30, seed=s) for s in (1, 1, 2))
    assert first.clips == again.clips
    assert first.clips != other.clips
    assert first.synthetic
    labels = np.stack(list(make_geometric(candidates=2000).labels.values()))
    assert labels.shape[1] == len(SCHEMA.targets)
    np.testing.assert_allclose(labels.mean(axis=0), 4, atol=0.1)
    with pytest.raises(InputError, match="expected 10 candidates or more, got 3"):
        make_geometric(candidates=3)


def test_nodes_are_seen_without_the_label_noise() -> None:
    tangent, distances = draw_nodes(500, np.random.default_rng(0))
    depth = np.linalg.norm(tangent, axis=1)
    assert depth.max() <= LEVELS * EDGE / 2 + 1e-6
    assert (distances >= 0).all()
    assert distances.max() == 2 * LEVELS
