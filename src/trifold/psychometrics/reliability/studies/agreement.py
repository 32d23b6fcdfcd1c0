"""Raters and the model beside them, from a long table of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.reliability.agreement import FEWEST, iccs
from trifold.psychometrics.reliability.model_against_raters import (
    ModelAgainstRaters,
    model_against_raters,
)
from trifold.psychometrics.reliability.prmse import TrueScorePrediction, prmse
from trifold.psychometrics.reliability.studies.tables import (
    MODEL,
    RATER,
    by_person,
    checked,
    rows_of,
    targets_of,
)


@dataclass(frozen=True)
class Agreement:
    """One target: raters among themselves, and the model beside them.

    Attributes:
        raters: the six intraclass correlations by name; undefined with ``NOT_CROSSED`` where
            ratings are missing. model: None where there are no scores of a model. true: PRMSE.
    """

    raters: dict[str, Estimate]
    model: ModelAgainstRaters | None
    true: TrueScorePrediction | None

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {
            "raters": {name: one.as_json() for name, one in self.raters.items()},
            "model": None if self.model is None else self.model.as_json(),
            "true": None if self.true is None else self.true.as_json(),
        }


def agreement_study(
    table: pd.DataFrame,
    *,
    targets: Sequence[str] | None = None,
    model: str = MODEL,
    resamples: int = 2000,
    seed: int = 0,
    fewest: int = FEWEST,
) -> dict[str, Agreement]:
    """Raters and model of every target, on people's mean scores over answers.

    Args:
        table: see ``tables``.
        targets: all where none are given.
        model: its source.
        resamples: for intervals by person.
        seed: of them.
        fewest: people below whom nothing is given.

    Raises:
        InputError: when the table is not as described or a target has no ratings.
    """
    rows, found = checked(table), {}
    for name in targets_of(rows, targets):
        ratings = by_person(rows_of(rows, name, source=RATER), "source")
        mine = rows[(rows["source"] == model) & (rows["target"].astype(str) == name)]
        scores = mine.groupby("candidate_id")["score"].mean().reindex(ratings.index)
        given, preds = ratings.to_numpy(dtype=float), scores.to_numpy(dtype=float)
        has_model = bool(np.isfinite(preds).any())
        options = {"resamples": resamples, "seed": seed, "fewest": fewest}
        found[name] = Agreement(
            iccs(given, fewest=fewest),
            model_against_raters(given, preds, **options) if has_model else None,
            prmse(given, preds, **options) if has_model else None,
        )
    return found
