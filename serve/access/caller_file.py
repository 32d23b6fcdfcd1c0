"""``callers.json``: who may call, read strictly and written by one process at a time.

::

    {"callers": {"bob": {"media": "bob", "keys": [
        {"name": "main", "sha256": "…", "scopes": ["score", "forget"], "until": "2027-01-31T…"}],
        "webhook": {"url": "https://…", "secrets": [{"secret": "whsec_…"}]},
        "quota": "requests_day=1000"}}}

Files of before hold a name and a hash per line. Their callers may score and forget, as they could,
and ``default``, whose key lies beside the file, may do everything.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trifold.errors import InputError
from trifold.serve.access.caller_entries import CallerEntries, entries_of, shown

FILE, LOCK = "callers.json", ".callers.lock"


def read_callers(folder: Path) -> CallerEntries:
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


@contextmanager
def changed_callers(folder: Path) -> Iterator[CallerEntries]:
    """The callers, to be changed; written when the block ends well, without keys that have ended.

    Raises:
        InputError: as ``read_callers``, also for what would be written.
    """
    with (folder / LOCK).open("a") as lock:
        os.chmod(lock.fileno(), 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = read_callers(folder)
        yield entries
        facts = {"callers": {name: entry.to_dict() for name, entry in entries.items()}}
        entries_of(facts, folder / FILE)  # nothing is written that would not be read
        write_private(folder / FILE, json.dumps(facts, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that this user alone can read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; a name that comes twice hides the one before it from who reads the file."""
    facts = dict(pairs)
    if len(facts) < len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise InputError(expected="every name once", got=f"{shown(twice)} twice")
    return facts
