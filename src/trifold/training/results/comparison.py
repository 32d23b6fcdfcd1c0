"""Several runs of one protocol side by side, each against a reference run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd

from trifold.contracts import Array
from trifold.decimals import decimal
from trifold.errors import InputError
from trifold.figures import ACCENT, INK, MUTED, STYLE
from trifold.psychometrics.comparison import paired_differences
from trifold.tables.writing import as_written, write_csv
from trifold.training.results.plots import new_figure, save_figure

RATED = "_rated"
NONE = "\N{EN DASH}"  # what is undefined
COLUMNS = (
    "run",
    "spearman",
    "spearman_low",
    "spearman_high",
    "mse",
    "ccc",
    "r2",
    "spearman_difference",
    "spearman_difference_low",
    "spearman_difference_high",
    "mse_difference",
    "mse_difference_low",
    "mse_difference_high",
)


@dataclass(frozen=True)
class RunResult:
    """What a run folder says about its measured candidates.

    Attributes:
        name: of the folder.
        metrics: content of ``metrics.json``.
        ids: n candidates in the order of ``labels``.
        preds: (S, n, K).
        labels: (n, K).
        seeds: S, of the folds.
    """

    name: str
    metrics: Mapping[str, Any]
    ids: tuple[str, ...]
    people: tuple[str, ...]
    preds: Array
    labels: Array
    seeds: tuple[int, ...]


def read_run(folder: Path) -> RunResult:
    """Read ``metrics.json`` and ``predictions.csv`` of a run folder.

    Raises:
        InputError: when one of them is missing or damaged.
    """
    try:
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        written = pd.read_csv(
            folder / "predictions.csv", dtype={"candidate_id": str, "person_id": str}
        )
        table = as_written(written)
        tested = table[table["split"] == "test"]
        names = [c for c in table.columns if f"{c}{RATED}" in table.columns]
        repeats = [part for _, part in tested.groupby("repeat", sort=True)]
        preds = np.stack([part[names].to_numpy(float) for part in repeats])
        labels = repeats[0][[f"{name}{RATED}" for name in names]].to_numpy(float)
        ids, seeds = tuple(repeats[0]["candidate_id"]), tuple(metrics["data"]["seeds"])
        people = tuple(repeats[0].get("person_id", repeats[0]["candidate_id"]))
    except (OSError, ValueError, KeyError, IndexError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(
            expected="a run folder of trifold train", got=reason, where=folder
        ) from error
    return RunResult(folder.name, metrics, ids, people, preds, labels, seeds)


def compare_runs(
    runs: Sequence[RunResult], reference: RunResult, *, resamples: int, seed: int
) -> pd.DataFrame:
    """One row per run with its metrics and its paired difference from the reference.

    Args:
        runs: measured on the same candidates as the reference.
        reference: what differences are taken from.
        resamples: of the paired bootstrap by candidate.
        seed: of the bootstrap.

    Raises:
        InputError: when a run was measured on other candidates or with other seeds.
    """
    rows = []
    for run in runs:
        _check_paired(run, reference)
        test = run.metrics["test"]
        row = {"run": run.name, **{m: test[m]["mean"] for m in ("spearman", "mse", "ccc", "r2")}}
        row |= {f"spearman_{end}": test["spearman"].get(end) for end in ("low", "high")}
        found = paired_differences(
            run.preds,
            reference.preds,
            run.labels,
            resamples=resamples,
            seed=seed,
            groups=list(run.people),
        )
        for metric, values in found.items():
            undefined = None in (test[metric]["mean"], reference.metrics["test"][metric]["mean"])
            ends = {"": "difference", "_low": "low", "_high": "high"}
            row |= {
                f"{metric}_difference{end}": None if undefined else values[key]
                for end, key in ends.items()
            }
        rows.append(row)
    numbers = [column for column in COLUMNS if column != "run"]
    return pd.DataFrame(rows)[list(COLUMNS)].astype(dict.fromkeys(numbers, float))


def _check_paired(run: RunResult, reference: RunResult) -> None:
    """Differences are paired by candidate and by the folds of each seed."""
    if run.ids != reference.ids:
        raise InputError(
            expected=f"the {len(reference.ids)} candidates of '{reference.name}'",
            got=f"{len(run.ids)} others or another order",
            where=run.name,
        )
    if run.seeds != reference.seeds:
        raise InputError(
            expected=f"the seeds {list(reference.seeds)} of '{reference.name}'",
            got=str(list(run.seeds)),
            where=run.name,
        )


def write_comparison(table: pd.DataFrame, reference: str, out: Path) -> list[Path]:
    """Write ``comparison.csv``, ``comparison.md`` and ``comparison.png``."""
    out.mkdir(parents=True, exist_ok=True)
    write_csv(table, out / "comparison.csv")
    (out / "comparison.md").write_text(_markdown(table, reference), encoding="utf-8")
    _plot(table, reference, out / "comparison.png")
    return [out / f"comparison.{ending}" for ending in ("csv", "md", "png")]


def _markdown(table: pd.DataFrame, reference: str) -> str:
    head = ("run", "Spearman", "MSE", "CCC", f"Δ Spearman to {reference}", "Δ MSE")
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in table.to_dict("records"):
        cells = [
            str(row["run"]).replace("_", " "),
            _with_ends(row, "spearman"),
            _number(row["mse"], digits=4),
            _number(row["ccc"], digits=3),
            _with_ends(row, "spearman_difference", signed=True),
            _with_ends(row, "mse_difference", signed=True, digits=4),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    note = (
        "In brackets: 95 % BCa intervals; each draw takes candidates and one seed, the same "
        f"for both of a difference. {NONE}: undefined."
    )
    return "\n".join([*lines, "", note, ""])


def _number(value: float, *, digits: int) -> str:
    return decimal(value, digits) if np.isfinite(value) else NONE


def _with_ends(row: Mapping[Any, Any], name: str, *, signed: bool = False, digits: int = 3) -> str:
    values = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
    if any(value is None or not np.isfinite(value) for value in values):
        return NONE
    value, low, high = (decimal(v, digits, signed=signed) for v in values)
    return f"{value} ({low} to {high})"


def _plot(table: pd.DataFrame, reference: str, path: Path) -> None:
    """Paired differences of Spearman and MSE with their intervals."""
    shown = table[table["run"] != reference].iloc[::-1]
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(1, 2, width=8.0, height=0.32 * len(shown) + 1.2)
        for axis, metric, better in zip(axes, ("spearman", "mse"), ("right", "left"), strict=True):
            column = f"{metric}_difference"
            for y, (_, row) in enumerate(shown.iterrows()):
                ends = [row[f"{column}_low"], row[f"{column}_high"]]
                clear = ends[0] > 0 or ends[1] < 0
                colour = ACCENT if clear else INK
                axis.plot(ends, [y, y], color=colour, linewidth=1.5)
                axis.plot(row[column], y, "o", color=colour, markersize=4)
            axis.axvline(0, color=MUTED, linewidth=0.8)
            axis.set(xlabel=f"Δ {metric} to {reference.replace('_', ' ')} ({better} is better)")
            axis.locator_params(axis="x", nbins=5)
            labels = [name.replace("_", " ") for name in shown["run"]]
            axis.set_yticks(
                range(len(shown)), labels if metric == "spearman" else [""] * len(shown)
            )
        save_figure(figure, path)
