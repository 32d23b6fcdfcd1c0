"""Scores of a Gaussian process's own training candidates, each person left out in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array
from trifold.network.kernels.additive_gp import AdditiveGaussianProcess
from trifold.network.kernels.changes import gram_changes
from trifold.network.kernels.summary import AnswerSums
from trifold.training.dataset import Dataset
from trifold.training.gaussian_process.leave_one_out import leave_one_out
from trifold.training.gaussian_process.marginal_likelihood import KernelFit
from trifold.training.shortening import Shown


class LeaveOneOutScores:
    """Leave-one-person-out scores in closed form, as ``Fitted.held_out_given`` asks for them.

    Args:
        process: fitted, in double precision.
        data: n candidates that it was fitted on.
        sums: of their answers, see ``process.fit_sums``.
        there: each view's presence (n, Q).
        grams: (J, n, n).
        weight: (K, J) of the kernels.
        fits: K, one per target.
        target: (n, K) standardised labels.
    """

    def __init__(
        self,
        process: AdditiveGaussianProcess,
        data: Dataset,
        sums: Mapping[str, AnswerSums],
        there: Sequence[Tensor],
        grams: Tensor,
        weight: Array,
        fits: Sequence[KernelFit],
        target: Array,
    ) -> None:
        self.process, self.data, self.sums = process, data, sums
        self.there, self.grams, self.weight = there, grams, weight
        self.fits, self.target = fits, target
        self.people = np.unique(list(data.people), return_inverse=True)[1]

    def __call__(self, shown: Shown) -> Array:
        """(n, K) standardised scores of candidates who show no more than given."""
        modality, every = self.data.stream_modality, self.data.batch.answer_mask
        by_stream = {s: every & shown.get(modality[s], every) for s in self.sums}
        return self._scores(
            gram_changes(
                self.process,
                self.data.batch,
                self.sums,
                shown=by_stream,
                there=self.there,
                grams=self.grams,
            )
        )

    def of_all(self) -> Array:
        """(n, K) standardised scores of whole interviews."""
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
            found[seen, k] = leave_one_out(fit.inverse, y[seen], self.people[seen], change=change)
        return found
