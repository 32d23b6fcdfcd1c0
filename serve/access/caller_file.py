"""``callers.json`` of earlier releases, read strictly.

::

    {"callers": {"bob": {"media": "bob", "keys": [
        {"name": "main", "sha256": "…", "scopes": ["score", "forget"], "until": "2027-01-31T…"}]}}}

Files of before that hold a name and a hash per line. Their callers may score and forget, as they
could, and ``default``, whose key lies beside the file, may do everything.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from trifold.errors import InputError
from trifold.serve.access.caller_entries import CallerEntries, entries_of, shown

FILE = "callers.json"


def read_caller_file(folder: Path) -> CallerEntries:
    """The callers by name; none where there is no file.

    Raises:
        InputError: when the file is damaged; it names the caller and what is wrong.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(expected="a readable file", got=type(error).__name__, where=path) from (
            error
        )
    try:
        facts = json.loads(text, object_pairs_hook=_once)
    except InputError as error:
        raise InputError(expected=error.expected, got=error.got, where=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(expected="JSON of callers", got="another text", where=path) from error
    return entries_of(facts, path)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; a name that comes twice hides the one before it from who reads the file."""
    facts = dict(pairs)
    if len(facts) < len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise InputError(expected="every name once", got=f"{shown(twice)} twice")
    return facts
