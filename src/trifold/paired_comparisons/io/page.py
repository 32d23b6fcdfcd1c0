"""The analysis as values for the HTML report."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from trifold.decimals import decimal
from trifold.paired_comparisons.analysis import Analysis
from trifold.paired_comparisons.diagnostics.active import CAVEAT
from trifold.paired_comparisons.io.tables import (
    dimensions_table,
    pairs_table,
    questions_table,
    raters_table,
)

MOST_ROWS = 40


def page_values(
    found: Analysis,
    facts: Mapping[str, Any],
    plots: Mapping[Path, str],
    *,
    adaptive: bool,
) -> dict[str, Any]:
    """Values of ``labels.html.j2``.

    Args:
        found: the analysis.
        facts: content of ``results.json``.
        plots: path to description.
        adaptive: True when some pairs were chosen actively.
    """
    worst = raters = raters_table(found)
    if found.raters is not None:
        worst = raters.sort_values("infit", ascending=False, kind="stable").head(MOST_ROWS)
    return {
        "facts": facts,
        "caveat": CAVEAT,
        "adaptive": adaptive,
        "dimensions": _cells(dimensions_table(found)),
        "raters": _cells(worst),
        "n_raters": len(raters),
        "questions": _cells(_weakest(questions_table(found))),
        "pairs": _cells(pairs_table(found).head(MOST_ROWS)),
        "plots": [
            {"data": base64.b64encode(path.read_bytes()).decode(), "alt": alt}
            for path, alt in plots.items()
        ],
    }


def _weakest(questions: pd.DataFrame) -> pd.DataFrame:
    order = ["algebraic", "components"]
    return questions.sort_values(order, ascending=[True, False], kind="stable").head(MOST_ROWS // 4)


def _cells(table: pd.DataFrame) -> list[dict[str, str]]:
    return [{str(k): _text(v) for k, v in row.items()} for row in table.to_dict(orient="records")]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return "" if pd.isna(value) else decimal(value, 2)
    return str(value)


def summary_lines(facts: Mapping[str, Any]) -> Sequence[str]:
    """What the terminal shows: size, penalty, reliabilities, warnings."""
    data = facts["data"]
    lines = [
        f"{data['comparisons']} judgements of {data['clips']} clips on "
        f"{len(data['dimensions'])} dimensions; penalty {facts['penalty']['fraction']:.3g} of "
        f"λ_max by {facts['penalty']['by']}"
    ]
    lines += [
        f"{row['dimension']:<24} separation {_text(row['separation'])}   split-half "
        f"{_text(row['split_half'])}   alone {_text(row['ridge_separation'])}"
        for row in facts["dimensions"]
    ]
    return [*lines, *(f"warning: {line}" for line in facts["warnings"])]
