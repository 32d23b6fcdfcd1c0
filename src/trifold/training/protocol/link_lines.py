"""Regression lines from scores of part of an interview to the scale of the whole.

Scores of whole interviews are regressed on scores of the same interviews shortened. Both are held
out, so a line holds for new people; and both are of the same people, so few are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array, Modality
from trifold.forms import Form, Grid
from trifold.network.wrappers.linking import LinkedNetwork, place_of
from trifold.psychometrics.statistics.regression import shrunk_slope
from trifold.training.learners.base import Fitted, standardized
from trifold.training.shortening import Shown, Version

MIN_PEOPLE = 10  # with fewer a form takes the line of the next longer form
ROUNDS = 4  # of correcting means, which converges at once where the target transform is linear


class VersionScores(NamedTuple):
    """Standardised scores of the n candidates as one version, (n, K) each.

    Attributes:
        held_out: by models that did not train on them, NaN where there are none.
        everybody: the same, filled up by the model that did: means are of more people then, and
            what fitting moves on its own people is not their mean.
    """

    held_out: Array
    everybody: Array


def fit_lines(
    link: LinkedNetwork,
    fitted: Fitted,
    grid: Grid,
    there: Shown,
    whole: VersionScores,
    short: Sequence[Version],
    parts: Sequence[VersionScores],
) -> None:
    """Fill the tables, longer forms first, as whole interviews may be of any form."""
    own = torch.stack([there[m].sum(dim=1) for m in grid.modalities], dim=1)  # (n, M)
    for form in grid.forms:
        place = _index(grid, form)
        link.slope[place], link.offset[place] = _longer(link, grid, form)
        line = line_of(link, there)
        wanted = torch.tensor([form.answers if m in form.shown else 0 for m in grid.modalities])
        longer = (own != wanted).any(dim=1).numpy()
        mine = [
            (part, np.flatnonzero(version.rows & longer))
            for version, part in zip(short, parts, strict=True)
            if version.form == form
        ]
        x, y = _pairs([(part.held_out, whole.held_out, rows) for part, rows in mine], line)
        enough = np.isfinite(x + y).sum(axis=0) >= MIN_PEOPLE * len(mine)
        for k in np.flatnonzero(enough):
            seen = np.isfinite(x[:, k] + y[:, k])
            slope = shrunk_slope(x[seen, k], y[seen, k], people=seen.sum() / len(mine))
            link.slope[(*place, k)], link.offset[(*place, k)] = slope, 0.0
        x, y = _pairs([(part.everybody, whole.everybody, rows) for part, rows in mine], line)
        _settle(link, fitted, place, np.where(enough, x, np.nan), y)


def _pairs(
    chosen: Sequence[tuple[Array, Array, Array]], line: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Scores of a part and linked ones of the whole, (m, K) each, of the chosen rows."""
    slope, offset = line
    x = np.concatenate([part[rows] for part, _, rows in chosen])
    y = np.concatenate([(slope * whole + offset)[rows] for _, whole, rows in chosen])
    return x, y


def _settle(
    link: LinkedNetwork, fitted: Fitted, place: tuple[int, int], part: Array, whole: Array
) -> None:
    """Move offsets until means on the schema's scale agree, which may be curved: in rounds."""
    seen = np.isfinite(part) & np.isfinite(whole)
    if not seen.any():
        return
    goal = _mean_score(fitted, np.where(seen, whole, np.nan))
    for _ in range(ROUNDS):
        slope, offset = (table[place].double().numpy() for table in (link.slope, link.offset))
        mean = _mean_score(fitted, np.where(seen, slope * part + offset, np.nan))
        step = np.nan_to_num(standardized(fitted.scaler, goal) - standardized(fitted.scaler, mean))
        link.offset[place] += torch.as_tensor(step[0]).float()


def _mean_score(fitted: Fitted, scores: Array) -> Array:
    """(1, K) mean of (n, K) standardised scores on the schema's scale, NaN where there is none."""
    values = fitted.scaler(torch.as_tensor(scores)).double().numpy()
    count = np.isfinite(values).sum(axis=0, keepdims=True)
    total = np.nansum(values, axis=0, keepdims=True)
    mean: Array = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def _longer(link: LinkedNetwork, grid: Grid, form: Form) -> tuple[Tensor, Tensor]:
    """The line of the next longer form, which holds until the form has its own; (K,) each."""
    subset, j = _index(grid, form)
    if j + 1 < len(grid.answers):
        return link.slope[subset, j + 1].clone(), link.offset[subset, j + 1].clone()
    return torch.ones_like(link.slope[0, 0]), torch.zeros_like(link.offset[0, 0])


def _index(grid: Grid, form: Form) -> tuple[int, int]:
    subset = sum(1 << grid.modalities.index(m) for m in form.shown)
    return subset, grid.answers.index(form.answers)


def linked_scores(link: LinkedNetwork, fitted: Fitted, shown: Shown, scores: Array) -> Array:
    """(n, K) linked scores on the schema's scale."""
    slope, offset = line_of(link, shown)
    found: Array = fitted.scaler(torch.as_tensor(slope * scores + offset)).double().numpy()
    return found


def line_of(link: LinkedNetwork, shown: Shown) -> tuple[Array, Array]:
    """(n, K) slope and offset of candidates who show so much."""
    slope, offset = link.line(place_of(stacked(shown, link.modalities)))
    return slope.double().numpy(), offset.double().numpy()


def stacked(shown: Shown, modalities: Sequence[Modality]) -> Tensor:
    """(n, T, M) bool; a modality that is not named is not shown."""
    none = torch.zeros_like(next(iter(shown.values())))
    return torch.stack([shown.get(m, none) for m in modalities], dim=-1)
