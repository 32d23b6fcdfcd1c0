"""Who may call: names with hashed keys, in one file that may change while the server runs.

``python -m serve.callers add=NAME out=demo/serving`` prints a new key, once; adding a name again
replaces its key, ``remove=NAME`` ends it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from pathlib import Path

from src.endings import code_of, run_main, values_of
from src.errors import InputError

FILE, FIRST_KEY, FIRST = "callers.json", "key", "default"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")


class Callers:
    """Finds the caller of a key; looks at the file again when it changes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._stamp, self._hashes = -1, dict[str, str]()

    def of(self, authorization: str | None) -> str | None:
        """The caller of an ``Authorization`` header; None where it is of nobody."""
        kind, _, key = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not key:
            return None
        came, found = _hash(key.strip()), None
        for name, held in self._current().items():  # all of them, so that time tells nothing
            found = name if hmac.compare_digest(came, held) else found
        return found

    def _current(self) -> dict[str, str]:
        stamp = self._path.stat().st_mtime_ns
        if stamp != self._stamp:
            self._stamp, self._hashes = stamp, read_callers(self._path.parent)
        return self._hashes


def read_callers(folder: Path) -> dict[str, str]:
    """Names and SHA-256 of their keys.

    Raises:
        InputError: when the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        return {str(k): str(v) for k, v in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, AttributeError) as error:
        raise InputError(expected="names and hashes", got="another text", where=path) from error


def add_caller(folder: Path, name: str) -> str:
    """Give a name a new key, which is returned and kept nowhere.

    Raises:
        InputError: when the name is none.
    """
    if not _NAME.fullmatch(name):
        raise InputError(expected="a name of letters, digits, dots and dashes", got=repr(name))
    key = secrets.token_urlsafe(32)
    _write(folder, read_callers(folder) | {name: _hash(key)})
    return key


def remove_caller(folder: Path, name: str) -> None:
    """End a caller's key.

    Raises:
        InputError: when there is no such caller.
    """
    known = read_callers(folder)
    if name not in known:
        raise InputError(expected=f"one of {', '.join(known) or 'no callers'}", got=repr(name))
    _write(folder, {other: held for other, held in known.items() if other != name})


def first_key(folder: Path) -> str:
    """The key of the caller ``default``, kept in a file for the first steps."""
    path = folder / FIRST_KEY
    if not path.is_file() or FIRST not in read_callers(folder):
        path.touch(mode=0o600)
        path.write_text(add_caller(folder, FIRST) + "\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def _write(folder: Path, hashes: dict[str, str]) -> None:
    fresh = folder / f".{FILE}.{os.getpid()}"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(hashes, indent=2) + "\n", encoding="utf-8")
    fresh.replace(folder / FILE)


def _hash(key: str) -> str:
    """Keys are random and long, so a plain hash cannot be searched."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_change, arguments, __doc__ or "")


def _change(arguments: list[str]) -> list[str]:
    given = {"out": "demo/serving"} | values_of(arguments, ["out", "add", "remove"])
    folder = Path(given["out"])
    if "add" in given:
        return [add_caller(folder, given["add"])]
    if "remove" in given:
        remove_caller(folder, given["remove"])
        return []
    return list(read_callers(folder))


if __name__ == "__main__":
    run_main(main)
