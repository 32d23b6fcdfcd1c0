"""Raters and the model beside them, from a long table of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.reliability.agreement import FEWEST, iccs
from trifold.psychometrics.reliability.generalizability.coefficients import coefficients
from trifold.psychometrics.reliability.generalizability.formula import design
from trifold.psychometrics.reliability.generalizability.observations import observe
from trifold.psychometrics.reliability.generalizability.study import g_study
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
        raters: the six intraclass correlations by name. Where ratings are missing they are the
            coefficients of variance components, with ``NOT_CROSSED`` beside them; undefined where
            raters' names decide whether they can be told.
        size: ratings of a person, on (harmonic) average, that the mean is of.
        model: None where there are no scores of a model. true: PRMSE.
    """

    raters: dict[str, Estimate]
    model: ModelAgainstRaters | None
    true: TrueScorePrediction | None
    size: float

    @property
    def has_gaps(self) -> bool:
        """Whether some rating is missing."""
        return any(Code.NOT_CROSSED in one.flags for one in self.raters.values())

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {
            "raters": {name: one.as_json() for name, one in self.raters.items()},
            "model": None if self.model is None else self.model.as_json(),
            "true": None if self.true is None else self.true.as_json(),
            "size": self.size,
        }


def agreement_study(
    table: pd.DataFrame,
    *,
    targets: Sequence[str] | None = None,
    model: str = MODEL,
    anonymous: bool = False,
    resamples: int = 2000,
    seed: int = 0,
    fewest: int = FEWEST,
) -> dict[str, Agreement]:
    """Raters and model of every target, on people's mean scores over answers.

    Args:
        table: see ``tables``.
        targets: all where none are given.
        model: its source.
        anonymous: raters are told apart within a person only.
        resamples: for intervals by person.
        seed: of them.
        fewest: people below whom nothing is given.

    Raises:
        InputError: when the table is not as described or a target has no ratings.
    """
    rows, found = checked(table), {}
    for name in targets_of(rows, targets):
        given_rows = rows_of(rows, name, source=RATER)
        ratings = by_person(given_rows, "source")
        mine = rows[(rows["source"] == model) & (rows["target"].astype(str) == name)]
        scores = mine.groupby("candidate_id")["score"].mean().reindex(ratings.index)
        given, preds = ratings.to_numpy(dtype=float), scores.to_numpy(dtype=float)
        has_model = bool(np.isfinite(preds).any())
        options = {"resamples": resamples, "seed": seed, "fewest": fewest}
        counts = np.isfinite(given).sum(axis=1)
        complete = bool((counts == given.shape[1]).all())
        among = iccs(given, fewest=fewest)
        if not complete:
            among |= _with_gaps(
                ratings, anonymous=anonymous, draws=resamples, seed=seed, fewest=fewest
            )
        found[name] = Agreement(
            among,
            model_against_raters(given, preds, **options) if has_model else None,
            prmse(given, preds, **options) if has_model else None,
            float(1.0 / np.mean(1.0 / counts)),
        )
    return found


def _with_gaps(
    ratings: pd.DataFrame, *, anonymous: bool, draws: int, seed: int, fewest: int
) -> dict[str, Estimate]:
    """Intraclass correlations of a table with gaps, as coefficients of its variance components.

    ICC(C) is Eρ² and ICC(A) is Φ of people crossed with raters, ICC(1) either of raters nested in
    people; complete, they are equal.
    """
    long = ratings.stack()
    people, raters = (long.index.get_level_values(level).to_numpy() for level in (0, 1))
    plan = design("r:p" if anonymous else "p x r")
    seen = observe(plan, {"p": people, "r": raters}, long.to_numpy(dtype=float))
    study = g_study(seen, draws=draws, seed=seed, fewest=fewest)
    alone, together = coefficients(study, {"r": 1}), coefficients(study)
    kinds = {"": "relative"} if anonymous else {"C,": "relative", "A,": "absolute"}
    return {
        f"ICC({kind}{size})": getattr(one, which).flagged(Code.NOT_CROSSED)
        for kind, which in kinds.items()
        for size, one in (("1", alone), ("k", together))
    }
