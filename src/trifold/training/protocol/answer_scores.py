"""Scores of single answers of people who were not fitted on: how a score varies over answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array, FeatureBatch
from trifold.features.collate import select
from trifold.network.wrappers.linking import LinkedNetwork, place_of
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.psychometrics.reliability.generalizability.components import analogous_anova
from trifold.psychometrics.reliability.generalizability.formula import design
from trifold.psychometrics.reliability.generalizability.observations import observe
from trifold.psychometrics.reliability.generalizability.person_error import (
    FEWEST_ANSWERS,
    alike,
    jackknife_error,
)
from trifold.training.dataset import Dataset
from trifold.training.protocol.link_lines import stacked
from trifold.training.protocol.linking import Linked
from trifold.training.shortening import Shown, presence, shortened

DESIGN = design("i:p")  # each person's own answers: question ids need not be shared


@dataclass(frozen=True)
class AnswerScores:
    """Of n people whom the model was not fitted on, NaN where there is nothing.

    Attributes:
        whole: (n, K) scores of all their answers.
        alone: (n, T, K) of each answer alone.
        left_out: (n, T, K) of all answers but one.
    """

    whole: Array
    alone: Array
    left_out: Array


def score_without_each(model: Linked, data: Dataset, rows: Array) -> Array:
    """(m, T, K) scores of candidates without each of their answers in turn.

    They are linked as the whole interview is: with a line of their own for one answer less, scores
    would lie nearer to the mean, and what an answer moves would look smaller than it is.

    Args:
        model: one that was not fitted on them.
        data: all candidates.
        rows: m of them.

    Returns:
        NaN where somebody has no such answer, or no other.
    """
    batch = select(data.batch, torch.as_tensor(rows))
    there = presence(batch, data.stream_modality)
    found = np.full((*batch.answer_mask.shape, data.labels.shape[1]), np.nan)
    if not there:
        return found
    given = torch.stack(list(there.values())).any(dim=0)  # (m, T)
    others = given.sum(dim=1, keepdim=True) - 1
    for t in range(given.shape[1]):
        kept = torch.arange(given.shape[1]) != t
        shown = {m: x & kept for m, x in there.items()}
        scores = _as_whole(model, shortened(batch, shown, data.stream_modality), there)
        mine = (given[:, t] & (others[:, 0] > 0)).numpy()
        found[mine, t] = scores[mine]
    return found


def _as_whole(model: Linked, batch: FeatureBatch, there: Shown) -> Array:
    """(m, K) scores on the schema's scale, on the line of what ``there`` shows."""
    network = model.fitted.network
    parts: tuple[dict[str, Tensor], dict[str, Tensor], Tensor]
    parts = batch.tokens, batch.token_mask, batch.answer_mask
    with torch.inference_mode():
        if isinstance(network, LinkedNetwork):
            slope, offset = network.line(place_of(stacked(there, network.modalities)))
            standardised = network.inner.candidates(*parts) * slope + offset
        else:
            standardised = network.candidates(*parts)
        scores: Array = model.fitted.scaler(standardised).double().numpy()
    return scores


def answer_variances(found: AnswerScores | None, names: Sequence[str]) -> dict[str, AnswerVariance]:
    """Variance components of each target; without those that they cannot be told of.

    Nothing is told without scores, as where everybody of the corpus was fitted on.

    Eρ² comes from the answers, design ``i:p``, of people with two answers or more (Henderson's
    method I; Brennan 2001, ch. 7). Scores of single answers are linked, and so nearer to the mean;
    the variances are put on the scale of candidates' scores by SEM = SD √(1 − Eρ²).
    """
    if found is None:
        return {}
    several = np.isfinite(found.alone).all(axis=2).sum(axis=1) > 1
    if several.sum() < FEWEST:
        return {}
    made = {
        name: _of_target(
            found.whole[several, k], found.alone[several, :, k], found.left_out[several, :, k]
        )
        for k, name in enumerate(names)
    }
    return {name: one for name, one in made.items() if one is not None}


def _of_target(whole: Array, alone: Array, left_out: Array) -> AnswerVariance | None:
    """Of (n,) scores of people, (n, T) of answers alone and (n, T) of all but one."""
    person, answer = np.nonzero(np.isfinite(alone))
    labels = {"p": person, "i": answer}
    scores = alone[person, answer]
    if not np.ptp(scores) or not np.ptp(whole):
        return None  # everybody has the same: there is no order that answers could change
    persons, answers = np.maximum(analogous_anova(observe(DESIGN, labels, scores)), 0.0)
    counts = np.bincount(person)
    usual = 1 / np.mean(1 / counts)  # harmonic mean, as error variances of means go
    reliability = persons / (persons + answers / usual)
    variance = float(np.var(whole, ddof=1))
    spread = variance * (1 - reliability) * usual
    withheld = _doubt(left_out, np.sqrt(spread / counts))
    return AnswerVariance(variance * float(reliability), float(spread), len(whole), withheld)


def _doubt(left_out: Array, errors: Array) -> str:
    """Why errors by components may not be given, where scores are not made as means are.

    Args:
        left_out: (n, T) scores of all answers but one, NaN where there is none.
        errors: (n,) by components.
    """
    jackknife = np.array([jackknife_error(row[np.isfinite(row)]) for row in left_out])
    if not np.isfinite(jackknife).any():
        return f"nobody gave {FEWEST_ANSWERS} answers to check it by leaving one out"
    if alike(jackknife, errors):
        return ""
    ours, theirs = (
        float(np.sqrt(np.mean(x[np.isfinite(jackknife)] ** 2))) for x in (jackknife, errors)
    )
    return (
        f"leaving out one answer at a time tells of {ours:.3g}, the variance of single answers of "
        f"{theirs:.3g}: this model's scores are no means of answers"
    )
