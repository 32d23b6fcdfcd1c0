"""Score intervals from held-out candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trifold.bundle.description import Description
from trifold.bundle.reference import LEVELS, half_widths_of, make_reference
from trifold.contracts import Array
from trifold.forms import Form


def calibrate(
    description: Description, candidate: Array, by_form: Mapping[Form, Array]
) -> Description:
    """Set the half-widths of scores by split conformal prediction, within every form.

    Args:
        description: of the bundle that made the scores; its ``coverage`` is the one aimed at.
        candidate: (m, K) label minus score of held-out candidates, NaN where there is none.
        by_form: form to the same of candidates who show no more than that.
    """
    errors = make_reference(candidate, by_form, candidate[:0], None).errors
    return replace(description, half_width=half_widths_of(errors, description.coverage))


def uncalibrated(n_targets: int) -> dict[str, list[float | None]]:
    """Half-widths of a bundle that has not been calibrated."""
    return {level: [None] * n_targets for level in LEVELS}
