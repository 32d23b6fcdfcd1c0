"""A sum of kernels as a fusion network: one kernel per stream, or per stream and question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from src.contracts import QUESTION, FeatureBatch, Modality
from src.network.kernels.summary import QuestionSlots, answer_means, per_slot
from src.network.kernels.views import VIEWS, LinearView, RbfView
from src.network.network import FusionNetwork, NetworkOutput
from src.network.standardize import TokenStandardizer


class KernelMachine(FusionNetwork):
    """Standardised scores f_k(x) = Σ_v w_kv Σ_i a_ki k_v(x, x_i), the mean of a Gaussian process.

    Tokens are averaged over an answer, then over the answers of a slot: all of them, or those to
    one question. Weights come from ``src.training.evidence``; here they are only applied. A missing
    stream or question adds nothing, which is the training mean.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        num_targets: K.
        views: one mapping per kernel: ``streams`` (side by side), ``kernel`` (rbf or linear),
            ``scaling`` (standard, centred, rank or tfidf) and ``by_question`` (default False).
        support: n training candidates; set by the fit.
        questions: Q known questions; set by the fit.

    Raises:
        ValueError: for an unknown kernel, scaling, or stream.
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
    ) -> None:
        super().__init__()
        self.specs = [dict(view) for view in views]
        unknown = {s for view in self.specs for s in view["streams"]} - set(stream_dims)
        if unknown:
            known = ", ".join(stream_dims)
            raise ValueError(f"expected streams among {known}, got {sorted(unknown)[0]!r}")
        self.streams = tuple(dict.fromkeys(s for view in self.specs for s in view["streams"]))
        self.question_dim = stream_dims.get(QUESTION, 0)
        self.slots = QuestionSlots(self.question_dim if questions > 1 else 0, slots=questions)
        self.views = nn.ModuleList(
            VIEWS[view["kernel"]](
                sum(stream_dims[s] for s in view["streams"]),
                scaling=view["scaling"],
                slots=questions if view.get("by_question") else 1,
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
        pooled = self.pooled(tokens, token_mask)
        question = self._question(tokens, answer_mask)
        batch, answers = answer_mask.shape
        alone = {
            s: (x.flatten(0, 1)[:, None], m.flatten(0, 1)[:, None]) for s, (x, m) in pooled.items()
        }
        answer = self._score(
            alone, question.flatten(0, 1)[:, None], answer_mask.flatten(0, 1)[:, None]
        )
        return NetworkOutput(
            candidate=self._score(pooled, question, answer_mask),
            answer=answer.unflatten(0, (batch, answers)),
        )

    def pooled(
        self, tokens: Mapping[str, Tensor], token_mask: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Stream to answer means (B, T, D) and presence (B, T)."""
        return {s: answer_means(tokens[s], token_mask[s]) for s in self.streams}

    @torch.no_grad()
    def grams(self, train: FeatureBatch) -> tuple[Tensor, list[Tensor]]:
        """Fit slots and views on training candidates.

        Returns:
            Gram matrices (J, n, n), J over views and their slots, and each view's presence (n, Q).
        """
        question = self._question(train.tokens, train.answer_mask)
        if any(view.get("by_question") for view in self.specs):
            self.slots.fit(question, train.answer_mask)
        pooled = {  # double precision, for Cholesky factors of near-singular Gram matrices
            stream: (x.double(), there)
            for stream, (x, there) in self.pooled(train.tokens, train.token_mask).items()
        }
        features = self._features(pooled, question, train.answer_mask)
        grams = [view.fit(*x) for view, x in zip(self._views(), features, strict=True)]
        return torch.cat(grams), [there for _, there in features]

    @torch.no_grad()
    def carry(self, weight: Tensor, coef: Tensor, there: Sequence[Tensor]) -> None:
        """Take over kernel weights (K, J) and dual coefficients (K, n)."""
        first = 0
        for view, present in zip(self._views(), there, strict=True):
            last = first + present.shape[1]
            view.carry(weight[:, first:last], coef, present)
            first = last

    def _score(
        self, pooled: Mapping[str, tuple[Tensor, Tensor]], question: Tensor, answer_mask: Tensor
    ) -> Tensor:
        features = self._features(pooled, question, answer_mask)
        parts = [view(*x) for view, x in zip(self._views(), features, strict=True)]
        return torch.stack(parts).sum(dim=0) + self.offset

    def _features(
        self, pooled: Mapping[str, tuple[Tensor, Tensor]], question: Tensor, answer_mask: Tensor
    ) -> list[tuple[Tensor, Tensor]]:
        """Per view (B, Q, D) and (B, Q); a slot is there when all streams of the view are."""
        every, by_question = answer_mask.unsqueeze(1), self.slots(question, answer_mask)
        features = []
        for spec in self.specs:
            values = torch.cat([pooled[s][0] for s in spec["streams"]], dim=-1)
            there = torch.stack([pooled[s][1] for s in spec["streams"]]).all(dim=0)
            features.append(
                per_slot(values, there, by_question if spec.get("by_question") else every)
            )
        return features

    def _question(self, tokens: Mapping[str, Tensor], answer_mask: Tensor) -> Tensor:
        """(B, T, D) embeddings of the questions, zeros where unknown."""
        if not self.question_dim:
            return torch.zeros(*answer_mask.shape, 0, device=answer_mask.device)
        return tokens[QUESTION].sum(dim=2)

    def _views(self) -> list[RbfView | LinearView]:
        return [cast(RbfView, view) for view in self.views]


def _alone(x: Tensor) -> Tensor:
    """(B, T, …) to (B·T, 1, …): each answer as a candidate of its own."""
    return x.flatten(0, 1).unsqueeze(1)
