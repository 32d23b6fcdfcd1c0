"""Results as plain values: what is undefined is null, and a table is a list of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

from trifold.psychometrics.estimate import Estimate


def plain(value: Any) -> Any:
    """What ``json.dumps(…, allow_nan=False)`` takes, of dataclasses, arrays and tables, nested.

    Args:
        value: an ``Estimate``, another dataclass, a mapping, a sequence, an array, a table, a date
            or a single value.
    """
    if isinstance(value, Estimate):
        return value.as_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, pd.DataFrame):
        return [plain(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    return _single(value)


def _key(key: Any) -> str:
    """A pair of names, such as two methods, is one key of JSON."""
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _single(value: Any) -> Any:
    """One value: numbers of NumPy become Python's, and what is not finite becomes None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Enum) else value
