"""Cross-validation by candidate, fold after fold to disk, so that a killed run goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from trifold.contracts import Array
from trifold.corpora.splits import k_folds
from trifold.errors import InputError
from trifold.features.collate import collate, select
from trifold.network.flattening import flattened, is_curved
from trifold.psychometrics.metrics import constant_columns
from trifold.runtime.progress import stage
from trifold.training.dataset import Dataset, subset
from trifold.training.learners.base import Fitted, Learner, without_bias
from trifold.training.protocol.answer_scores import AnswerScores, score_without_each
from trifold.training.protocol.fold_files import prepare_folder, save_fold
from trifold.training.protocol.linking import Linked, linked
from trifold.training.protocol.short_scores import score_short
from trifold.training.protocol.shortening import Version, presence

Baselines = Callable[[Array, Array], Mapping[str, Array]]  # (fit rows, test rows) to predictions
FLATTENED = "flattened"
LABELS = "labels"  # of the tested rows, so that skill can be followed while folds come in
CONSTANT = "constant."  # prefix of what says that a fold's scores were all the same
LOOKED_AT = 3  # training candidates scored beside a fold's own, to see whether all get the same


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of every candidate by models that never saw them, per seed of the folds.

    Attributes:
        seeds: S seeds.
        preds: (S, B, K) on the schema's scale.
        baselines: name to (S, B, K), on the same folds.
        half_width: (S, B, K) of each candidate's score interval, from its fold's training rows.
        short: (S, B, V, K) scores of candidates who show less, NaN where they did not show enough.
        short_half_width: (S, B, V, C, K) of theirs.
        constant: ``model`` or a baseline's name to (K,) bool: every fold gave everybody the same.
        answers: of the first seed, each answer alone and without it.
        folds: (S, B) number of the fold in which each was scored.
        flattened: (S, B, K) scores of the same networks in flat space; None without curved parts.
    """

    seeds: tuple[int, ...]
    preds: Array
    baselines: Mapping[str, Array]
    half_width: Array
    short: Array
    short_half_width: Array
    constant: Mapping[str, Array]
    answers: AnswerScores
    folds: Array
    flattened: Array | None = None


def cross_validate(
    learner: Learner,
    data: Dataset,
    *,
    baselines: Baselines,
    coverage: float,
    versions: Sequence[Version] = (),
    folds: int,
    seeds: Sequence[int],
    identity: str,
    out: Path,
) -> OutOfFold:
    """Train and predict fold by fold; folds that are on disk already are not computed again.

    Args:
        learner: what to train.
        data: every candidate.
        baselines: predictions of the simple methods for a fold.
        coverage: of the score intervals.
        versions: V, as which every candidate is scored too.
        folds: of ``KFold(shuffle=True)`` over candidates in corpus order.
        seeds: of the folds and of the training.
        identity: whatever decides the outcome, as text; folds of another identity are discarded.
        out: folder of the fold files.
    """
    prepare_folder(out, identity)
    results: dict[str, Array] = {}
    rows = (len(seeds), len(data.labels))
    number = np.zeros(rows, dtype=int)
    with stage("fold", total=len(seeds) * folds) as told:
        for s, seed in enumerate(seeds):
            splits = k_folds(data.people, folds=folds, seed=seed)
            for f, (train, test) in enumerate(splits):
                told.advance()
                number[s, test] = f
                path = out / f"seed{seed}-fold{f}.npz"
                if not path.is_file():
                    work = out / "work"
                    fold = _fold(
                        learner,
                        data,
                        train=train,
                        test=test,
                        baselines=baselines,
                        coverage=coverage,
                        versions=versions,
                        seed=seed,
                        work=work,
                    )
                    save_fold(path, {**fold, LABELS: data.labels[test]})
                with np.load(path, allow_pickle=False) as stored:
                    for name in stored.files:
                        empty = np.full((*rows, *stored[name].shape[1:]), np.nan)
                        results.setdefault(name, empty)[s, test] = stored[name]
    shutil.rmtree(out / "work", ignore_errors=True)
    flat = {k: results.pop(k) for k in list(results) if k.startswith(CONSTANT)}
    constant = {k.removeprefix(CONSTANT): np.all(v == 1, axis=(0, 1)) for k, v in flat.items()}
    preds, half_width, short, short_width = (
        results.pop(name) for name in ("model", "half_width", "short", "short_half_width")
    )
    flat_scores = results.pop(FLATTENED, None)
    results.pop(LABELS)
    alone, left_out = (results.pop(name)[0] for name in ("answers_alone", "answers_left_out"))
    return OutOfFold(
        tuple(seeds),
        preds,
        results,
        half_width,
        short,
        short_width,
        constant,
        AnswerScores(preds[0], alone, left_out),
        number,
        flat_scores,
    )


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
    """Fit, and put right what scores of part of an interview, or of a curved scale, are off by.

    Raises:
        InputError: when there are candidates to test on among those to learn from.
    """
    n_test = len(data.splits.get("test", ()))
    if n_test:
        raise InputError(
            expected="data to learn from alone, without a split 'test'",
            got=f"{n_test} candidates of it",
        )
    fitted = without_bias(learner.fit(data, seed=seed, out=out), data.labels)
    return linked(fitted, data, people=list(data.people))


def _fold(
    learner: Learner,
    data: Dataset,
    *,
    train: Array,
    test: Array,
    baselines: Baselines,
    coverage: float,
    versions: Sequence[Version],
    seed: int,
    work: Path,
) -> dict[str, Array]:
    shutil.rmtree(work, ignore_errors=True)
    model = fit_linked(learner, subset(data, train), seed=seed, out=work)
    looked_at = np.concatenate([test, train[:LOOKED_AT]])
    candidate, alone = predict(model.fitted, subset(data, looked_at))
    scores = {"model": candidate, **baselines(train, looked_at)}
    short, short_width = score_short(model, data, test, versions)
    flat = predict_flat(model.fitted, subset(data, test))
    n = len(test)
    return {
        "half_width": own_half_widths(model, data, test, coverage=coverage),
        "short": short,
        "short_half_width": short_width,
        "answers_alone": alone[:n],
        "answers_left_out": score_without_each(model, data, test),
        **({} if flat is None else {FLATTENED: flat}),
        **{name: one[:n] for name, one in scores.items()},
        **{f"{CONSTANT}{name}": np.tile(same_for_all(one), (n, 1)) for name, one in scores.items()},
    }


def own_half_widths(model: Linked, data: Dataset, rows: Array, *, coverage: float) -> Array:
    """(m, K) half-widths of candidates' score intervals, by how much each shows."""
    shown = presence(select(data.batch, torch.as_tensor(rows)), data.stream_modality)
    if not shown:
        return np.full((len(rows), data.labels.shape[1]), np.inf)
    return model.half_widths(shown, coverage=coverage)


def same_for_all(scores: Array) -> Array:
    """(K,) bool: everybody of (n, K) has the same."""
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
