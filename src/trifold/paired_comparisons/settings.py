"""How an analysis of comparisons is done."""

from __future__ import annotations

from dataclasses import dataclass

from trifold.errors import InputError
from trifold.paired_comparisons.model.ridge import PRECISION
from trifold.paired_comparisons.model.selection import FRACTIONS

DEBIASING = ("slopes", "refit", "none")


@dataclass(frozen=True)
class AnalysisSettings:
    """How the analysis is done.

    Attributes:
        folds: of the cross-validation that chooses the nuclear penalty.
        fractions: penalties tried, as fractions of λ_max.
        side: estimate side bias, common and by rater.
        precision: of the prior of the per-dimension ridge scores.
        debias: ``slopes`` scales each dimension by its held-out slope, ``refit`` fits again
            without the penalty in the span of the kept singular vectors, ``none`` leaves scores
            shrunk.
        halves: random divisions behind split-half reliability.
        pairs: suggestions of what to compare next.
        seed: of folds, halves and suggestions.
    """

    folds: int = 5
    fractions: tuple[float, ...] = FRACTIONS
    side: bool = True
    precision: float = PRECISION
    debias: str = "slopes"
    halves: int = 5
    pairs: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        checks = {
            "folds of 2 or more": self.folds >= 2,
            "at least one fraction between 0 and 1": bool(self.fractions)
            and all(0 < f < 1 for f in self.fractions),
            "a positive precision": self.precision > 0,
            f"debias among {', '.join(DEBIASING)}": self.debias in DEBIASING,
            "halves of 1 or more": self.halves >= 1,
            "pairs of 0 or more": self.pairs >= 0,
        }
        for expected, met in checks.items():
            if not met:
                raise InputError(expected=expected, got=str(self), where="settings")
