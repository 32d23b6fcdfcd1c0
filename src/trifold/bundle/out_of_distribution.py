"""How unlike the training candidates somebody's features are.

A score rests on the likeness of a new candidate to those that were rated. The distance is
Mahalanobis's (1936), stream by stream on features pooled over time, with the covariance shrunk as
Ledoit and Wolf (2004) have it, and is read as a rank among the distances of training candidates
from the others. It needs no labels and keeps no candidate's features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from trifold.contracts import Array

FOLDS = 10
LEAST = 20  # training candidates, below which nothing is known of their distribution
WIDEST = 1024  # columns of a stream; wider ones are left out, their covariance means little
FLOOR = 1e-9


@dataclass(frozen=True)
class GaussianStats:
    """Where the training candidates lie in one stream.

    Attributes:
        mean: (D,).
        root: (D, D) inverse square root of the shrunk covariance.
        scale: median of the squared distances of training candidates from the others.
    """

    mean: Array
    root: Array
    scale: float = 1.0

    @property
    def deviation(self) -> Array:
        """(D,) standard deviations of the columns, as the shrunk covariance has them."""
        inverse = self.root.astype(np.float64) @ self.root.T.astype(np.float64)
        return np.sqrt(np.diag(np.linalg.pinv(inverse, hermitian=True)).clip(min=0.0))

    def squared(self, x: Array) -> Array:
        """(n, D) to (n,) squared distances over ``scale``; NaN rows stay NaN."""
        away = (x - self.mean) @ self.root
        distance: Array = np.square(away).mean(axis=-1) / self.scale
        return distance


@dataclass(frozen=True)
class TrainingDistribution:
    """The training candidates' distribution over all streams.

    Attributes:
        gaussians: stream name to its gaussian.
        distances: (n,) sorted distances of training candidates from the others.
        by_form: key of a form to the same of candidates who show no more than that: who gave fewer
            answers lies further out for that alone.
    """

    gaussians: Mapping[str, GaussianStats]
    distances: Array
    by_form: Mapping[str, Array] = field(default_factory=dict)

    def distance(self, pooled: Mapping[str, Array]) -> Array:
        """Root mean square over the streams that are there.

        Args:
            pooled: stream name to (n, D); NaN rows where a candidate shows nothing of a stream.

        Returns:
            (n,); NaN where no stream is there.
        """
        squares = np.stack([c.squared(pooled[s]) for s, c in self.gaussians.items() if s in pooled])
        return _root_mean(squares)

    def rank(self, pooled: Mapping[str, Array], *, form: str | None = None) -> Array:
        """Share of the training candidates that lie nearer to the others, (n,) in 0 to 1.

        Args:
            pooled: see ``distance``.
            form: key of what the n candidates show, if they do not show everything.
        """
        found = self.distance(pooled)
        others = self.distances if form is None else self.by_form.get(form, self.distances)
        share = np.searchsorted(others, found, side="left") / len(others)
        return np.where(np.isfinite(found), share, np.nan)


def fit_distribution(
    pooled: Mapping[str, Array],
    *,
    shorter: Iterable[tuple[str, Mapping[str, Array]]] = (),
    people: Sequence[str] | None = None,
    seed: int = 0,
) -> TrainingDistribution | None:
    """Learn it from training candidates; their own distances come from gaussians without them.

    Args:
        pooled: stream name to (n, D), NaN rows where a candidate shows nothing.
        shorter: keys of forms with the same of the candidates as these, those of a form in a row;
            NaN rows where a candidate did not show enough.
        people: (n,) the person of each candidate, who is left out with all of them; None where each
            is another.
        seed: of the ten folds that candidates are left out by.

    Returns:
        The distribution; None with fewer than 20 candidates in every stream.
    """
    used = {s: x for s, x in pooled.items() if x.shape[1] <= WIDEST and len(_there(x)) >= LEAST}
    if not used:
        return None
    n = len(next(iter(used.values())))
    person = np.arange(n) if people is None else np.unique(people, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(len(np.unique(person)))
    fold = order[person] % FOLDS
    without = {stream: _gaussians_without(x, fold) for stream, x in used.items()}
    squares = np.stack([_held_out(without[s], x) for s, x in used.items()])
    scales = np.maximum(np.nanmedian(squares, axis=1), FLOOR)
    gaussians = {
        stream: GaussianStats(gaussian.mean, gaussian.root, float(scale))
        for (stream, gaussian), scale in zip(
            ((s, fit_gaussian(x)) for s, x in used.items()), scales, strict=True
        )
    }
    by_form: dict[str, list[Array]] = {}
    for form, part in shorter:
        found = np.stack([_held_out(without[s], part[s]) for s in used])
        by_form.setdefault(form, []).append(_root_mean(found / scales[:, None]))
    ordered = {form: _ordered(np.concatenate(found)) for form, found in by_form.items()}
    enough = {form: found for form, found in ordered.items() if len(found) >= LEAST}
    return TrainingDistribution(gaussians, _ordered(_root_mean(squares / scales[:, None])), enough)


def fit_gaussian(x: Array) -> GaussianStats:
    """Mean and whitening of (n, D); NaN rows are left out.

    Columns are standardised first, so that the shrinkage does not depend on their units.
    """
    from sklearn.covariance import ledoit_wolf  # only to fit: scoring starts sooner without

    rows = _there(x).astype(np.float64)
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    unit = np.where(spread > FLOOR, spread, 1.0)
    covariance, _ = ledoit_wolf((rows - mean) / unit, assume_centered=True)
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors / np.sqrt(np.maximum(values, FLOOR))) / unit[:, None]
    return GaussianStats(mean, root)


Without = list[tuple[Array, GaussianStats]]  # rows and the gaussian of all others


def _gaussians_without(x: Array, fold: Array) -> Without:
    """The rows of each fold, with a gaussian that was fitted without them."""
    parts = [np.flatnonzero(fold == f) for f in range(FOLDS)]
    return [(rows, fit_gaussian(np.delete(x, rows, axis=0))) for rows in parts if len(rows)]


def _held_out(without: Without, x: Array) -> Array:
    """(n,) squared distance of each row of (n, D) from a gaussian that was fitted without it."""
    squares = np.full(len(x), np.nan)
    for rows, gaussian in without:
        squares[rows] = gaussian.squared(x[rows])
    return squares


def _ordered(distances: Array) -> Array:
    found: Array = np.sort(distances[np.isfinite(distances)])
    return found


def _there(x: Array) -> Array:
    kept: Array = x[np.isfinite(x).all(axis=1)]
    return kept


def _root_mean(squares: Array) -> Array:
    """(S, n) to (n,), over what is there."""
    there = np.isfinite(squares)
    total = np.where(there, squares, 0.0).sum(axis=0)
    count = there.sum(axis=0)
    return np.where(count > 0, np.sqrt(total / np.maximum(count, 1)), np.nan)
