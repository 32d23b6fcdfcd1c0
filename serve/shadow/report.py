"""Old scores against new ones: whether norms and limits of the old version hold for the new one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trifold.decimals import decimal
from trifold.errors import InputError
from trifold.psychometrics.norms.carry_over import LEAST, EquatingStudy, equating_study
from trifold.runtime.private import private_folder, write_atomically
from trifold.serve.shadow.pairs import BOTH, FAILED, NEW_ALONE, OLD_ALONE, Pairs
from trifold.templates import render

FACTS, PAGE = "equating.json", "equating.html"


def studies_of(pairs: Pairs) -> dict[str, EquatingStudy | str]:
    """Target to the equating of its scores, or to why there is none."""
    found: dict[str, EquatingStudy | str] = {}
    for name, scores in sorted(pairs.scores.items()):
        old, new = np.array(scores).reshape(-1, 2).T
        try:
            found[name] = equating_study(old, new)
        except InputError as error:
            found[name] = f"expected {error.expected}, got {error.got}"
    return found


def write_report(pairs: Pairs, folder: Path) -> list[Path]:
    """Write the report as JSON and as a page; returns their paths.

    Args:
        pairs: of scores.
        folder: where they go.
    """
    private_folder(folder)
    studies = studies_of(pairs)
    counts = {
        "model": pairs.model,
        "old": pairs.old,
        "new": pairs.new,
        "outcomes": dict(pairs.outcomes),
        "seconds": dict(zip(("old", "new"), pairs.seconds, strict=True)),
    }
    told = {
        name: {"not_told": one} if isinstance(one, str) else one.as_json()
        for name, one in studies.items()
    }
    text = json.dumps({**counts, "targets": told}, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / FACTS, text.encode(), sync=False)
    page = render(
        "equating.html.j2",
        folder / PAGE,
        title=f"{pairs.model} {pairs.new} beside {pairs.old}",
        synthetic=False,
        terms="those of the model",
        outcomes={name: pairs.outcomes[name] for name in (BOTH, OLD_ALONE, NEW_ALONE, FAILED)},
        seconds=pairs.seconds,
        rows=[_row(name, one) for name, one in studies.items()],
        least=LEAST,
    )
    return [folder / FACTS, page]


def lines_of(pairs: Pairs) -> list[str]:
    """A few lines for a terminal."""
    by_both, failed = pairs.outcomes[BOTH], pairs.outcomes[FAILED]
    head = f"{pairs.model} {pairs.new} beside {pairs.old}: {by_both} people scored by both"
    lines = [f"{head}, {failed} requests failed"]
    for name, one in studies_of(pairs).items():
        if isinstance(one, str):
            lines.append(f"{name}: nothing is said yet, {one}")
        else:
            kept = "carry over" if one.norms_carry_over else "do not carry over"
            lines.append(f"{name}: r = {decimal(one.correlation.estimate, 3)}, norms {kept}")
    return lines


def _row(name: str, one: EquatingStudy | str) -> Mapping[str, Any]:
    if isinstance(one, str):
        return {"target": name, "why": one, "n": None}
    return {
        "target": name,
        "n": one.n,
        "r": decimal(one.correlation.estimate, 3),
        "slope": decimal(one.linear.slope, 3),
        "intercept": decimal(one.linear.intercept, 3),
        "gap": decimal(one.largest_gap, 2),
        "changes": decimal(100 * one.stanine_changes.estimate, 1),
        "carries": "yes" if one.norms_carry_over else "no",
        "why": "; ".join(one.reasons),
    }
