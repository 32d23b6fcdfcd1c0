"""Waiting for a browser, which is never as far as one thinks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

WAITS_S, LOOKS_S = 30.0, 0.05


def wait(look: Callable[[], bool], what: str, *, passing: type[Exception]) -> None:
    """Look until it is so.

    Args:
        look: whether it is.
        what: is waited for, in words.
        passing: errors of a page that is being left.

    Raises:
        AssertionError: when it never was.
    """
    ends = time.monotonic() + WAITS_S
    while time.monotonic() < ends:
        with suppress(passing):
            if look():
                return
        time.sleep(LOOKS_S)
    raise AssertionError(f"never came: {what}")
