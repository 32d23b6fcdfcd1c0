"""Two to five people on the same scales, and whether their differences are beyond error."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from trifold.errors import InputError
from trifold.studio.database.work import CandidateResult
from trifold.studio.results.drawing import bar
from trifold.studio.results.poles import Scale
from trifold.studio.results.ties import difference, score_of

FEWEST, MOST = 2, 5


def side_by_side(
    people: Sequence[CandidateResult], scales: Sequence[Scale]
) -> list[dict[str, Any]]:
    """One entry per scale: everybody's bar, and every pair's difference.

    Args:
        people: in the order in which they are shown.
        scales: of the model.

    Raises:
        InputError: for fewer than two or more than five people.
    """
    if not FEWEST <= len(people) <= MOST:
        raise InputError(expected=f"{FEWEST} to {MOST} people to compare", got=str(len(people)))
    return [
        {
            "scale": scale,
            "bars": [(one, bar(one.row, scale)) for one in people],
            "pairs": _pairs(people, scale.name),
        }
        for scale in scales
    ]


def _pairs(people: Sequence[CandidateResult], name: str) -> list[dict[str, Any]]:
    """Differences of those who have scores; the higher score stands first."""
    scores = [(one, score_of(one.row, name)) for one in people]
    known = [(one, score) for one, score in scores if score is not None]
    known.sort(key=lambda one: -one[1].value)
    return [
        {"first": first, "second": second, "of": difference(above, below)}
        for (first, above), (second, below) in combinations(known, 2)
    ]
