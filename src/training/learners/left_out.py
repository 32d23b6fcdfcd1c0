"""Kernel machines on training candidates who show less, each left out of the machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from src.contracts import Array, person_of
from src.network.kernels.machine import KernelMachine, Pooled
from src.training.evidence import Evidence
from src.training.learners.base import Shown, TrainingSet
from src.training.leaving_out import left_out
from src.training.shortening import without_answers


class LeftOut:
    """Scores of training candidates by all other people, see ``Fitted.unseen``.

    Args:
        machine: fitted, in double precision.
        data: n candidates that it was fitted on.
        pooled: what its views read of them.
        grams: (J, n, n).
        weight: (K, J) of the kernels.
        fits: K, one per target.
        target: (n, K) standardised labels.
    """

    def __init__(
        self,
        machine: KernelMachine,
        data: TrainingSet,
        pooled: Sequence[Pooled],
        grams: Tensor,
        weight: Array,
        fits: Sequence[Evidence],
        target: Array,
    ) -> None:
        self.machine, self.data = machine, data
        self.pooled, self.grams, self.weight = pooled, grams, weight
        self.fits, self.target = fits, target
        people = [person_of(candidate) for candidate in data.batch.candidate_ids]
        self.people = np.unique(people, return_inverse=True)[1]
        self.sums = machine.sums(data.batch.tokens, data.batch.token_mask)

    def __call__(self, shown: Shown) -> Array:
        """(n, K)."""
        modality = self.data.stream_modality
        sums = {
            s: x.where(shown[modality[s]]) if modality[s] in shown else x
            for s, x in self.sums.items()
        }
        batch = without_answers(self.data.batch, shown)
        return self._scores(self.machine.changes(batch, sums, self.pooled, self.grams))

    def of_all(self) -> Array:
        """(n, K) of candidates as they are."""
        return self._scores(None)

    def _scores(self, changes: Tensor | None) -> Array:
        found = np.full(self.target.shape, np.nan)
        for k, (fit, y) in enumerate(zip(self.fits, self.target.T, strict=True)):
            seen = np.isfinite(y)
            if not len(fit.inverse):
                continue
            change = None
            if changes is not None:
                weight = torch.as_tensor(self.weight[k])
                change = torch.tensordot(weight, changes, dims=1).numpy()[np.ix_(seen, seen)]
            found[seen, k] = left_out(fit.inverse, y[seen], self.people[seen], change=change)
        return found
