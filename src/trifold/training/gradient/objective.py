"""What a fusion network is trained to minimise: one weighted sum of losses and terms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from trifold.contracts import QUESTION, FeatureBatch
from trifold.errors import InputError
from trifold.network.base import NetworkOutput
from trifold.training.gradient.losses import (
    ccc_loss,
    consistency_loss,
    huber_loss,
    member_loss,
    rank_loss,
)
from trifold.training.gradient.regularizers import (
    expert_overlap_loss,
    load_balance_loss,
    router_z_loss,
)

SCOPES = ("all", "question")


@dataclass(frozen=True)
class Truth:
    """Standardised labels of a batch and what says which rows compare.

    Attributes:
        target: (B, K), NaN where unlabelled.
        answer_mask: (B, T) bool.
        question: (B, T) int64, equal where the same question was asked.
        member_weight: (B, M) row weights of an ensemble's members, or None for equal ones.
        teacher: (B, K) standardised scores of a teacher that was not shown the labels of these
            rows, NaN where there are none; None without a teacher.
    """

    target: Tensor
    answer_mask: Tensor
    question: Tensor
    member_weight: Tensor | None = None
    teacher: Tensor | None = None


@dataclass(frozen=True)
class Objective:
    """L = score(ŷ) + Σ weight · term, where score = Huber + w_ccc CCC + w_rank rank.

    The score of an ensemble head mixes the loss of its mean with its members' own. With a teacher
    it is (1 − w) score(ŷ; labels) + w score(ŷ; teacher), distillation as of Hinton, Vinyals and
    Dean (2015) for regression.

    Attributes:
        huber_delta: where Huber turns linear, in standard deviations of the target; a large one
            makes it half the squared error.
        ccc_weight: of the CCC loss.
        rank_weight: of the rank loss.
        rank_scope: ``all`` pairs of candidates, or pairs of answers to the same ``question``, for
            labels that are comparable within a question alone.
        member_mix: share of the ensemble mean's loss; the rest is the members' own.
        answer_weight: of the candidate's label as a label of each answer.
        balance_weight: of the load-balance term.
        z_weight: of the size of the router's logits.
        overlap_weight: of the expert-overlap term.
        consistency_weight: of the change of scores under modality dropout.
        teacher_weight: w, share of the teacher's scores beside the labels, between 0 and 1.

    Raises:
        InputError: for an unknown scope, or a share that is none.
    """

    huber_delta: float = 1.0
    ccc_weight: float = 0.5
    rank_weight: float = 0.0
    rank_scope: str = "all"
    member_mix: float = 0.5
    answer_weight: float = 0.0
    balance_weight: float = 0.0
    z_weight: float = 0.0
    overlap_weight: float = 0.0
    consistency_weight: float = 0.0
    teacher_weight: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.teacher_weight <= 1:
            came = str(self.teacher_weight)
            raise InputError(expected="teacher_weight between 0 and 1", got=came)
        if self.rank_scope not in SCOPES:
            expected = f"rank_scope among {', '.join(SCOPES)}"
            raise InputError(expected=expected, got=repr(self.rank_scope))

    def __call__(self, output: NetworkOutput, truth: Truth, full: Tensor | None = None) -> Tensor:
        """The whole loss of a batch.

        Args:
            output: under modality dropout.
            truth: labels.
            full: (B, K) scores with every modality, for the consistency term.
        """
        loss = self._fit(output, truth)
        if self.teacher_weight and truth.teacher is not None:
            taught = self._fit(output, replace(truth, target=truth.teacher))
            loss = (1 - self.teacher_weight) * loss + self.teacher_weight * taught
        loss = loss + self._terms(output, truth.answer_mask)
        if self.answer_weight or (self.rank_weight and self.rank_scope == "question"):
            loss = loss + self._answers(output.answer, truth)
        if full is not None:
            loss = loss + self.consistency_weight * consistency_loss(output.candidate, full)
        return loss

    def score(self, preds: Tensor, target: Tensor, *, weight: Tensor | None = None) -> Tensor:
        """Huber, CCC and rank on (B, K); ``weight`` (B, K) weighs the rows of Huber."""
        loss = huber_loss(preds, target, delta=self.huber_delta, weight=weight)
        loss = loss + self.ccc_weight * ccc_loss(preds, target)
        if self.rank_weight and self.rank_scope == "all":
            loss = loss + self.rank_weight * rank_loss(preds, target)
        return loss

    def _fit(self, output: NetworkOutput, truth: Truth) -> Tensor:
        if output.members is None or self.member_mix == 1:
            return self.score(output.candidate, truth.target)
        options = {"mix": self.member_mix, "weight": truth.member_weight}
        return member_loss(self.score, output.members, truth.target, **options)  # type: ignore[arg-type]

    def _answers(self, answer: Tensor, truth: Truth) -> Tensor:
        """The candidate's label on each of their answers."""
        valid = truth.answer_mask
        label = truth.target.unsqueeze(1).expand_as(answer)[valid]
        loss = self.answer_weight * huber_loss(answer[valid], label, delta=self.huber_delta)
        if self.rank_scope == "question":
            ranked = rank_loss(answer[valid], label, truth.question[valid])
            loss = loss + self.rank_weight * ranked
        return loss

    def _terms(self, output: NetworkOutput, mask: Tensor) -> Tensor:
        """Those that keep experts and their router in use, calm and apart."""
        terms = output.candidate.new_zeros(())
        if output.expert_weight is None or output.expert_logits is None:
            return terms
        terms = terms + self.balance_weight * load_balance_loss(output.expert_weight, mask)
        if self.z_weight:
            terms = terms + self.z_weight * router_z_loss(output.expert_logits, mask)
        if self.overlap_weight and output.expert_features is not None:
            terms = terms + self.overlap_weight * expert_overlap_loss(output.expert_features, mask)
        return terms


def question_groups(question: Tensor) -> Tensor:
    """(B, T, D) question embeddings to (B, T) int64, equal where the questions are."""
    if question.shape[-1] == 0:
        return torch.zeros(question.shape[:2], dtype=torch.int64, device=question.device)
    _, group = torch.unique(question.flatten(0, 1), dim=0, return_inverse=True)
    return group.reshape(question.shape[:2])


def first_questions(batch: FeatureBatch) -> Tensor:
    """(B,) int64, equal where candidates were asked the same first question."""
    if QUESTION not in batch.tokens:
        return torch.zeros(len(batch.candidate_ids), dtype=torch.int64)
    return question_groups(batch.tokens[QUESTION].sum(dim=2)[:, :1])[:, 0]
