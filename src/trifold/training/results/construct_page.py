"""The part of a run's page that says what the scores say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trifold.decimals import FormattedNumber, decimal

NONE = "\N{EN DASH}"


def construct_rows(metrics: Mapping[str, Any]) -> list[dict[str, object]]:
    """One row per target: own, best other, own without others, own given words.

    Args:
        metrics: content of ``metrics.json``.

    Returns:
        rows with ``name``, ``other`` and four ``cells``; none where neither was measured.
    """
    own, words = metrics.get("discriminant"), metrics.get("given_words")
    if own is None and words is None:
        return []
    names = list(metrics["test"]["spearman"]["per_target"])
    return [_row(name, (own or {}).get("per_target", {}).get(name), words) for name in names]


def _row(
    name: str, own: Mapping[str, Any] | None, words: Mapping[str, Any] | None
) -> dict[str, object]:
    parts = [own[part] if own else {} for part in ("own", "other", "difference", "partial")]
    given = {
        key: (words or {}).get(field, {}).get(name)
        for key, field in (
            ("rho", "per_target"),
            ("low", "per_target_low"),
            ("high", "per_target_high"),
        )
    }
    other = own["other"]["target"].replace("_", " ") if own else NONE
    return {"name": name, "other": other, "cells": [_cell(part) for part in (*parts, given)]}


def _cell(part: Mapping[str, Any]) -> str:
    """.39 (.30 to .47)."""
    if part.get("rho") is None:
        return NONE
    low, high = part.get("low"), part.get("high")
    ends = "" if low is None or high is None else f" ({short(low)} to {short(high)})"
    return short(part["rho"]) + ends


def short(value: float) -> FormattedNumber:
    """.33, as correlations are printed."""
    return decimal(value, 2, bare=True)
