"""The HTML page of a training run."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trifold.decimals import decimal
from trifold.psychometrics.evaluation import WITHIN
from trifold.templates import render
from trifold.training.results.construct_page import construct_rows

TEMPLATE = "run.html.j2"
METRIC_NAMES = (
    "spearman",
    "spearman_within",
    "pearson",
    "ccc",
    "c_index",
    "r2",
    "mse",
    "mae",
    "one_minus_mae",
)
TITLE = "Training run on %(name)s"
DRAWN = (
    "Intervals are 95 %% BCa bootstrap intervals of %(draws)s draws of test candidates; what "
    "another seed would change is not in them."
)
REPEATED = (
    "Intervals are 95 %% BCa bootstrap intervals of %(draws)s draws, each of test candidates and "
    "of one of the %(repeats)s trainings: they hold what other people and another seed would "
    "change."
)
WITH_INTERVAL = (
    "Predicted against rated scores of the test candidates; the shaded strip is the score interval"
)
DIFFERENCE = "%(metric)s %(own)s beside %(other)s, difference %(apart)s, %(low)s to %(high)s"
HEADS = {"spearman_within": "spearman within folds"}
NONE = "\N{EN DASH}"  # what is undefined, as the correlation of scores that are all the same
PLOTS = {
    "baselines.png": "Mean Spearman of the model beside its baselines, with 95 % intervals",
    "predicted_against_true.png": "Predicted against rated scores of the test candidates",
    "learning_curves.png": "Training and validation loss by epoch; the dotted line marks the epoch "
    "whose weights were kept",
}


def write_report(metrics: Mapping[str, Any], folder: Path) -> Path:
    """Write ``folder/report.html`` from ``metrics.json``'s content and ``folder/plots``."""
    return render(TEMPLATE, folder / "report.html", **report_values(metrics, folder / "plots"))


def report_values(metrics: Mapping[str, Any], plots: Path) -> dict[str, Any]:
    """Values of ``TEMPLATE``, also long after the run.

    Args:
        metrics: content of ``metrics.json``.
        plots: folder of its plots.
    """
    data = metrics["data"]
    return {
        "title": TITLE % {"name": data["corpus"]},
        "synthetic": data["synthetic"],
        "terms": data["terms"],
        "data": data,
        "metric_names": _metric_names(metrics),
        "metric_heads": HEADS,
        "comparison": _comparison(metrics),
        "beside": not_surely_behind(metrics),
        "cautions": metrics.get("warnings", []),
        "banded": _has_intervals(metrics),
        "per_target": _per_target(metrics),
        "folded": WITHIN in metrics["test"],
        "own_rows": construct_rows(metrics),
        "overall": metrics.get("overall"),
        "drawn": _drawn(metrics),
        "shorter": _shorter(metrics),
        "plots": [
            {"data": base64.b64encode((plots / name).read_bytes()).decode(), "alt": alt}
            for name, alt in _plots(metrics).items()
            if (plots / name).is_file()
        ],
        "findings": data["findings"],
    }


def _has_intervals(metrics: Mapping[str, Any]) -> bool:
    """Whether any target has a score interval."""
    return any(width is not None for width in metrics["intervals"]["half_width"].values())


def _plots(metrics: Mapping[str, Any]) -> dict[str, str]:
    """File to caption; an interval is spoken of where one is drawn."""
    scatter = "predicted_against_true.png"
    return PLOTS | ({scatter: WITH_INTERVAL} if _has_intervals(metrics) else {})


def shortcut_alarm(metrics: Mapping[str, Any]) -> str | None:
    """Name the baselines that the model does not surely surpass, in order or in error."""
    said = [
        f"{name} ({'; '.join(DIFFERENCE % one for one in close)})"
        for name, close in not_surely_behind(metrics).items()
    ]
    if not said:
        return None
    return (
        f"The model is not surely ahead of {', '.join(said)}: there this run does not show that "
        "it adds anything."
    )


