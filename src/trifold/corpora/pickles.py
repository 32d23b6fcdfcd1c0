"""Published pickles, read without running anything in them.

A pickle is a program. Here it may build dictionaries, lists, tuples, strings, numbers, booleans and
None, which need no import; the moment it asks for anything else, reading stops. What it would do is
counted before anything of it is done, so that memory and time are bounded.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

from trifold.corpora.pickle_scan import NotPlainError, scan
from trifold.errors import CorpusError

LARGEST_BYTES = 100_000_000  # the largest published one has 3 MB
_BROKEN = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ImportError,
    OverflowError,
    MemoryError,
)  # what damaged or hostile input makes the unpickler raise


class _Refused(Exception):  # noqa: N818
    """The pickle asks for something that is not plain data."""


class _PlainUnpickler(pickle.Unpickler):
    """Knows no names at all."""

    def find_class(self, module: str, name: str) -> Any:
        raise _Refused(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused("a persistent object")


def read_plain_pickle(path: Path) -> Any:
    """Read a pickle of plain containers, strings and numbers; Python 2's are read as Latin-1.

    Raises:
        CorpusError: when the file is missing, too large, damaged, or holds anything else.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise CorpusError(
                expected=f"at most {LARGEST_BYTES:,} bytes", got=f"{size:,}", where=path
            )
        content = path.read_bytes()
        scan(content)
        return _PlainUnpickler(io.BytesIO(content), encoding="latin-1").load()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CorpusError(expected="a readable pickle", got=reason, where=path) from error
    except (_Refused, NotPlainError) as refused:
        raise CorpusError(
            expected="a pickle of plain containers, strings and numbers",
            got=f"one that asks for {refused}",
            where=path,
        ) from refused
    except _BROKEN as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        raise CorpusError(expected="a complete pickle", got=reason, where=path) from error


def repaired(text: str) -> str:
    """UTF-8 that Python 2 pickled as bytes and Latin-1 has torn apart, put together again."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
