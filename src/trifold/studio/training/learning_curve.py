"""How skill grows with people: a simple model on half, three quarters and all of them.

    python -m trifold.studio.training.learning_curve corpora.path=FILE corpora.schema=FILE out=FILE

The model is ridge regression on pooled features, one of the baselines that every run stands beside:
it takes seconds where the run takes hours, and shows whether more people help at all.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.intervals import correlation_interval
from trifold.psychometrics.metrics import pearson
from trifold.runtime.private import private_folder, write_atomically

if TYPE_CHECKING:  # the studio's pages read points, and do without PyTorch
    from trifold.training.baselines.trivial import Baselines

SHARES = (0.5, 0.75, 1.0)  # of the people
FOLDS, REPEATS = 5, 5
METHOD = "ridge_pooled"
LEAST = 10  # people on half of whom something can be fitted and tested
FEWEST = 3  # rated people of a target, below whom there is no correlation


@dataclass(frozen=True)
class Point:
    """Skill on so many people.

    Attributes:
        people: trained and tested on, by cross-validation.
        skill: correlation with the ratings, mean over targets and draws of people; None where no
            target has one.
        low, high: 95 % interval of such a correlation from so many people.
        targets: target to its own correlation, None where there is none.
    """

    people: int
    skill: float | None
    low: float | None
    high: float | None
    targets: dict[str, float | None]


def learning_curve(
    baselines: Baselines,
    people: Sequence[str],
    names: Sequence[str],
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> list[Point]:
    """Cross-validated skill at each of ``SHARES``; none below ``LEAST`` people.

    Args:
        baselines: with features and labels of B candidates.
        people: B, whose each candidate is.
        names: of the K targets.
        repeats: draws of people, each with folds of its own.
        seed: of both.
    """
    everybody = list(dict.fromkeys(people))
    if len(everybody) < LEAST:
        return []
    points = []
    for share in SHARES:
        size = round(share * len(everybody))
        found = []
        for repeat in range(repeats):
            generator = np.random.default_rng([seed, repeat])
            chosen = {everybody[i] for i in generator.permutation(len(everybody))[:size]}
            rows = np.array([i for i, one in enumerate(people) if one in chosen])
            found.append(_skill(baselines, people, rows, seed + repeat))
        points.append(_point(np.array(found), names, size))
    return points


def _point(found: Array, names: Sequence[str], people: int) -> Point:
    """Of (repeats, K) correlations."""
    by_target = [_mean(column) for column in found.T]
    skill = _mean(np.array([np.nan if one is None else one for one in by_target]))
    low, high = (None if skill is None else correlation_interval(skill, people)) or (None, None)
    return Point(people, skill, low, high, dict(zip(names, by_target, strict=True)))


def _skill(baselines: Baselines, people: Sequence[str], rows: Array, seed: int) -> Array:
    """(K,) correlations of held-out predictions with labels, NaN where undefined."""
    from trifold.corpora.splits import k_folds

    labels = baselines.labels[rows]
    preds = np.full_like(labels, np.nan, dtype=float)
    for train, test in k_folds([people[i] for i in rows], folds=FOLDS, seed=seed):
        preds[test] = baselines(rows[train], rows[test])[METHOD]
    return np.array([correlation(p, y) for p, y in zip(preds.T, labels.T, strict=True)])


def correlation(preds: Array, labels: Array) -> float:
    """Pearson's over (n,) rows that have both; NaN for fewer than three, or equal ones."""
    both = np.isfinite(preds) & np.isfinite(labels)
    if both.sum() < FEWEST or not np.ptp(labels[both]) or not np.ptp(preds[both]):
        return math.nan
    return pearson(preds[both], labels[both])


def _mean(values: Array) -> float | None:
    told = values[np.isfinite(values)]
    return float(told.mean()) if len(told) else None


def main(words: Sequence[str]) -> list[Path]:
    """Read, extract what is missing, and write the points as JSON; returns the file's path.

    Raises:
        TrifoldError: as ``trifold train`` does.
    """
    from trifold.cli.arguments import prepared
    from trifold.cli.checking import checked
    from trifold.commands.shared import load_dataset, read_corpus
    from trifold.commands.train import describe
    from trifold.training.baselines.trivial import baselines_of

    out = Path(next(word for word in words if word.startswith("out=")).removeprefix("out="))
    rest = [word for word in words if not word.startswith("out=")]
    given = ["experiment=own_ratings", *rest, f"out={out.parent}"]
    config = checked(prepared(given, "train"), "train")
    corpus = read_corpus(config.corpora)
    data = load_dataset(config, corpus, describe(config, corpus))
    points = learning_curve(baselines_of([METHOD], data), data.people, corpus.schema.names)
    text = json.dumps([asdict(one) for one in points], indent=2)
    write_atomically(private_folder(out.parent) / out.name, text.encode())
    return [out]


def run() -> NoReturn:
    """The same as a program."""
    from trifold.runtime.endings import code_of, run_main

    run_main(lambda words: code_of(main, words, __doc__ or ""))


if __name__ == "__main__":
    run()
