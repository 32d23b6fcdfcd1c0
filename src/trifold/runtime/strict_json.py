"""JSON files from strangers: bounded in size, depth and numbers, and never read in two ways."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from trifold.errors import TrifoldError

LARGEST_BYTES = 8 << 20
DEEPEST = 64  # containers within containers
LARGEST_WHOLE = 2**53  # what other readers of JSON still tell apart


class _RefusedError(ValueError):
    """Valid JSON that we do not take."""


def read_object(path: Path, error: type[TrifoldError]) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Args:
        path: of the file.
        error: what to raise; a class of ours.

    Raises:
        TrifoldError: of the given class when the file cannot be read, is larger than 8 MiB, is no
            JSON object, is nested more than 64 deep, names a key twice, or holds a number that is
            not finite or beyond 2⁵³, or text that is no Unicode.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as cause:
        reason = cause.strerror or type(cause).__name__
        raise error(expected="a readable file", got=reason, where=path) from cause
    if len(content) > LARGEST_BYTES:
        raise error(expected=f"at most {LARGEST_BYTES:,} bytes", got="more", where=path)
    try:
        found = parsed(content)
    except ValueError as cause:
        raise error(expected="valid JSON", got=str(cause)[:200], where=path) from cause
    if not isinstance(found, dict):
        raise error(expected="a JSON object", got=type(found).__name__, where=path)
    return found


def parsed(content: bytes) -> Any:
    """The value that some bytes of UTF-8 stand for.

    Raises:
        ValueError: where ``read_object`` raises.
    """
    try:
        found = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except RecursionError:
        raise _RefusedError(f"more than {DEEPEST} levels") from None
    _check(found)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise _RefusedError(f"{twice[:80]!r} twice")
    return found


def _whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST_WHOLE:
        raise _RefusedError(f"the number {text[:20]}…")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _RefusedError(f"the number {text[:20]}")
    return number


def _check(found: object) -> None:
    """Depth and texts, without recursion of our own."""
    level = [found]
    for _ in range(DEEPEST + 1):
        for text in level:
            if isinstance(text, str):
                text.encode("utf-8")  # a lone surrogate raises a ValueError
        inner = [part for part in level if isinstance(part, dict | list)]
        if not inner:
            return
        level = []
        for part in inner:
            level.extend(part if isinstance(part, list) else (*part, *part.values()))
    raise _RefusedError(f"more than {DEEPEST} levels")
