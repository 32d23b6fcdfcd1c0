"""A bundle applied to one candidate at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from trifold.bundle.abstention import doubts, rank_of, too_far
from trifold.bundle.bundle import Bundle
from trifold.contracts import Array, FeatureBatch, TraitScores
from trifold.features.collate import CandidateSample, collate
from trifold.forms import Form
from trifold.network.wrappers.linking import place_of, shown_in
from trifold.scoring.attribution.cues import Columns, columns_of
from trifold.scoring.outcome import CandidateScores


class Predictor:
    """Scores candidates with a loaded bundle.

    One candidate at a time, so that a score never depends on who else is in the batch.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._dims, self._grid = bundle.description.stream_dims, bundle.description.grid

    @cached_property
    def columns(self) -> Mapping[str, Columns]:
        """What the columns of streams measure, where their encoders say so."""
        return columns_of(self.bundle)

    @torch.inference_mode()
    def score(self, sample: CandidateSample) -> CandidateScores:
        """Score the answers of one candidate; missing streams are allowed."""
        batch = collate([sample], self._dims)
        output = self.bundle.network(batch.tokens, batch.token_mask, batch.answer_mask)
        candidate = self.bundle.scaler(output.candidate)[0].numpy()
        answers = self.bundle.scaler(output.answer)[0].numpy()
        reference, limits = self.bundle.reference, self.bundle.description.limits
        there = self._shown(batch)
        form = self._form(there)
        distance = rank_of(batch, reference, form=form)
        reasons = doubts(sample, distance, limits)
        widths = self._widths("candidate", form)
        alone = [self._form(one) for one in there.split(1)]
        return CandidateScores(
            candidate=self._with_interval(candidate, widths, self._spread(output.members)),
            answers=tuple(
                self._with_interval(answer, self._widths("answer", one))
                for answer, one in zip(answers, alone, strict=True)
            ),
            reasons=reasons,
            distance=distance,
            answer_reasons=tuple(
                reasons or self._far_alone(sample, t, one) for t, one in enumerate(alone)
            ),
            half_width=widths,
            percentile=None if reference is None else reference.percentiles(candidate),
        )

    def _far_alone(self, sample: CandidateSample, t: int, form: Form | None) -> tuple[str, ...]:
        """Codes of one answer, where training candidates are known by single answers too."""
        distribution = self.bundle.reference.distribution if self.bundle.reference else None
        if form is None or distribution is None or form.key not in distribution.by_form:
            return ()
        one = collate([replace(sample, answers=sample.answers[t : t + 1])], self._dims)
        distance = rank_of(one, self.bundle.reference, form=form)
        return too_far(distance, self.bundle.description.limits)

    def _shown(self, batch: FeatureBatch) -> Tensor:
        """(T, M) bool: which answers show which modality of the grid."""
        modalities = self._grid.modalities if self._grid else ()
        if not modalities:
            return torch.zeros(*batch.answer_mask.shape, 0, dtype=torch.bool)[0]
        shown = shown_in(batch.token_mask, self.bundle.description.stream_modality, modalities)
        return shown[0] & batch.answer_mask[0].unsqueeze(-1)

    def _form(self, there: Tensor) -> Form | None:
        """Of what is shown in (T, M) answers and modalities; None where nothing is."""
        if self._grid is None:
            return None
        subset, share = place_of(there)
        return self._grid.form(int(subset), 1 / float(share))

    def _widths(self, level: str, form: Form | None) -> Array:
        """(K,) half-widths; infinite where there is no interval."""
        known = self.bundle.description.half_width
        none: list[float | None] = [None] * len(known[level])
        if self._grid is None:  # a bundle from before there were forms
            widths = known[level]
        else:
            widths = none if form is None else known.get(form.key, none)
        return np.array([np.inf if w is None else w for w in widths])

    def _spread(self, members: Tensor | None) -> Array | None:
        """(1, K, M) to (K,) standard deviation over the members, on the schema's scale."""
        if members is None or members.shape[-1] < 2:
            return None
        scores = self.bundle.scaler(members[0].mT).double()  # (M, K)
        spread: Array = scores.std(dim=0).numpy()
        return spread

    def _with_interval(
        self, score: Array, widths: Array, spread: Array | None = None
    ) -> TraitScores:
        """(K,) scores with their conformal interval, cut at the ends of the rating scale."""
        description = self.bundle.description
        targets = description.schema.targets
        return TraitScores(
            target_names=description.schema.names,
            score=score.astype(np.float64),
            low=np.maximum(score - widths, [t.low for t in targets]),
            high=np.minimum(score + widths, [t.high for t in targets]),
            coverage=description.coverage,
            spread=spread,
        )


def score_all(predictor: Predictor, samples: Sequence[CandidateSample]) -> tuple[Array, Array]:
    """Score many candidates.

    Returns:
        (B, K) scores and half-widths, infinite where there is no interval.
    """
    scored = [predictor.score(sample) for sample in samples]
    scores = np.stack([one.candidate.score for one in scored])
    return scores, np.stack([one.half_width for one in scored])
