"""Do the score intervals hold, and are they narrower than trivial ones?

``python -m benchmarks.coverage run=RUN [halves=500]`` reads ``predictions.csv`` of a run: scores of
candidates by models that never saw them. Intervals are calibrated on a random half and tried on the
other, again and again. In the mean over halves the coverage of a split-conformal interval is right
by construction, whatever the model; what can fail is its coverage where scores are low or high, so
terciles of the score are shown too, and the intervals that the run itself set without seeing the
tested candidates.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.bundle.reference import half_widths, read_reference
from trifold.contracts import Array
from trifold.psychometrics.intervals import conformal_half_width, coverage_of

COVERAGES = (0.8, 0.9, 0.95)


def main(arguments: list[str]) -> None:
    """Print one table per question."""
    settings = dict(a.split("=", 1) for a in arguments)
    run, halves = Path(settings["run"]), int(settings.get("halves", 500))
    table = pd.read_csv(run / "predictions.csv")
    facts = json.loads((run / "bundle.json").read_text())
    names = [t["name"] for t in facts["schema"]["targets"]]
    ends = np.array([[t["low"], t["high"]] for t in facts["schema"]["targets"]]).T
    tested = table[(table["split"] == "test") & (table["repeat"] == 0)]
    scores = tested[names].to_numpy()
    labels = tested[[f"{name}_rated" for name in names]].to_numpy()
    print(f"{run.name}: {len(tested)} candidates, {len(names)} targets; means over targets")
    by_halves(scores, labels, ends, halves)
    own_bands(run, scores, labels, held_out=bool((table["split"] != "test").any()))


def by_halves(scores: Array, labels: Array, ends: Array, halves: int) -> None:
    """Coverage, spread over halves, by tercile of the score; width beside the trivial one's."""
    print("interval  coverage (SD over halves)  low / middle / high tercile  width  trivial  ratio")
    for level in COVERAGES:
        rows = np.array([_half(scores, labels, ends, level, seed) for seed in range(halves)])
        cover, low, middle, high, width, trivial = np.nanmean(rows, axis=0)
        spread = float(np.nanstd(rows[:, 0]))
        terciles = f"{low:.3f} / {middle:.3f} / {high:.3f}"
        print(
            f"{level:.0%}    {cover:.3f} ({spread:.3f})             {terciles}       "
            f"{width:.3f}    {trivial:.3f}   {width / trivial:.2f}"
        )


def _half(scores: Array, labels: Array, ends: Array, level: float, seed: int) -> list[float]:
    order = np.random.default_rng(seed).permutation(len(scores))
    known, new = order[: len(order) // 2], order[len(order) // 2 :]
    errors = labels[known] - scores[known]
    interval = np.array([conformal_half_width(column, coverage=level) for column in errors.T])
    mean = np.nanmean(labels[known], axis=0)
    plain = np.array(
        [conformal_half_width(column, coverage=level) for column in (labels[known] - mean).T]
    )
    inside = np.abs(labels[new] - scores[new]) <= interval
    seen = np.isfinite(labels[new])
    rank = np.argsort(np.argsort(scores[new], axis=0), axis=0) * 3 // len(new)
    terciles = [float(inside[seen & (rank == third)].mean()) for third in range(3)]
    return [
        float(inside[seen].mean()),
        *terciles,
        _width(scores[new], interval, ends),
        _width(np.tile(mean, (len(new), 1)), plain, ends),
    ]


def _width(scores: Array, interval: Array, ends: Array) -> float:
    """Mean width after the intervals are cut at the ends of the scale."""
    low, high = np.maximum(scores - interval, ends[0]), np.minimum(scores + interval, ends[1])
    return float((high - low).mean())


def own_bands(run: Path, scores: Array, labels: Array, *, held_out: bool) -> None:
    """The run's intervals on candidates that neither trained nor calibrated them."""
    if held_out:
        reference = read_reference(run / "reference.safetensors")
        for level in COVERAGES:
            widths = half_widths(reference.errors["candidate"], level)
            interval = np.array([np.inf if w is None else w for w in widths])
            cover = coverage_of(interval, scores, labels)
            n = np.isfinite(reference.errors["candidate"]).sum(axis=0).min()
            print(f"the run's own {level:.0%} intervals ({n} held out): {np.nanmean(cover):.3f}")
        return
    found = json.loads((run / "metrics.json").read_text())["intervals"]
    shares = list(found["test_coverage"].values())
    print(
        f"each fold's own {found['nominal_coverage']:.0%} intervals, set on whom it trained on: "
        f"{np.mean(shares):.3f} ({min(shares):.3f} to {max(shares):.3f} over targets)"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
