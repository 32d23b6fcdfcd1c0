"""In which order a rater sees candidates, and under which number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

NUMBERS = 90_000  # five digits, none of which says how many candidates there are


def own_order(candidates: Iterable[str], *, rater: str) -> list[str]:
    """Ids in an order of the rater's own: each once, and whoever joins moves nobody else.

    Raters who all began with the same people would all be fresh for them and tired for others.
    """
    return sorted(candidates, key=lambda one: (_drawn(rater, one), one))


def number_of(candidate: str) -> int:
    """The number that raters know a candidate by; the same for all raters."""
    return 10_000 + _drawn("number", candidate) % NUMBERS


def _drawn(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\x00".join(parts).encode()).digest()[:8])
