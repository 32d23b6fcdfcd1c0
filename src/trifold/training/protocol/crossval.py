"""Cross-validation by candidate, each fold to disk as it is done, so that a killed run goes on."""

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
from trifold.training.protocol.shortening import Version
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
    engine: EngineSettings = INLINE,
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
        engine: who computes the folds, see ``each_fold``; the scores are the same whoever does.

    Raises:
        InputError: naming the seed and the fold that cannot be computed.
    """
    prepare_folder(out, identity)
    every = [
        Fold(seed, f, folds, train, test)
        for seed in seeds
        for f, (train, test) in enumerate(k_folds(data.people, folds=folds, seed=seed))
    ]
    waiting = [fold for fold in every if not fold_file(out, fold).is_file()]
    work = FoldWork(learner, data, baselines, coverage, versions, out / "work")
    try:
        with (
            stage("fold", total=len(every)) as told,
            closing(each_fold(work, waiting, engine)) as found,
        ):
            told.at(min(len(every) - len(waiting) + 1, len(every)))
            for fold, arrays in found:  # the only process that writes fold files
                save_fold(fold_file(out, fold), {**arrays, LABELS: data.labels[fold.test]})
                told.at(min(told.done + 1, len(every)))
    finally:
        shutil.rmtree(out / "work", ignore_errors=True)
    return _gathered(every, seeds, len(data.labels), out)


def _gathered(every: Sequence[Fold], seeds: Sequence[int], n_people: int, out: Path) -> OutOfFold:
    """What the fold files say of everybody."""
    results: dict[str, Array] = {}
    rows = (len(seeds), n_people)
    number = np.zeros(rows, dtype=int)
    for fold in every:
        place = seeds.index(fold.seed), fold.test
        number[place] = fold.number
        with np.load(fold_file(out, fold), allow_pickle=False) as stored:
            for name in stored.files:
                empty = np.full((*rows, *stored[name].shape[1:]), np.nan)
                results.setdefault(name, empty)[place] = stored[name]
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
