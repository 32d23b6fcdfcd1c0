"""Whether targets are told apart: HTMT, halo, and the structure of predicted and rated scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError, unknown
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.resampling import bootstrap_estimates

KINDS = ("absolute", "signed", "geometric")
ONE_SCORE = 0.7  # share of the first eigenvalue above which targets are read as one


def htmt(
    correlations: Array, blocks: Mapping[str, Sequence[int]], *, kind: str = "absolute"
) -> dict[tuple[str, str], float]:
    """Heterotrait-monotrait ratio of each two constructs.

    Mean r between their items over √(mean r within one · mean r within the other) (Henseler, Ringle
    & Sarstedt 2015); with geometric means HTMT2 (Roemer, Schuberth & Henseler 2021). A construct of
    one item has 1 within.

    Args:
        correlations: (p, p) of items (answers or facets).
        blocks: construct to its items' places.
        kind: ``absolute`` |r| and arithmetic means, ``signed`` r, ``geometric`` |r| and geometric
            means.

    Raises:
        InputError: for an unknown kind.
    """
    if kind not in KINDS:
        raise unknown(kind, KINDS, what="kinds of HTMT")
    r = correlations if kind == "signed" else np.abs(correlations)
    inside = {name: _within(r, items, kind) for name, items in blocks.items()}
    found = {}
    for a, b in combinations(blocks, 2):
        between = _mean(r[np.ix_(blocks[a], blocks[b])], kind)
        product = inside[a] * inside[b]
        found[a, b] = between / product**0.5 if product > 0 else float("nan")
    return found


def _mean(values: Array, kind: str) -> float:
    if kind == "geometric":
        return float(np.exp(np.log(np.maximum(values, 1e-300)).mean()))
    return float(values.mean())


def _within(r: Array, items: Sequence[int], kind: str) -> float:
    """Mean r among the items of one construct."""
    rows, columns = np.triu_indices(len(items), 1)
    places = np.asarray(items)
    return _mean(r[places[rows], places[columns]], kind) if len(items) > 1 else 1.0


def htmt_study(
    items: Array, blocks: Mapping[str, Sequence[int]], *, resamples: int = 1000, seed: int = 0
) -> dict[tuple[str, str], Estimate]:
    """HTMT of each two constructs with bootstrap intervals; look whether ``high`` exceeds .85.

    Args:
        items: (n, p) without gaps.
        blocks: construct to columns.
        resamples: draws of the bootstrap over people.
        seed: of the draws.

    Raises:
        InputError: where items have gaps or no spread.
    """
    _check(items)
    pairs = list(combinations(blocks, 2))

    def ratios(rows: Array) -> Array:
        return np.array(list(htmt(np.corrcoef(items[rows].T), blocks).values()))

    found = bootstrap_estimates(
        ratios,
        len(items),
        method="HTMT of absolute correlations",
        source="Henseler, Ringle & Sarstedt 2015",
        resamples=resamples,
        seed=seed,
    )
    return dict(zip(pairs, found, strict=True))


@dataclass(frozen=True)
class Halo:
    """How alike the targets of one method are.

    Attributes:
        first_share: share of the largest eigenvalue of the correlations.
        mean_r: mean r between targets.
        effective_rank: exponential of the eigenvalues' entropy (Roy & Vetterli 2007).
        disattenuated_share: first share of correlations divided by √(ρ ρ); NaN without
            reliabilities.
    """

    first_share: Estimate
    mean_r: Estimate
    effective_rank: Estimate
    disattenuated_share: float = float("nan")

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def halo(
    scores: Array,
    *,
    reliabilities: Sequence[float] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Halo:
    """Of (n, K) scores of one method.

    Args:
        scores: without gaps.
        reliabilities: K, above 0.
        resamples: draws of the bootstrap over people.
        seed: of the draws.

    Raises:
        InputError: for fewer than two targets, gaps, or no spread.
    """
    _check(scores)
    first, mean, rank = bootstrap_estimates(
        lambda rows: _alike(np.corrcoef(scores[rows].T)),
        len(scores),
        method="eigenvalues of correlations between targets",
        resamples=resamples,
        seed=seed,
    )
    if first.estimate > ONE_SCORE:
        first = first.flagged(Code.READ_AS_ONE)
    share = float("nan")
    if reliabilities is not None:
        rho = np.asarray(reliabilities, dtype=float)
        matrix = np.corrcoef(scores.T) / np.sqrt(np.outer(rho, rho))
        np.fill_diagonal(matrix, 1.0)
        share = float(_alike(matrix)[0])
    return Halo(first, mean, rank, share)


def halo_excess(model: Array, human: Array, *, resamples: int = 1000, seed: int = 0) -> Estimate:
    """First eigenvalue's share in the model's scores minus that in ratings of the same people.

    Args:
        model: (n, K) without gaps.
        human: (n, K) of the same people.
        resamples: draws of the bootstrap over people.
        seed: of the draws.

    Raises:
        InputError: as ``halo``, or where shapes differ.
    """
    if model.shape != human.shape:
        raise InputError(expected=f"ratings of shape {model.shape}", got=str(human.shape))
    _check(model)
    _check(human)

    def excess(rows: Array) -> Array:
        shares = [_alike(np.corrcoef(x[rows].T))[0] for x in (model, human)]
        return np.array([shares[0] - shares[1]])

    return bootstrap_estimates(
        excess,
        len(model),
        method="first share of the model minus that of human ratings",
        resamples=resamples,
        seed=seed,
    )[0]


def tucker_congruence(a: Array, b: Array) -> float:
    """φ = Σab / √(Σa² Σb²) of two columns of loadings (Tucker 1951).

    From .95 equal, .85 to .94 fair (Lorenzo-Seva & ten Berge 2006). NaN for a column of zeros.

    Raises:
        InputError: where lengths differ.
    """
    if a.shape != b.shape:
        raise InputError(expected=f"loadings of shape {a.shape}", got=str(b.shape))
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else float("nan")


def first_loadings(scores: Array) -> Array:
    """(K,) loadings of the first principal component, signed so that their sum is not negative."""
    _check(scores)
    values, vectors = np.linalg.eigh(np.corrcoef(scores.T))
    loadings = vectors[:, -1] * np.sqrt(values[-1])
    signed: Array = loadings if loadings.sum() >= 0 else -loadings
    return signed


def _alike(matrix: Array) -> Array:
    """(3,) first share, mean r and effective rank of correlations."""
    if not np.isfinite(matrix).all():
        return np.full(3, np.nan)
    values = np.maximum(np.linalg.eigvalsh(matrix), 0)
    shares = values / values.sum()
    seen = shares[shares > 0]
    pairs = matrix[np.triu_indices(len(matrix), 1)]
    return np.array([shares.max(), pairs.mean(), np.exp(-np.sum(seen * np.log(seen)))])


def _check(scores: Array) -> None:
    if scores.ndim != 2 or scores.shape[1] < 2 or len(scores) < 4:
        raise InputError(expected="four people by two columns or more", got=str(scores.shape))
    if not np.isfinite(scores).all() or (np.ptp(scores, axis=0) == 0).any():
        raise InputError(expected="columns without gaps and with spread", got="others")
