"""One fold: train on some candidates, and score others whom the model never saw."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.features.collate import collate, select
from trifold.network.flattening import flattened, is_curved
from trifold.psychometrics.metrics import constant_columns
from trifold.training.dataset import Dataset, subset
from trifold.training.learners.base import Fitted, Learner, with_smearing
from trifold.training.protocol.answer_scores import score_without_each
from trifold.training.protocol.linking import Linked, linked
from trifold.training.protocol.short_scores import score_short
from trifold.training.shortening import Version, presence

Baselines = Callable[[Array, Array], Mapping[str, Array]]  # (fit rows, test rows) to predictions
FLATTENED = "flattened"
CONSTANT = "constant."  # prefix of arrays that say whether all scores of a fold are equal
EXTRA_ROWS = 3  # training candidates that are scored too, so that a fold of one tells whether


@dataclass(frozen=True)
class Fold:
    """Who is learnt from and who is scored.

    Attributes:
        seed: of the folds and of the training.
        number: of the fold, from 0 on.
        count: how many folds this seed has.
        train: rows of the data.
        test: all other rows.
    """

    seed: int
    number: int
    count: int
    train: Array
    test: Array

    def __str__(self) -> str:
        """As an error names it."""
        return f"fold {self.number + 1} of {self.count} with seed {self.seed}"


@dataclass(frozen=True)
class FoldWork:
    """What all folds have in common.

    Attributes:
        learner: what to train.
        data: every candidate.
        baselines: predictions of the simple methods for a fold.
        coverage: of the score intervals.
        versions: V ways to shorten an interview, each of which is scored too.
        work: folder for checkpoints while a fold is trained.
    """

    learner: Learner
    data: Dataset
    baselines: Baselines
    coverage: float
    versions: Sequence[Version]
    work: Path

    def run(self, fold: Fold) -> dict[str, Array]:
        """Train and score; name to arrays of a row for each test candidate, see ``OutOfFold``."""
        work = self.work / f"seed{fold.seed}-fold{fold.number}"
        shutil.rmtree(work, ignore_errors=True)
        try:
            train = subset(self.data, fold.train)
            model = fit_linked(self.learner, train, seed=fold.seed, out=work)
            return self._scores(model, fold.train, fold.test)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _scores(self, model: Linked, train: Array, test: Array) -> dict[str, Array]:
        data, n = self.data, len(test)
        rows = np.concatenate([test, train[:EXTRA_ROWS]])
        candidate, alone = predict(model.fitted, subset(data, rows))
        scores = {"model": candidate, **self.baselines(train, rows)}
        constant = {f"{CONSTANT}{name}": is_constant(preds) for name, preds in scores.items()}
        short, short_half_width = score_short(model, data, test, self.versions)
        flat = predict_flat(model.fitted, subset(data, test))
        return {
            "half_width": own_half_widths(model, data, test, coverage=self.coverage),
            "short": short,
            "short_half_width": short_half_width,
            "answers_alone": alone[:n],
            "answers_left_out": score_without_each(model, data, test),
            **({} if flat is None else {FLATTENED: flat}),
            **{name: preds[:n] for name, preds in scores.items()},
            **{name: np.tile(flags, (n, 1)) for name, flags in constant.items()},
        }


def predict(fitted: Fitted, data: Dataset) -> tuple[Array, Array]:
    """Scores on the schema's scale: candidates (n, K) and answers (n, T, K), NaN where absent.

    One candidate at a time, as scoring does it: a score never depends on who else is in the batch.

    Raises:
        InputError: when a score is no number, as after a training that diverged.
    """
    answers = np.full((*data.batch.answer_mask.shape, data.labels.shape[1]), np.nan)
    candidates = np.empty(data.labels.shape)
    with torch.inference_mode():
        for row, sample in enumerate(data.samples):
            one = collate([sample], data.stream_dims)
            output = fitted.network(one.tokens, one.token_mask, one.answer_mask)
            candidates[row] = fitted.scaler(output.candidate)[0].numpy()
            answers[row, : len(sample.answers)] = fitted.scaler(output.answer)[0].numpy()
    _require_numbers(candidates, data)
    return candidates, answers


def predict_flat(fitted: Fitted, data: Dataset) -> Array | None:
    """(n, K) scores of candidates if space were flat; None where no part of it is curved."""
    if not is_curved(fitted.network):
        return None
    return predict(replace(fitted, network=flattened(fitted.network)), data)[0]


def fit_linked(learner: Learner, data: Dataset, *, seed: int, out: Path) -> Linked:
    """Fit, then correct scores for bias: of transformed targets, and of shortened interviews.

    See ``with_smearing`` and ``linked``.

    Raises:
        InputError: when there are candidates to test on among those to learn from.
    """
    n_test = len(data.splits.get("test", ()))
    if n_test:
        raise InputError(
            expected="data to learn from alone, without a split 'test'",
            got=f"{n_test} candidates of it",
        )
    fitted = with_smearing(learner.fit(data, seed=seed, out=out), data.labels)
    return linked(fitted, data, people=list(data.people))


def own_half_widths(model: Linked, data: Dataset, rows: Array, *, coverage: float) -> Array:
    """(m, K) half-widths of candidates' score intervals, which depend on how much each shows."""
    shown = presence(select(data.batch, torch.as_tensor(rows)), data.stream_modality)
    if not shown:
        return np.full((len(rows), data.labels.shape[1]), np.inf)
    return model.half_widths(shown, coverage=coverage)


def is_constant(scores: Array) -> Array:
    """(K,) bool: all n scores of (n, K) are equal."""
    return constant_columns(scores[None], np.zeros_like(scores))


def _require_numbers(scores: Array, data: Dataset) -> None:
    wrong = ~np.isfinite(scores)
    if wrong.any():
        k = int(wrong.any(axis=0).argmax())
        raise InputError(
            expected="scores that are numbers; where training diverged, a smaller learning rate",
            got=f"none for {wrong[:, k].sum()} of {len(scores)} candidates",
            where=f"target '{data.schema.names[k]}'",
        )
