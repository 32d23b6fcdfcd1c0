"""Scores by models of other corpora as one more view of one's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch

from trifold.network.wrappers.other_scores import OTHER_SCORES, OtherModels, OtherScoresNetwork
from trifold.training.dataset import Dataset
from trifold.training.learners.base import Fitted, build_learner
from trifold.training.learners.wrapping import wrap
from trifold.training.transfer.others import require_others


class OtherScoresLearner:
    """Fits models on other corpora, and lets a learner read their scores as a stream.

    The other corpora share no people with the one that is learned (see ``beside``), so their models
    are the same in every fold and no fold's test people have a say in them. They are fitted once.
    The stream is called ``other_scores``; see ``OtherModels``.

    Args:
        other: specification of the learner that is fitted on every other corpus.
        learner: specification of the learner that reads ``other_scores`` among its streams.
    """

    def __init__(self, *, other: Mapping[str, Any], learner: Mapping[str, Any]) -> None:
        self.other, self.learner = build_learner(other), build_learner(learner)
        self._fits: list[tuple[Dataset, Fitted]] = []

    def check(self, streams: Collection[str], *, has_validation: bool) -> None:
        """See ``Learner``: what holds for both."""
        self.other.check(streams, has_validation=False)
        self.learner.check([*streams, OTHER_SCORES], has_validation=has_validation)

    def fit(self, data: Dataset, *, seed: int, out: Path) -> Fitted:
        """Fit; see ``Learner``.

        Raises:
            InputError: without other corpora, or when their models read several modalities.
        """
        require_others(data)
        fits = [self._fit_other(one, out=out / f"other{i}") for i, one in enumerate(data.others)]
        others = [
            {"network": dict(fit.spec), "num_targets": len(one.schema.targets)}
            for one, fit in zip(data.others, fits, strict=True)
        ]
        models = OtherModels(
            stream_dims=data.stream_dims, stream_modality=data.stream_modality, others=others
        )
        for model, fit in zip(models.models, fits, strict=True):
            model.load_state_dict(fit.network.state_dict())
        models.eval()
        batch = data.batch
        with torch.no_grad():
            tokens, token_mask = models(batch.tokens, batch.token_mask, batch.answer_mask)
        fitted = self.learner.fit(
            replace(
                data,
                batch=replace(batch, tokens=tokens, token_mask=token_mask),
                stream_dims=models.stream_dims,
                stream_modality=models.stream_modality,
                others=(),
            ),
            seed=seed,
            out=out / "own",
        )
        spec, network = wrap(OtherScoresNetwork, fitted.spec, fitted.network, data, others=others)
        cast(OtherScoresNetwork, network).others = models
        return replace(fitted, spec=spec, network=network.eval())

    def _fit_other(self, other: Dataset, *, out: Path) -> Fitted:
        """On all of a corpus, once; the folds of another corpus do not change it."""
        for known, fitted in self._fits:
            if known is other:
                return fitted
        fitted = self.other.fit(replace(other, splits={}), seed=0, out=out)
        self._fits.append((other, fitted))
        return fitted
