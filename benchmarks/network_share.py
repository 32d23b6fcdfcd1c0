"""What a share of a network adds to a recipe, on each data set and on their mean.

``python -m benchmarks.network_share RECIPE+NETWORK … [share=0.3] [draws=5000]``: pairs of run
folders of ``trifold train``, both of the same corpus, folds and seeds. Out-of-fold scores are mixed
by a share that is the same for all and was not chosen on them, and held against the recipe alone:
Spearman, and squared error over the variance of the ratings, with 95 % intervals that draw people
and trainings. Data sets have other people, so their draws are independent.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trifold.contracts import Array
from trifold.errors import InputError, TrifoldError
from trifold.psychometrics.evaluation import measured
from trifold.psychometrics.replicates import draws_of
from trifold.training.results.comparison import RunResult, read_run

SHARE, DRAWS = 0.3, 5000
METRICS = ("spearman", "mse")


def main(arguments: Sequence[str]) -> None:
    """Print one row per pair, and their mean.

    Raises:
        InputError: for pairs that are not of the same people and seeds.
    """
    given = dict(a.split("=", 1) for a in arguments if "=" in a)
    share, draws = float(given.get("share", SHARE)), int(given.get("draws", DRAWS))
    found = []
    for number, pair in enumerate(a for a in arguments if "=" not in a):
        recipe, network = (read_run(Path(folder)) for folder in pair.split("+"))
        points, drawn = gains(recipe, network, share=share, draws=draws, seed=number)
        print(f"{recipe.name} and {share:g} of {network.name}: {_row(points, drawn)}")
        found.append((points, drawn))
    if found:
        points, drawn = (np.mean(part, axis=0) for part in zip(*found, strict=True))
        print(f"mean over {len(found)}: {_row(points, drawn)}")


def gains(
    recipe: RunResult, network: RunResult, *, share: float, draws: int, seed: int
) -> tuple[Array, Array]:
    """Mixed minus alone: (2,) differences of Spearman and of MSE over variance, and (draws, 2).

    Args:
        recipe: a run.
        network: another of the same candidates, folds and seeds.
        share: of the network's scores in the mixture.
        draws: of people and trainings.
        seed: of the draws.

    Raises:
        InputError: for runs of other candidates or seeds.
    """
    if (recipe.ids, recipe.seeds) != (network.ids, network.seeds):
        raise InputError(
            expected=f"a run of the {len(recipe.ids)} candidates of {recipe.name}, seeds "
            f"{list(recipe.seeds)}",
            got=f"{len(network.ids)} candidates, seeds {list(network.seeds)}",
            where=network.name,
        )
    spread = np.nanstd(recipe.labels, axis=0)
    people = draws_of(len(recipe.ids), resamples=draws, seed=seed, groups=recipe.people)
    mixed = (1 - share) * recipe.preds + share * network.preds
    both = [
        measured(preds / spread, recipe.labels / spread, people, metrics=METRICS)
        for preds in (mixed, recipe.preds)
    ]
    apart = [both[0].metrics[name].minus(both[1].metrics[name]) for name in METRICS]
    points = np.array([one.point[-1] for one in apart])
    return points, np.stack([one.drawn[:, -1] for one in apart], axis=1)


def _row(points: Array, drawn: Array) -> str:
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    names = ("Δρ", "ΔMSE/variance")
    ends = zip(names, points, low, high, strict=True)
    return "  ".join(f"{name} {x:+.4f} ({a:+.4f} to {b:+.4f})" for name, x, a, b in ends)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TrifoldError as error:
        raise SystemExit(f"error: {error}") from error
