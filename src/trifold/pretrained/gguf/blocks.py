"""Blocks of quantised numbers, as the ggml project lays them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
BLOCK = 32  # values of a quantised block


@dataclass(frozen=True)
class Kind:
    """How numbers are stored: ``bytes`` hold ``values`` of them.

    Attributes:
        name: as ggml calls it.
        values: of a block.
        bytes: of a block.
        expand: (n, bytes) uint8 to (n, values) float32.
    """

    name: str
    values: int
    bytes: int
    expand: Callable[[Array], Array]


def expanded(stored: Array, kind: Kind) -> Array:
    """(n,) float32 from whole blocks of bytes."""
    values: Array = kind.expand(stored.reshape(-1, kind.bytes)).reshape(-1)
    return values


def _floats(dtype: str) -> Callable[[Array], Array]:
    return lambda rows: np.ascontiguousarray(rows).view(dtype).astype(np.float32)


def _q4_1(rows: Array) -> Array:
    """Scale, least value, then 16 bytes: the low halves are the first 16 values."""
    scale, least = _floats("<f2")(rows[:, :4]).T[..., None]
    numbers = np.concatenate([rows[:, 4:] & 0xF, rows[:, 4:] >> 4], axis=1)
    return scale * numbers.astype(np.float32) + least


def _q8_0(rows: Array) -> Array:
    """Scale, then 32 signed bytes."""
    numbers = np.ascontiguousarray(rows[:, 2:]).view(np.int8)
    return _floats("<f2")(rows[:, :2]) * numbers.astype(np.float32)


KINDS = {
    0: Kind("F32", 1, 4, _floats("<f4")),
    1: Kind("F16", 1, 2, _floats("<f2")),
    3: Kind("Q4_1", BLOCK, 20, _q4_1),
    8: Kind("Q8_0", BLOCK, 34, _q8_0),
}
