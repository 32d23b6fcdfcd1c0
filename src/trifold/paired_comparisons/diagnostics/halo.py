"""Whether dimensions run together, and how much of that the model adds.

The nuclear penalty borrows strength across dimensions, and its price is halo: the larger it is, the
more alike the dimensions become. So inter-dimension correlations of the debiased scores stand
beside those of scores that were fitted one dimension at a time (too low, because of noise) and
beside correlations between halves, corrected for unreliability: these tell what the raters'
judgements share, whatever the penalty. What raters themselves fail to tell apart, no analysis of
their judgements can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.paired_comparisons.diagnostics.reliability import SplitHalf

EXCESS = 0.1


@dataclass(frozen=True)
class Halo:
    """How alike the D dimensions of a set of scores are.

    Attributes:
        mean_correlation: mean |r| between dimensions; NaN when D = 1.
        first_share: share of the largest eigenvalue of the correlations.
        effective_rank: exponential of the eigenvalues' entropy (Roy and Vetterli, 2007).
        correlations: (D, D).
    """

    mean_correlation: float
    first_share: float
    effective_rank: float
    correlations: Array


def halo_of(scores: Array) -> Halo:
    """Of (N, D) scores."""
    spread = scores.std(axis=0)
    safe = np.where(spread > 1e-12, scores / np.maximum(spread, 1e-12), 0.0)
    within = safe - safe.mean(axis=0)
    correlations = within.T @ within / len(scores)
    np.fill_diagonal(correlations, 1.0)
    return halo_of_correlations(correlations)


def halo_of_correlations(correlations: Array) -> Halo:
    """Of a (D, D) correlation matrix; entries beyond ±1 are cut."""
    r = np.clip(correlations, -1, 1)
    values = np.maximum(np.linalg.eigvalsh(r), 0.0)
    shares = values / values.sum()
    entropy = -float(np.sum(shares[shares > 0] * np.log(shares[shares > 0])))
    pairs = np.abs(r[np.triu_indices(len(r), 1)])
    return Halo(
        mean_correlation=float(pairs.mean()) if len(pairs) else float("nan"),
        first_share=float(shares.max()),
        effective_rank=float(np.exp(entropy)),
        correlations=r,
    )


def between_halves(split: SplitHalf) -> Halo | None:
    """Correlations between halves, corrected for unreliability; None where that is too low.

    Args:
        split: halves of the raters or pairs.
    """
    reliability = np.diag(split.cross)
    if (reliability < 0.1).any():
        return None
    corrected = split.cross / np.sqrt(np.outer(reliability, reliability))
    np.fill_diagonal(corrected, 1.0)
    return halo_of_correlations(corrected)
