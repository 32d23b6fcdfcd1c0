"""Cross-validation by candidate; every fold is saved when it is done, so a killed run resumes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trifold.contracts import Array
from trifold.corpora.splits import k_folds
from trifold.runtime.progress import stage
from trifold.training.dataset import Dataset
from trifold.training.learners.base import Learner
from trifold.training.protocol.answer_scores import AnswerScores
from trifold.training.protocol.fold import CONSTANT, FLATTENED, Baselines, Fold, FoldWork
from trifold.training.protocol.fold_files import fold_file, prepare_folder, save_fold
from trifold.training.protocol.fold_workers import each_fold
from trifold.training.shortening import Version
from trifold.workers.base import INLINE, EngineSettings

LABELS = "labels"  # of the tested rows, so that skill can be followed while folds come in


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of every candidate by models that never saw them, per seed of the folds.

    Attributes:
        seeds: S seeds.
        preds: (S, B, K) on the schema's scale.
        baselines: name to (S, B, K), on the same folds.
        half_width: (S, B, K) of each candidate's score interval, from its fold's training rows.
        short: (S, B, V, K) scores of shortened interviews, NaN where a candidate shows too little
            to be shortened so.
        short_half_width: (S, B, V, C, K) of their intervals.
        constant: ``model`` or a baseline's name to (K,) bool: in every fold all scores were equal.
        answers: of the first seed, scores of each answer alone and of the interview without it.
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
    engine: EngineSettings = INLINE,
) -> OutOfFold:
    """Train and predict fold by fold; folds that are on disk already are not computed again.

    Args:
        learner: what to train.
        data: every candidate.
        baselines: predictions of the simple methods for a fold.
        coverage: of the score intervals.
        versions: V ways to shorten an interview, each of which is scored too.
        folds: of ``KFold(shuffle=True)`` over candidates in corpus order.
        seeds: of the folds and of the training.
        identity: all that determines the scores, as text; folds of another identity are discarded.
        out: folder of the fold files.
        engine: who computes the folds, see ``each_fold``; the scores are the same whoever does.

    Raises:
        InputError: naming the seed and the fold that cannot be computed.
    """
    prepare_folder(out, identity)
    all_folds = [
        Fold(seed, f, folds, train, test)
        for seed in seeds
        for f, (train, test) in enumerate(k_folds(data.people, folds=folds, seed=seed))
    ]
    pending = [fold for fold in all_folds if not fold_file(out, fold).is_file()]
    work = FoldWork(learner, data, baselines, coverage, versions, out / "work")
    try:
        with (
            stage("fold", total=len(all_folds)) as progress,
            closing(each_fold(work, pending, engine)) as scored,
        ):
            progress.at(min(len(all_folds) - len(pending) + 1, len(all_folds)))
            for fold, arrays in scored:  # the only process that writes fold files
                save_fold(fold_file(out, fold), {**arrays, LABELS: data.labels[fold.test]})
                progress.at(min(progress.done + 1, len(all_folds)))
    finally:
        shutil.rmtree(out / "work", ignore_errors=True)
    return _read_folds(all_folds, seeds, len(data.labels), out)


def _read_folds(folds: Sequence[Fold], seeds: Sequence[int], n_rows: int, out: Path) -> OutOfFold:
    """The fold files put together, in the row order of the data."""
    arrays: dict[str, Array] = {}
    fold_of_row = np.zeros((len(seeds), n_rows), dtype=int)
    for fold in folds:
        rows = seeds.index(fold.seed), fold.test
        fold_of_row[rows] = fold.number
        with np.load(fold_file(out, fold), allow_pickle=False) as stored:
            for name in stored.files:
                empty = np.full((len(seeds), n_rows, *stored[name].shape[1:]), np.nan)
                arrays.setdefault(name, empty)[rows] = stored[name]
    preds = arrays.pop("model")
    constant = {
        name.removeprefix(CONSTANT): np.all(arrays.pop(name) == 1, axis=(0, 1))
        for name in list(arrays)
        if name.startswith(CONSTANT)
    }
    del arrays[LABELS]
    return OutOfFold(
        seeds=tuple(seeds),
        preds=preds,
        half_width=arrays.pop("half_width"),
        short=arrays.pop("short"),
        short_half_width=arrays.pop("short_half_width"),
        constant=constant,
        answers=AnswerScores(
            whole=preds[0],
            alone=arrays.pop("answers_alone")[0],
            left_out=arrays.pop("answers_left_out")[0],
        ),
        folds=fold_of_row,
        flattened=arrays.pop(FLATTENED, None),
        baselines=arrays,  # what is left, by name
    )
