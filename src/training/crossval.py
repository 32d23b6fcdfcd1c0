"""Cross-validation by candidate, fold after fold to disk, so that a killed run goes on."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from src.contracts import Array
from src.corpora.splits import k_folds
from src.errors import InputError
from src.features.collate import collate, select
from src.progress import stage
from src.psychometrics.metrics import constant_columns
from src.training.learners.base import Fitted, Learner, TrainingSet, without_bias

Baselines = Callable[[Array, Array], Mapping[str, Array]]  # (fit rows, test rows) to predictions
CONSTANT = "constant."  # prefix of what says that a fold's scores were all the same
FORMAT = 2  # of the fold files; those of another are discarded
HalfWidths = Callable[[Array, Sequence[str]], Array]  # (residuals, candidate ids) to (K,)
LOOKED_AT = 3  # training candidates scored beside a fold's own, to see whether all get the same


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of every candidate by models that never saw them, per seed of the folds.

    Attributes:
        seeds: S seeds.
        preds: (S, B, K) on the schema's scale.
        baselines: name to (S, B, K), on the same folds.
        half_width: (S, B, K) of each candidate's score interval, from its fold's training rows.
        answers: (B, T, K) scores of single answers with the first seed's folds, NaN where absent.
        constant: ``model`` or a baseline's name to (K,) bool: every fold gave everybody the same.
    """

    seeds: tuple[int, ...]
    preds: Array
    baselines: Mapping[str, Array]
    half_width: Array
    answers: Array
    constant: Mapping[str, Array]


def cross_validate(
    learner: Learner,
    data: TrainingSet,
    *,
    baselines: Baselines,
    half_widths: HalfWidths,
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
        half_widths: (n, K) held-out residuals and n candidate ids to (K,) half-widths of score
            intervals.
        folds: of ``KFold(shuffle=True)`` over candidates in corpus order.
        seeds: of the folds and of the training.
        identity: whatever decides the outcome, as text; folds of another identity are discarded.
        out: folder of the fold files.
    """
    _prepare(out, identity)
    results: dict[str, Array] = {}
    rows = (len(seeds), len(data.labels))
    with stage("fold", total=len(seeds) * folds) as told:
        for s, seed in enumerate(seeds):
            splits = k_folds(data.batch.candidate_ids, folds=folds, seed=seed)
            for f, (train, test) in enumerate(splits):
                told.advance()
                path = out / f"seed{seed}-fold{f}.npz"
                if not path.is_file():
                    work = out / "work"
                    fold = _fold(learner, data, train, test, baselines, half_widths, seed, work)
                    _save(path, fold)
                with np.load(path, allow_pickle=False) as stored:
                    for name in stored.files:
                        empty = np.full((*rows, *stored[name].shape[1:]), np.nan)
                        results.setdefault(name, empty)[s, test] = stored[name]
    shutil.rmtree(out / "work", ignore_errors=True)
    flat = {k: results.pop(k) for k in list(results) if k.startswith(CONSTANT)}
    constant = {k.removeprefix(CONSTANT): np.all(v == 1, axis=(0, 1)) for k, v in flat.items()}
    preds, half_width, answers = (results.pop(name) for name in ("model", "half_width", "answers"))
    return OutOfFold(tuple(seeds), preds, results, half_width, answers[0], constant)


def subset(data: TrainingSet, rows: Array) -> TrainingSet:
    """The candidates at ``rows``, none set aside."""
    return replace(
        data,
        samples=tuple(data.samples[row] for row in rows),
        batch=select(data.batch, torch.as_tensor(rows)),
        labels=data.labels[rows],
        val_rows=np.zeros(0, dtype=int),
    )


def predict(fitted: Fitted, data: TrainingSet) -> tuple[Array, Array]:
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


def _fold(
    learner: Learner,
    data: TrainingSet,
    train: Array,
    test: Array,
    baselines: Baselines,
    half_widths: HalfWidths,
    seed: int,
    work: Path,
) -> dict[str, Array]:
    shutil.rmtree(work, ignore_errors=True)
    fitted = learner.fit(subset(data, train), seed=seed, out=work)
    fitted = without_bias(fitted, data.labels[train])
    ids = [data.batch.candidate_ids[row] for row in train]
    width = half_widths(data.labels[train] - fitted.held_out, ids)
    looked_at = np.concatenate([test, train[:LOOKED_AT]])
    candidate, answers = predict(fitted, subset(data, looked_at))
    scores = {"model": candidate, **baselines(train, looked_at)}
    n = len(test)
    return {
        "answers": answers[:n],
        "half_width": np.tile(width, (n, 1)),
        **{name: one[:n] for name, one in scores.items()},
        **{f"{CONSTANT}{name}": np.tile(same_for_all(one), (n, 1)) for name, one in scores.items()},
    }


def same_for_all(scores: Array) -> Array:
    """(K,) bool: everybody of (n, K) has the same."""
    return constant_columns(scores[None], np.zeros_like(scores))


def _require_numbers(scores: Array, data: TrainingSet) -> None:
    wrong = ~np.isfinite(scores)
    if wrong.any():
        k = int(wrong.any(axis=0).argmax())
        raise InputError(
            expected="scores that are numbers; where training diverged, a smaller learning rate",
            got=f"none for {wrong[:, k].sum()} of {len(scores)} candidates",
            where=f"target '{data.schema.names[k]}'",
        )


def _prepare(out: Path, identity: str) -> None:
    """Keep the folds of the same identity only."""
    digest = hashlib.sha256(f"{FORMAT}\x00{identity}".encode()).hexdigest()
    mark = out / "identity.txt"
    if not mark.is_file() or mark.read_text(encoding="utf-8") != digest:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        mark.write_text(digest, encoding="utf-8")


def _save(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write beside the target, then rename: a killed run leaves no half fold."""
    temporary = path.with_suffix(".tmp.npz")
    np.savez(temporary, **arrays)  # type: ignore[arg-type]
    temporary.replace(path)
