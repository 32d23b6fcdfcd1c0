"""How far a person's score would vary over other answers: what a bundle knows of it.

The standard error of measurement says how the score would vary over other answers of the same
person. A prediction interval says how far the score is from a human rating. The one stands beside
the other and never in its place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

RELIABILITIES = (0.70, 0.80)  # for which pages say how many answers are needed


@dataclass(frozen=True)
class AnswerVariance:
    """Variance components of one target, design ``i:p`` (answers within people).

    Attributes:
        persons: variance of people, on the scale of candidates' scores, squared.
        answers: variance of one answer within a person, on the same scale.
        people: that both were estimated from; none of them was fitted on.
        withheld: why no error of measurement may be given; empty where one may.
    """

    persons: float
    answers: float
    people: int
    withheld: str = ""

    def error(self, n: int) -> float:
        """Relative standard error of measurement of a score from ``n`` answers, √(σ²_answers/n).

        Cronbach et al. (1972); Brennan (2001), ch. 4. NaN where it is withheld or n is 0.
        """
        return math.nan if self.withheld or n < 1 else math.sqrt(self.answers / n)

    def needed(self, reliability: float) -> int | None:
        """Answers for which Eρ² reaches a reliability, ⌈R/(1−R)·σ²_answers/σ²_persons⌉.

        Brennan (2001), ch. 2. None where it is withheld, or where no number suffices because people
        were not found to differ.
        """
        if self.withheld or not self.persons > 0:
            return None
        number = reliability / (1 - reliability) * self.answers / self.persons
        return max(1, math.ceil(number - 1e-9)) if math.isfinite(number) else None
