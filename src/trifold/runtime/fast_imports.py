"""Loading of large libraries."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def large_imports() -> Iterator[None]:
    """Import large libraries in the body, without Python searching them for garbage over and over.

    Imports make hardly any garbage, yet with the search they take a quarter longer. What is there
    afterwards is left out of later searches too: of the last one, which delays the end of the
    process, and of those in forked processes, which would copy the pages that all of them share.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
