"""People who were not trained on, scored as if they had shown less: the proof of the linking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from trifold.contracts import Array, FeatureBatch
from trifold.features.collate import select
from trifold.forms import Grid
from trifold.psychometrics.short_forms import COVERAGES, compared
from trifold.training.dataset import Dataset
from trifold.training.learners.base import Fitted
from trifold.training.protocol.linking import Linked
from trifold.training.shortening import (
    Version,
    grid_of,
    presence,
    shortened,
    versions,
    without_modalities,
)


@dataclass(frozen=True)
class Shortened:
    """What people are shortened to: ``by_answers`` with all modalities and fewer, ``by_modality``.

    Attributes:
        grid: the forms; None where nobody shows anything.
        versions: V, of every form, see ``shortening.versions``.
        subsets: W, all answers with some modalities, see ``shortening.without_modalities``.
    """

    grid: Grid | None
    versions: tuple[Version, ...] = ()
    subsets: tuple[Version, ...] = ()

    @property
    def all(self) -> tuple[Version, ...]:
        """V + W."""
        return self.versions + self.subsets

    def at(self, rows: Array) -> Shortened:
        """Of these rows alone."""
        return Shortened(
            self.grid,
            tuple(version.at(rows) for version in self.versions),
            tuple(version.at(rows) for version in self.subsets),
        )


def shortened_forms(data: Dataset) -> Shortened:
    """Everything that the candidates can be shortened to."""
    there = presence(data.batch, data.stream_modality)
    grid = grid_of(there)
    if grid is None:
        return Shortened(None)
    return Shortened(grid, tuple(versions(there, grid)), tuple(without_modalities(there, grid)))


def score_short(
    model: Linked, data: Dataset, rows: Array, chosen: Sequence[Version]
) -> tuple[Array, Array]:
    """Scores and half-widths of candidates who show less.

    Args:
        model: one that did not train on them.
        data: all candidates.
        rows: m of them.
        chosen: V versions of all candidates.

    Returns:
        (m, V, K) scores, NaN where somebody did not show enough, and (m, V, C, K) half-widths of
        ``COVERAGES``.
    """
    index = torch.as_tensor(rows)
    batch = select(data.batch, index)
    k = data.labels.shape[1]
    scores = np.full((len(rows), len(chosen), k), np.nan)
    widths = np.full((len(rows), len(chosen), len(COVERAGES), k), np.inf)
    for v, version in enumerate(chosen):
        mine = version.at(rows)
        found = _score(model.fitted, shortened(batch, mine.shown, data.stream_modality))
        scores[:, v] = np.where(mine.rows[:, None], found, np.nan)
        for c, coverage in enumerate(COVERAGES):
            widths[:, v, c] = model.half_widths(mine.shown, coverage=coverage)
    return scores, widths


def _score(fitted: Fitted, batch: FeatureBatch) -> Array:
    """(m, K) on the schema's scale."""
    with torch.inference_mode():
        standardised = fitted.network.candidates(batch.tokens, batch.token_mask, batch.answer_mask)
        scores: Array = fitted.scaler(standardised).double().numpy()
    return scores


def short_facts(
    short: tuple[Array, Array],
    whole: Array,
    labels: Array,
    parts: Shortened,
    names: Sequence[str],
) -> dict[str, Any]:
    """``fewer_answers`` and ``fewer_modalities`` of ``metrics.json``.

    Args:
        short: (S, n, V + W, K) scores and (S, n, V + W, C, K) half-widths, see ``score_short``.
        whole: (S, n, K) scores of everything.
        labels: (n, K), NaN where unlabelled.
        parts: V and W versions.
        names: K targets.

    Returns:
        ``{"fewer_answers": {"1": …, …}, "fewer_modalities": {"text+audio": …}}``, see
        ``short_forms.compared``; empty where nobody gave several answers or showed several
        modalities.
    """
    grid = parts.grid
    if grid is None:
        return {"fewer_answers": {}, "fewer_modalities": {}}
    n_versions = len(parts.versions)
    full = [v for v, one in enumerate(parts.versions) if one.form.shown == grid.modalities]
    answers = {
        str(n): [v for v in full if parts.versions[v].form.answers == n] for n in grid.answers
    }
    subsets = {"+".join(one.form.shown): [n_versions + w] for w, one in enumerate(parts.subsets)}
    scores, widths = short

    def facts(chosen: Mapping[str, Sequence[int]]) -> dict[str, Any]:
        if len(chosen) < 2:
            return {}
        return {
            name: compared(
                np.moveaxis(scores[:, :, list(at)], 2, 0),
                np.broadcast_to(whole, (len(at), *whole.shape)),
                labels,
                np.moveaxis(widths[:, :, list(at)], 2, 0),
                names,
            )
            for name, at in chosen.items()
        }

    return {"fewer_answers": facts(answers), "fewer_modalities": facts(subsets)}
