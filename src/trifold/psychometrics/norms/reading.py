"""Norm tables as files: written as JSON, and refused where anything in them cannot be right."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from trifold.codes import Code, code_of
from trifold.errors import InputError
from trifold.psychometrics.norms.distribution import Distribution
from trifold.psychometrics.norms.table import NormSample, NormTable, TargetNorm

FORMAT = "trifold-norms/1"
LARGEST = 16 * 2**20  # bytes of a file
MOST_BINS = 10_000


def write_norms(norm: NormTable, path: Path) -> None:
    """Write the table; the same table gives the same bytes."""
    text = json.dumps({"format": FORMAT, **norm.as_json()}, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_norms(path: Path) -> NormTable:
    """Read what ``write_norms`` wrote, whoever may have changed it since.

    Raises:
        InputError: where the file is missing, too large, no JSON, of another format, or its numbers
            do not fit together.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise InputError(expected=f"at most {LARGEST} bytes", got=str(size), where=path)
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(expected="a norm table in JSON", got=str(error), where=path) from error
    return norms_from_json(content, where=path)


def norms_from_json(content: Any, *, where: object = None) -> NormTable:
    """The table of a parsed file.

    Raises:
        InputError: as ``read_norms``.
    """
    content = _mapping(content, "a norm table", where)
    if content.get("format") != FORMAT:
        raise InputError(expected=f"format {FORMAT}", got=repr(content.get("format")), where=where)
    targets = _mapping(content.get("targets"), "targets", where)
    if not targets:
        raise InputError(expected="one target at least", got="none", where=where)
    flags = content.get("flags")
    known = [code_of(str(flag)) for flag in flags] if isinstance(flags, list) else [None]
    if any(code is None for code in known):
        raise InputError(expected="a list of known flags", got=repr(flags), where=where)
    return NormTable(
        _sample(_mapping(content.get("sample"), "sample", where), where),
        {str(name): _target(norm, str(name), where) for name, norm in targets.items()},
        tuple(code for code in known if isinstance(code, Code)),
    )


def _mapping(value: Any, what: str, where: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(expected=f"{what} as an object", got=type(value).__name__, where=where)
    return value


def _sample(values: Mapping[str, Any], where: object) -> NormSample:
    """All fields as text, days as days."""
    found: dict[str, Any] = {}
    for field in fields(NormSample):
        value = values.get(field.name)
        if not isinstance(value, str):
            raise InputError(expected=f"sample.{field.name} as text", got=repr(value), where=where)
        try:
            found[field.name] = date.fromisoformat(value) if "date" in str(field.type) else value
        except ValueError as error:
            raise InputError(
                expected=f"sample.{field.name} as YYYY-MM-DD", got=repr(value), where=where
            ) from error
    return NormSample(**found)


def _target(value: Any, name: str, where: object) -> TargetNorm:
    """One target, its numbers checked against each other."""
    norm = _mapping(value, f"target {name}", where)
    scores = _mapping(norm.get("scores"), f"scores of {name}", where)
    edges, cumulative = (_numbers(scores, key, name, where) for key in ("edges", "cumulative"))
    lowest, highest = (_number(scores, key, name, where) for key in ("lowest", "highest"))
    n, sd = _number(norm, "n", name, where), _number(norm, "sd", name, where)
    right = (
        1 <= len(cumulative) == len(edges) - 1 <= MOST_BINS
        and bool((np.diff(edges) > 0).all())
        and bool((np.diff(cumulative, prepend=0.0) >= 0).all())
        and 0 < cumulative[-1] <= n + 1e-6
        and edges[0] <= lowest <= highest <= edges[-1]
        and sd > 0
        and n == int(n)
    )
    if not right:
        raise InputError(
            expected="ascending edges, cumulative counts up to n, and a spread",
            got="others",
            where=f"{where}: target {name}",
        )
    mean, skew = (_number(norm, key, name, where) for key in ("mean", "skew"))
    return TargetNorm(int(n), mean, sd, skew, Distribution(edges, cumulative, lowest, highest))


def _number(values: Mapping[str, Any], key: str, name: str, where: object) -> float:
    value = values.get(key)
    # int is unbounded in JSON, so it is compared before it becomes a float
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    if not fits or not math.isfinite(value):  # type: ignore[arg-type]
        raise InputError(
            expected=f"{key} of {name} as a finite number", got=repr(value)[:80], where=where
        )
    return float(value)  # type: ignore[arg-type]


def _numbers(values: Mapping[str, Any], key: str, name: str, where: object) -> Any:
    listed = values.get(key)
    if not isinstance(listed, list) or len(listed) > MOST_BINS + 1:
        raise InputError(expected=f"{key} of {name} as a list", got=repr(listed)[:80], where=where)
    return np.array([_number({key: item}, key, name, where) for item in listed])
