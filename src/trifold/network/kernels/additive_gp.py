"""Multiple kernel learning as a fusion network: a kernel per stream, or per stream and question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from trifold.contracts import QUESTION, FeatureBatch, Modality
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.kernels.scaling import COUNTS
from trifold.network.kernels.summary import (
    AnswerSums,
    QuestionSlots,
    SharedColumns,
    answer_sums,
    slot_features,
)
from trifold.network.kernels.views import VIEWS, LinearView, RbfView

DEFAULTS: dict[str, Any] = {"by_question": False, "spread": False, "widen": 1.0}
KEYS = {"streams", "kernel", "scaling", *DEFAULTS}


class Pooled(NamedTuple):
    """What a view reads: ``values`` (B, Q, D), and ``there`` (B, Q) bool."""

    values: Tensor
    there: Tensor


class AdditiveGaussianProcess(FusionNetwork):
    """Mean of an additive Gaussian process: standardised f_k(x) = Σ_v w_kv Σ_i a_ki k_v(x, x_i).

    Its kernel is a weighted sum of one kernel per view (Duvenaud, Nickisch and Rasmussen, 2011).

    Tokens are averaged over the answers of a slot (all of them, or those to one question); counts
    of words are added up. Weights come from the marginal likelihood, in training; here they
    are only applied.
    A missing stream or question adds nothing, which is the training mean; a stream of which some
    answers are missing does not, see ``network.linking``.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K.
        views: one mapping per kernel: ``streams`` (side by side), ``kernel`` (rbf or linear),
            ``scaling`` (standard, centred, rank or tfidf), and if wanted ``by_question`` (a kernel
            for each question), ``spread`` (the deviation of the tokens beside their mean) and
            ``widen`` (an rbf kernel's squared width as a multiple of the median distance).
        support: n training candidates; set by the fit.
        questions: Q known questions; set by the fit.
        columns: how many columns of a stream of counts are read; set by the fit, all by default.

    Raises:
        ValueError: for an unknown kernel, scaling, stream, or setting of a view.
    """

    offset: Tensor

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        views: Sequence[Mapping[str, Any]],
        support: int = 1,
        questions: int = 1,
        columns: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.specs = [DEFAULTS | dict(view) for view in views]
        strange = sorted({key for view in self.specs for key in view} - KEYS)
        if strange:
            raise ValueError(
                f"expected view settings {', '.join(sorted(KEYS))}, got {strange[0]!r}"
            )
        if any(view["spread"] and view["scaling"] in COUNTS for view in self.specs):
            raise ValueError("expected spread of measures, got it for counts (scaling tfidf)")
        unknown = {s for view in self.specs for s in view["streams"]} - set(stream_dims)
        if unknown:
            known = ", ".join(stream_dims)
            raise ValueError(f"expected streams among {known}, got {sorted(unknown)[0]!r}")
        self.streams = tuple(dict.fromkeys(s for view in self.specs for s in view["streams"]))
        widths = dict(stream_dims) | dict(columns or {})
        self.columns = nn.ModuleDict({s: SharedColumns(widths[s]) for s in columns or {}})
        self.question_dim = stream_dims.get(QUESTION, 0)
        self.slots = QuestionSlots(self.question_dim if questions > 1 else 0, slots=questions)
        self.views = nn.ModuleList(
            VIEWS[view["kernel"]](
                sum(widths[s] for s in view["streams"]) * (2 if view["spread"] else 1),
                scaling=view["scaling"],
                widen=view["widen"],
                slots=questions if view["by_question"] else 1,
                support=support,
                num_targets=num_targets,
            )
            for view in self.specs
        )
        self.register_buffer("offset", torch.zeros(num_targets))

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """None: every view scales its own columns."""
        return {}

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``. An answer is scored as if it were the only one."""
        sums = self.sums(tokens, token_mask)
        question = self.question_of(tokens, answer_mask)
        batch, answers = answer_mask.shape
        alone = {s: x.alone() for s, x in sums.items()}
        answer = self._score(
            alone, question.flatten(0, 1)[:, None], answer_mask.flatten(0, 1)[:, None]
        )
        return NetworkOutput(
            candidate=self._score(sums, question, answer_mask),
            answer=answer.unflatten(0, (batch, answers)),
        )

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``; answers, each scored as a candidate, are most of the work."""
        question = self.question_of(tokens, answer_mask)
        return self._score(self.sums(tokens, token_mask), question, answer_mask)

    @torch.no_grad()
    def fit_sums(self, train: FeatureBatch) -> dict[str, AnswerSums]:
        """Fit slots and columns on training candidates; returns their ``sums``."""
        if any(view["by_question"] for view in self.specs):
            question = self.question_of(train.tokens, train.answer_mask)
            self.slots.fit(question, train.answer_mask)
        for stream, columns in self.columns.items():
            cast(SharedColumns, columns).fit(train.tokens[stream])
        return self.sums(train.tokens, train.token_mask)

    @torch.no_grad()
    def fit_grams(
        self, train: FeatureBatch, sums: Mapping[str, AnswerSums] | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Fit views on training candidates.

        Args:
            train: the candidates.
            sums: of ``fit_sums``, where that was done.

        Returns:
            Gram matrices (J, n, n), J over views and their slots, and each view's presence (n, Q).
        """
        sums = self.fit_sums(train) if sums is None else sums
        question = self.question_of(train.tokens, train.answer_mask)
        pooled = self._pooled(sums, question, train.answer_mask)
        grams = [view.fit(*x) for view, x in zip(self._views(), pooled, strict=True)]
        return torch.cat(grams), [one.there for one in pooled]

    @torch.no_grad()
    def set_weights(self, weight: Tensor, coef: Tensor, there: Sequence[Tensor]) -> None:
        """Take over kernel weights (K, J) and dual coefficients (K, n)."""
        first = 0
        for view, present in zip(self._views(), there, strict=True):
            last = first + present.shape[1]
            view.set_weights(weight[:, first:last], coef, present)
            first = last

    def sums(
        self, tokens: Mapping[str, Tensor], token_mask: Mapping[str, Tensor]
    ) -> dict[str, AnswerSums]:
        """Stream name to the sums over its tokens that the views need."""
        spread = {s for spec in self.specs if spec["spread"] for s in spec["streams"]}
        read = {
            s: self.columns[s](tokens[s]) if s in self.columns else tokens[s] for s in self.streams
        }
        return {s: answer_sums(x, token_mask[s], squares=s in spread) for s, x in read.items()}

    def _score(
        self, sums: Mapping[str, AnswerSums], question: Tensor, answer_mask: Tensor
    ) -> Tensor:
        pooled = self._pooled(sums, question, answer_mask)
        parts = [view(*x) for view, x in zip(self._views(), pooled, strict=True)]
        return torch.stack(parts).sum(dim=0) + self.offset

    def _pooled(
        self, sums: Mapping[str, AnswerSums], question: Tensor, answer_mask: Tensor
    ) -> list[Pooled]:
        """What each view reads; a slot is there when all streams of the view are."""
        every, by_question = answer_mask.unsqueeze(1), self.slots(question, answer_mask)
        pooled = []
        for spec in self.specs:
            slots = by_question if spec["by_question"] else every
            values, there = zip(
                *(slot_features(sums[s], slots, spec) for s in spec["streams"]), strict=True
            )
            pooled.append(Pooled(torch.cat(values, dim=-1), torch.stack(there).all(dim=0)))
        return pooled

    def question_of(self, tokens: Mapping[str, Tensor], answer_mask: Tensor) -> Tensor:
        """(B, T, D) embeddings of the questions, zeros where unknown."""
        if not self.question_dim:
            return torch.zeros(*answer_mask.shape, 0, device=answer_mask.device)
        return tokens[QUESTION].sum(dim=2)

    def _views(self) -> list[RbfView | LinearView]:
        return [cast(RbfView, view) for view in self.views]
