"""What stands beside a person's scores: errors of measurement, ranks, percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import escape

from trifold.contracts import Target
from trifold.decimals import decimal
from trifold.psychometrics.answer_variance import RELIABILITIES
from trifold.reports.model import ReportedModel
from trifold.reports.scales import number
from trifold.reports.wording import label
from trifold.runtime.private import write_atomically
from trifold.scoring.rows import Row

WHICH_IS_WHICH = (
    "The standard error of measurement (SEM) says how the score would vary over other answers of "
    "the same person; the interval above says how far the score may be from a human rating."
)
LEAST = (
    "Answers of one recording share voice, room and camera, which this cannot see: the true error "
    "is larger, and more answers may be needed."
)
FEWEST_IN_NORMS = 100  # people, below which a norm group is too small
RANK = '<td data-rank="{name}">'  # as in standing.html.j2
DASH = "\N{EN DASH}"


def standing(row: Row, model: ReportedModel) -> dict[str, Any] | None:
    """Values of ``standing`` in ``standing.html.j2``.

    Args:
        row: of the candidate; of an older run it may lack the columns.
        model: what made the scores.

    Returns:
        None for a row without scores, or where the bundle and the run tell nothing.
    """
    known = [
        target
        for target in model.targets
        if target.name in model.answer_variance or row.get(f"{target.name}_percentile") is not None
    ]
    if row["status"] != "scored" or not known:
        return None
    return {
        "which": WHICH_IS_WHICH,
        "least": LEAST,
        "norm": _norm(row),
        "reliabilities": [f"{r:.2f}".lstrip("0") for r in RELIABILITIES],
        "lines": [_line(row, target, model) for target in known],
        "withheld": [
            {"name": t.name, "label": label(t.name), "why": model.answer_variance[t.name].withheld}
            for t in known
            if t.name in model.answer_variance and model.answer_variance[t.name].withheld
        ],
    }


def _norm(row: Row) -> dict[str, Any] | None:
    """The norm group's name and size; None where there is none."""
    if row.get("norm_id") is None:
        return None
    n = int(number(row["norm_n"]))
    return {"id": row["norm_id"], "n": n, "small": n < FEWEST_IN_NORMS}


def _line(row: Row, target: Target, model: ReportedModel) -> dict[str, Any]:
    """One target's cells as text."""
    name, sem = target.name, row.get(f"{target.name}_sem")
    score = number(row[name])
    varies = ""
    if sem is not None:
        low, high = (score + reach * number(sem) for reach in (-1.96, 1.96))
        ends = max(low, target.low), min(high, target.high)
        varies = " to ".join(decimal(end, 2) for end in ends)
    return {
        "name": name,
        "label": label(name),
        "sem": DASH if sem is None else f"{number(sem):.2f}",
        "varies": varies or DASH,
        "rank": rank_text(row, name),
        "percentile": _percentile(row, name),
        "needed": _needed(name, model),
    }


def rank_text(row: Row, name: str) -> str:
    """A person's rank interval on one target, as their page shows it."""
    return _ends(row, f"{name}_rank")


def show_ranks(page: Path, row: Row, names: Sequence[str]) -> bool:
    """Put a person's ranks into their page that was written; everything else stays to the byte.

    Args:
        page: of the person; one of an earlier version has no place for ranks and stays as it is.
        row: with the ranks.
        names: of targets.

    Returns:
        Whether the page changed.
    """
    if not page.is_file():
        return False
    text = page.read_bytes()
    changed = text
    for name in names:
        begin = RANK.format(name=escape(name)).encode()
        before, found, rest = changed.partition(begin)
        _, end, after = rest.partition(b"<")
        if found and end:
            changed = before + found + rank_text(row, name).encode() + end + after
    if changed != text:
        write_atomically(page, changed)
    return changed != text


def _ends(row: Row, key: str) -> str:
    low, high = (row.get(f"{key}_{end}") for end in ("low", "high"))
    if low is None or high is None:
        return DASH
    return f"{number(low):.0f}" if low == high else f"{number(low):.0f} to {number(high):.0f}"


def _percentile(row: Row, name: str) -> str:
    value = row.get(f"{name}_percentile")
    if value is None:
        return DASH
    ends = _ends(row, f"{name}_percentile")
    return f"{number(value):.0f}" + ("" if ends == DASH else f" ({ends})")


def _needed(name: str, model: ReportedModel) -> list[str]:
    """How many answers each reliability takes; no number where none suffices."""
    found = model.answer_variance.get(name)
    numbers = [found.needed(r) if found else None for r in RELIABILITIES]
    return [DASH if n is None else str(n) for n in numbers]
