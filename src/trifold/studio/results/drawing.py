"""Scores as places on a drawn scale, with the figures that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trifold.reports.scales import place
from trifold.studio.results.poles import Scale
from trifold.studio.results.ties import places, score_of


def bars(row: Mapping[str, Any], scales: Sequence[Scale]) -> list[dict[str, Any] | None]:
    """One bar per scale, in their order; None where a score is withheld."""
    return [bar(row, scale) for scale in scales]


def bar(row: Mapping[str, Any], scale: Scale) -> dict[str, Any] | None:
    """A score and its interval on a scale; places are percent of its width.

    ``places`` are best and worst place among the people of the run, ``tied`` how many of them are
    not told apart from this one; None where no error of measurement is known.
    """
    score = score_of(row, scale.name)
    if score is None:
        return None
    stands = places(row, scale.name)
    return {
        "scale": scale,
        "score": score,
        "x": place(score.value, scale.target),
        "x_low": place(score.low, scale.target),
        "x_high": place(score.high, scale.target),
        "places": stands,
        "tied": None if stands is None else stands[1] - stands[0],
    }
