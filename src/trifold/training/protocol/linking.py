"""Learns by how much scores from part of an interview differ from those from the whole.

Every training candidate is shortened to every form and scored by models that did not train on
them. What the whole interview scored is regressed on what the part scored: both are held out, so
the line is one for new people, and both are of the same people, so it takes few of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch

from trifold.contracts import Array
from trifold.forms import Form, Grid
from trifold.network.wrappers.linking import LinkedNetwork, place_of
from trifold.psychometrics.short_forms import widths_by_form
from trifold.training.dataset import Dataset
from trifold.training.learners.base import Fitted, standardized
from trifold.training.learners.wrapping import wrap
from trifold.training.protocol.link_lines import (
    VersionScores,
    fit_lines,
    line_of,
    linked_scores,
    stacked,
)
from trifold.training.shortening import (
    Shown,
    errors_of_forms,
    grid_of,
    presence,
    shortened,
    versions,
)


@dataclass(frozen=True)
class Linked:
    """A learner's model, with scores of shortened interviews on the scale of whole ones.

    Attributes:
        fitted: with the network linked, and held-out scores likewise.
        grid: the forms; None where nobody shows anything.
        errors: form to (n, K) absolute errors of held-out people, one each; see
            ``errors_by_person``.
    """

    fitted: Fitted
    grid: Grid | None
    errors: Mapping[Form, Array]

    def half_widths(self, shown: Shown, *, coverage: float) -> Array:
        """(n, K) of the intervals of candidates who show so much; infinite where there is none.

        Args:
            shown: modality to (n, T) bool.
            coverage: between 0 and 1.
        """
        rows, k = len(next(iter(shown.values()))), self.fitted.held_out.shape[1]
        found = np.full((rows, k), np.inf)
        if self.grid is None:
            return found
        widths = widths_by_form(self.errors, coverage=coverage)
        place = place_of(stacked(shown, self.grid.modalities))
        for row, (subset, share) in enumerate(zip(*(x.tolist() for x in place), strict=True)):
            form = self.grid.form(subset, 1 / share)
            if form is not None:
                found[row] = widths[form]
        return found


def linked(fitted: Fitted, data: Dataset, *, people: Sequence[str]) -> Linked:
    """Fit slope and offset of every form, and collect the errors that remain.

    Args:
        fitted: by a learner on ``data``; its scaler is final.
        data: the n training candidates.
        people: (n,) the person of each.
    """
    there = presence(data.batch, data.stream_modality)
    grid = grid_of(there)
    if grid is None:
        return Linked(fitted, None, {})
    link, spec = _wrap_in_link(fitted, grid, data)
    whole = standardized(fitted.scaler, fitted.held_out)
    short = versions(there, grid)
    parts = [_version_scores(fitted, data, v.shown, fitted.held_out_given(v.shown)) for v in short]
    fit_lines(link, fitted, grid, there, _version_scores(fitted, data, there, whole), short, parts)
    scored = [
        linked_scores(link, fitted, v.shown, part.held_out)
        for v, part in zip(short, parts, strict=True)
    ]
    errors = errors_of_forms(np.stack(scored, axis=1), short, data.labels, people)

    def held_out_given(shown: Shown) -> Array:
        slope, offset = line_of(link, shown)
        scores: Array = slope * fitted.held_out_given(shown) + offset
        return scores

    held_out = linked_scores(link, fitted, there, whole)
    changed = replace(
        fitted, spec=spec, network=link.eval(), held_out=held_out, held_out_given=held_out_given
    )
    return Linked(changed, grid, errors)


def _wrap_in_link(
    fitted: Fitted, grid: Grid, data: Dataset
) -> tuple[LinkedNetwork, dict[str, Any]]:
    """The network in a ``LinkedNetwork`` that changes nothing yet, and their specification."""
    spec, link = wrap(
        LinkedNetwork,
        fitted.spec,
        fitted.network,
        data,
        modalities=list(grid.modalities),
        answers=list(grid.answers),
    )
    return cast(LinkedNetwork, link), spec


def _version_scores(fitted: Fitted, data: Dataset, shown: Shown, held_out: Array) -> VersionScores:
    """Held-out scores, and those of everybody; the model scores whom no fold held out."""
    known = np.isfinite(fitted.held_out).any(axis=1)
    if known.all():
        return VersionScores(held_out, held_out)
    batch = shortened(data.batch, shown, data.stream_modality)
    with torch.inference_mode():
        own = fitted.network.candidates(batch.tokens, batch.token_mask, batch.answer_mask)
    return VersionScores(held_out, np.where(known[:, None], held_out, own.double().numpy()))
