"""Multiple kernel learning: kernels weighted per target by the marginal likelihood."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from trifold.contracts import QUESTION, Array, FeatureBatch, Modality
from trifold.errors import InputError
from trifold.network.build import build_network
from trifold.network.kernels.additive_gp import AdditiveGaussianProcess
from trifold.network.kernels.scaling import COUNTS
from trifold.network.kernels.summary import QuestionSlots, shared_columns
from trifold.training.dataset import Dataset, without_splits
from trifold.training.gaussian_process.held_out import LeaveOneOutScores
from trifold.training.gaussian_process.marginal_likelihood import PRIOR_PRECISION, maximize_evidence
from trifold.training.learners.base import Fitted, fitted_scaler, standardized

GROUPS = ("view", "question", "modality", "all")


class KernelLearner:
    """Fits a ``AdditiveGaussianProcess``; its leave-one-out predictions come in closed form.

    Kernels that share a weight are averaged. A kernel's weight is the sum over the groups it is in:
    one per view, over all questions; one per question, over all views by question; one per
    modality, and one for all kernels, in both of which views count alike. Few weights per target
    are found more surely than one for each view and question, and surest the one for all, which
    only tells signal from noise.

    Args:
        views: kernels, see ``AdditiveGaussianProcess``.
        groups: some of ``view``, ``question``, ``modality`` and ``all``.
        iterations: of the evidence maximisation per target.
        prior_precision: of the noise, see ``maximize_evidence``; 0 for no prior.

    Raises:
        InputError: for an unknown group.
    """

    def __init__(
        self,
        *,
        views: Sequence[Mapping[str, Any]],
        groups: Sequence[str] = ("view",),
        iterations: int = 30,
        prior_precision: float = PRIOR_PRECISION,
    ) -> None:
        unknown = [group for group in groups if group not in GROUPS]
        if unknown or not groups:
            came = repr(unknown[0]) if unknown else "none"
            raise InputError(expected=f"groups among {', '.join(GROUPS)}", got=came)
        self.views, self.iterations = [dict(view) for view in views], iterations
        self.groups, self.prior_precision = tuple(groups), prior_precision

    def check(self, streams: Collection[str], *, has_validation: bool) -> None:
        """See ``Learner``: every view's streams must be there."""
        unknown = [s for view in self.views for s in view.get("streams", ()) if s not in streams]
        if unknown:
            raise InputError(
                expected=f"views that read streams among {', '.join(streams)}",
                got=repr(unknown[0]),
                where="learner",
            )

    def fit(self, data: Dataset, *, seed: int, out: Path) -> Fitted:
        """Fit; deterministic, so ``seed`` changes nothing. Validation rows are trained on too."""
        scaler = fitted_scaler(without_splits(data))
        spec = {
            "_target_": f"{AdditiveGaussianProcess.__module__}.{AdditiveGaussianProcess.__name__}",
            "views": self.views,
            "support": len(data.labels),
            "questions": self._questions(data.batch),
            "columns": self._columns(data.batch),
        }
        network = build_network(
            spec,
            stream_dims=data.stream_dims,
            stream_modality=data.stream_modality,
            num_targets=len(data.schema.targets),
        )
        process = cast(AdditiveGaussianProcess, network).double()
        sums = process.fit_sums(data.batch)
        grams, there = process.fit_grams(data.batch, sums)
        target = standardized(scaler, data.labels)
        shares = self._shares([present.shape[1] for present in there], data.stream_modality)
        grouped = np.tensordot(shares, grams.numpy(), axes=1)
        fits = [
            maximize_evidence(
                grouped, y, iterations=self.iterations, prior_precision=self.prior_precision
            )
            for y in target.T
        ]
        weight = np.stack([fit.weight for fit in fits]) @ shares
        scores = LeaveOneOutScores(process, data, sums, there, grams, weight, fits, target)
        process.set_weights(
            torch.as_tensor(weight), torch.as_tensor(np.stack([fit.coef for fit in fits])), there
        )
        held_out = scaler(torch.as_tensor(scores.of_all())).numpy()
        return Fitted(spec, copy.deepcopy(process).float().eval(), scaler, held_out, scores)

    def _shares(self, slots: Sequence[int], stream_modality: Mapping[str, Modality]) -> Array:
        """(groups, kernels) share of each kernel in the mean of each group; rows sum to 1.

        Args:
            slots: questions of each view, 1 where it is not by question.
            stream_modality: stream name to modality.

        Raises:
            InputError: for a weight per modality, and a view that reads several.
        """
        view = np.repeat(np.arange(len(slots)), slots)
        question = np.concatenate([np.arange(n) for n in slots])
        apart = np.repeat([bool(v.get("by_question")) for v in self.views], slots)
        rows: list[Array] = []
        alike = np.repeat(1 / np.array(slots), slots)
        if "all" in self.groups:
            rows.append(alike)
        if "modality" in self.groups:
            of = np.repeat([_modality(v["streams"], stream_modality) for v in self.views], slots)
            rows += [alike * (of == modality) for modality in dict.fromkeys(of)]
        if "view" in self.groups:
            rows += [view == v for v in range(len(slots))]
        if "question" in self.groups:
            rows += [(question == q) & apart for q in range(max(slots))]
            rows += [(view == v) & ~apart for v in range(len(slots)) if "view" not in self.groups]
        members = np.array([row for row in rows if row.any()], dtype=np.float64)
        shares: Array = members / members.sum(axis=1, keepdims=True)
        return shares

    def _columns(self, batch: FeatureBatch) -> dict[str, int]:
        """How many columns are worth reading of each stream that is read as counts alone."""
        counted = {s for v in self.views if v["scaling"] in COUNTS for s in v["streams"]}
        counted -= {s for v in self.views if v["scaling"] not in COUNTS for s in v["streams"]}
        return {s: len(shared_columns(batch.tokens[s])) for s in sorted(counted)}

    def _questions(self, batch: FeatureBatch) -> int:
        if QUESTION not in batch.tokens or not any(v.get("by_question") for v in self.views):
            return 1
        embedded = batch.tokens[QUESTION].sum(dim=2)
        slots = QuestionSlots(embedded.shape[-1])
        slots.fit(embedded, batch.answer_mask)
        return len(slots.known)


def _modality(streams: Sequence[str], stream_modality: Mapping[str, Modality]) -> Modality:
    found = sorted({stream_modality[stream] for stream in streams})
    if len(found) > 1:
        raise InputError(
            expected="views of one modality each, for a weight per modality",
            got=f"{', '.join(streams)} of {' and '.join(found)}",
            where="learner",
        )
    return found[0]
