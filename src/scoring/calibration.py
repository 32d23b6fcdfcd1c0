"""Score intervals from held-out candidates."""

from __future__ import annotations

from dataclasses import replace

from src.contracts import Array
from src.scoring.description import Description
from src.scoring.reference import half_widths


def calibrate(description: Description, candidate: Array, answers: Array) -> Description:
    """Set the half-widths of candidate and answer scores by split conformal prediction.

    Args:
        description: of the bundle that made the scores; its ``coverage`` is the one aimed at.
        candidate: (m, K) label minus score of held-out candidates, NaN where there is none.
        answers: (m, K) label of the candidate minus score of each of their answers.
    """
    widths = {
        "candidate": half_widths(candidate, description.coverage),
        "answer": half_widths(answers, description.coverage),
    }
    return replace(description, half_width=widths)


def uncalibrated(n_targets: int) -> dict[str, list[float | None]]:
    """Half-widths of a bundle that has not been calibrated."""
    return {level: [None] * n_targets for level in ("candidate", "answer")}
