"""A corpus whose targets are hierarchical and directional by construction, made on the spot.

Candidates have published measures and no media. The *text* measures place each at a node of a tree
(five levels, two children each), embedded in the Poincaré disk after Sarkar (2011): tangent
coordinates at the root, mixed into eight columns. Three targets are graph distances to a leaf each.
The *audio* measures are a direction in space times a length that means nothing (log-normal), mixed
into eight columns. Three targets are angles to a pole each. It shows whether experts of the right
geometry earn their place where nothing else should help; it says nothing about people.
"""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array, Clip, Corpus, Target, TargetSchema
from trifold.corpora.splits import alone, split_by_person
from trifold.errors import InputError

LEVELS, CHILDREN = 5, 2
EDGE = 1.2  # hyperbolic length of an edge; below 1.1 branches of the binary tree would cross
COLUMNS, LABEL_NOISE, MEASURE_NOISE = 8, 0.3, 0.03
TREE, RAY = ("tree_1", "tree_2", "tree_3"), ("ray_1", "ray_2", "ray_3")
SCHEMA = TargetSchema("geometric", tuple(Target(t, 1.0, 7.0, "synthetic") for t in TREE + RAY))
TERMS = "synthetic, free to use"


def make_geometric(*, candidates: int = 400, seed: int = 0) -> Corpus:
    """Draw the corpus; the same arguments give the same one.

    Args:
        candidates: n.
        seed: of nodes, directions, mixing and noise.

    Raises:
        InputError: for fewer than 10 candidates.
    """
    if candidates < 10:
        raise InputError(expected="10 candidates or more", got=str(candidates))
    generator = np.random.default_rng(seed)
    nodes, distances = draw_nodes(candidates, generator)
    rays, angles = draw_rays(candidates, generator)
    measures = np.concatenate([_mixed(nodes, generator), _mixed(rays, generator)], axis=1)
    labels = _rated(np.concatenate([distances, angles], axis=1), generator)
    ids = [f"geometric-{i:05d}" for i in range(candidates)]
    names = [*(f"node_{j}" for j in range(COLUMNS)), *(f"ray_{j}" for j in range(COLUMNS))]
    return Corpus(
        name="geometric",
        clips=tuple(
            Clip(one, one, None, measures=dict(zip(names, row.tolist(), strict=True)))
            for one, row in zip(ids, measures, strict=True)
        ),
        labels=dict(zip(ids, labels, strict=True)),
        schema=SCHEMA,
        splits=split_by_person(alone(ids), seed=seed),
        terms=TERMS,
        synthetic=True,
    )


def tree() -> tuple[Array, Array]:
    """Places and parents of the nodes, root first.

    Returns:
        (V,) complex points of the unit disk and (V,) parents, −1 for the root.
    """
    places, parents = [0j], [-1]
    level = [0]
    step = np.tanh(EDGE / 2)
    for _ in range(LEVELS):
        grown = []
        for node in level:
            for child in range(CHILDREN):
                turn = _way(node, child, places, parents)
                places.append(_add(places[node], step * np.exp(1j * turn)))
                parents.append(node)
                grown.append(len(places) - 1)
        level = grown
    return np.array(places), np.array(parents)


def graph_distance(one: int, other: int, parents: Array) -> int:
    """Edges between two nodes."""
    lines = []
    for node in (one, other):
        line = [node]
        while parents[line[-1]] >= 0:
            line.append(int(parents[line[-1]]))
        lines.append(line[::-1])
    shared = sum(a == b for a, b in zip(*lines, strict=False))
    return len(lines[0]) + len(lines[1]) - 2 * shared


def draw_nodes(n: int, generator: np.random.Generator) -> tuple[Array, Array]:
    """(n, 2) tangent coordinates of random nodes and (n, 3) graph distances to three leaves."""
    places, parents = tree()
    chosen = generator.integers(0, len(places), n)
    leaves = np.arange(len(places) - CHILDREN**LEVELS, len(places))
    anchors = leaves[:: len(leaves) // len(TREE)][: len(TREE)]  # far apart
    distances = [[graph_distance(node, leaf, parents) for leaf in anchors] for node in chosen]
    z = places[chosen]
    tangent = z * np.arctanh(np.abs(z)) / np.maximum(np.abs(z), 1e-9)
    return np.stack([tangent.real, tangent.imag], axis=1), np.array(distances, dtype=float)


def draw_rays(n: int, generator: np.random.Generator) -> tuple[Array, Array]:
    """(n, 3) directions of random length and (n, 3) angles to the axes in radians."""
    rays = generator.normal(size=(n, 3))
    unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    length = generator.lognormal(sigma=1.0, size=(n, 1))
    return unit * length, np.arccos(np.clip(unit, -1, 1))


def _way(node: int, child: int, places: list[complex], parents: list[int]) -> float:
    """Direction of a child in its parent's frame, evenly away from the grandparent."""
    if parents[node] < 0:
        return 2 * np.pi * child / CHILDREN
    back = np.angle(_add(-places[node], places[parents[node]]))
    return float(back + 2 * np.pi * (child + 1) / (CHILDREN + 1))


def _add(z: complex, w: complex) -> complex:
    """Möbius addition in the unit disk."""
    return (z + w) / (1 + np.conj(z) * w)


def _mixed(values: Array, generator: np.random.Generator) -> Array:
    """(n, d) to (n, 8) columns by a random matrix, with noise."""
    mixed = values @ generator.normal(size=(values.shape[1], COLUMNS))
    return mixed + MEASURE_NOISE * mixed.std(axis=0) * generator.normal(size=mixed.shape)


def _rated(values: Array, generator: np.random.Generator) -> Array:
    """Standardised with noise, at mean 4 and unit variance on a scale from 1 to 7."""
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    noisy = standard + LABEL_NOISE * generator.normal(size=values.shape)
    return np.clip(4 + noisy / np.sqrt(1 + LABEL_NOISE**2), 1.0, 7.0)