def not_surely_behind(metrics: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Name of each baseline that a model does not surely surpass to the values that say so.

    Judged by the paired difference, as both are scored on the same people: intervals of each alone
    overlap also where one is surely ahead.

    Args:
        metrics: content of ``metrics.json``.

    Returns:
        parts of ``DIFFERENCE``, of each metric whose difference reaches zero.
    """
    found = {
        name.replace("_", " "): _reaching_zero(metrics, name, apart)
        for name, apart in metrics["advantage"].items()
    }
    return {name: close for name, close in found.items() if close}


def _reaching_zero(
    metrics: Mapping[str, Any], name: str, apart: Mapping[str, Mapping[str, float | None]]
) -> list[dict[str, str]]:
    found = []
    for metric, head, sign in (("spearman", "Spearman", 1), ("mse", "MSE", -1)):
        low, high = apart[metric]["low"], apart[metric]["high"]
        if low is None or high is None or min(sign * low, sign * high) > 0:
            continue
        own, other = metrics["test"][metric]["mean"], metrics["baselines"][name][metric]["mean"]
        values = {"own": own, "other": other, "apart": apart[metric]["difference"]}
        values |= {"low": low, "high": high}
        found.append({"metric": head, **{key: _text(value) for key, value in values.items()}})
    return found


def _comparison(metrics: Mapping[str, Any]) -> list[dict[str, object]]:
    tables = {"model": metrics["test"], **metrics["baselines"]}
    shown = _metric_names(metrics)
    return [
        {"name": name, "cells": [_text(table[metric]["mean"]) for metric in shown]}
        for name, table in tables.items()
    ]


def _metric_names(metrics: Mapping[str, Any]) -> list[str]:
    """Those that were measured: without cross-validation there is nothing within folds."""
    return [name for name in METRIC_NAMES if name in metrics["test"]]


def _drawn(metrics: Mapping[str, Any]) -> str:
    """What the intervals hold, in words."""
    draws, repeats = f"{metrics['data']['resamples']:,}", len(metrics["repeats"])
    return (REPEATED if repeats > 1 else DRAWN) % {"draws": draws, "repeats": repeats}


def _per_target(metrics: Mapping[str, Any]) -> list[dict[str, object]]:
    test, intervals = metrics["test"], metrics["intervals"]
    rho = test["spearman"]
    rows: list[dict[str, object]] = []
    for name, value in rho["per_target"].items():
        ends = [rho.get(f"per_target_{end}", {}).get(name) for end in ("low", "high")]
        rest = [test[m]["per_target"][name] for m in (WITHIN, "ccc", "r2", "mae") if m in test]
        rest += [intervals["half_width"][name], intervals["test_coverage"][name]]
        span = NONE if None in ends else f"{_text(ends[0])} to {_text(ends[1])}"
        rows.append({"name": name, "cells": [_text(value), span, *map(_text, rest)]})
    return rows


SHORTER = {
    "fewer_answers": ("With fewer answers", "answers"),
    "fewer_modalities": ("With fewer modalities", "shown"),
}
SHIFT_NOTE = (
    "The same people, scored as if they had shown no more than that. The shift is the mean of "
    "these scores minus those of everything, in standard deviations of the ratings; “MSE of all” "
    "is that of everything they showed."
)


def _shorter(metrics: Mapping[str, Any]) -> list[dict[str, object]]:
    """Tables of people who show less, where they show several answers or modalities."""
    tables: list[dict[str, object]] = []
    for key, (title, head) in SHORTER.items():
        facts = metrics.get(key, {})
        if facts:
            coverages = list(next(iter(facts.values()))["coverage"])
            shown = [f"{100 * float(name):.0f} %" for name in coverages]
            rows = [{"name": n, "cells": _short_cells(one)} for n, one in facts.items()]
            tables.append(
                {"title": title, "head": head, "coverages": shown, "rows": rows, "note": SHIFT_NOTE}
            )
    return tables


def _short_cells(facts: Mapping[str, Any]) -> list[str]:
    """People, both errors, the largest shift and its target, coverages."""
    shifts = {name: shift for name, shift in facts["shift_sd"].items() if shift is not None}
    most = max(shifts, key=lambda name: abs(shifts[name]), default=None)
    largest = NONE if most is None else decimal(shifts[most], 3, signed=True)
    errors = [_text(facts[name]) for name in ("mse", "mse_whole")]
    covered = [_text(share) for share in facts["coverage"].values()]
    return [str(facts["n"]), *errors, largest, (most or "").replace("_", " "), *covered]


def _text(value: float | None) -> str:
    return NONE if value is None else decimal(value, 3)


def summary_lines(metrics: Mapping[str, Any]) -> Sequence[str]:
    """Model and baselines as the terminal shows them: name, mean Spearman, mean MSE; and warnings.

    Trained networks also say how many parameters each of their parts has.
    """
    parts = metrics["data"].get("parameters", {})
    sizes = ", ".join(f"{name} {n:,}" for name, n in parts.items())
    tables = {"model": metrics["test"], **metrics["baselines"]}
    return [
        *([f"{sum(parts.values()):,} parameters: {sizes}"] if parts else []),
        *(
            f"{name.replace('_', ' '):<16} Spearman {_text(table['spearman']['mean']):>6}"
            f"   MSE {_text(table['mse']['mean']):>6}"
            for name, table in tables.items()
        ),
        *(f"warning: {caution}" for caution in metrics.get("warnings", [])),
    ]
