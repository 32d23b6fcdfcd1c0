"""Paths as people write them into tables, to files that are there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from trifold.tables.cells import plain

_DRIVE = re.compile(r"/[A-Za-z]:/")


class Locator:
    """Finds the files that the cells of a table name; lists each folder once.

    Args:
        root: folder that relative paths start from.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names: dict[Path, dict[str, list[str]]] = {}

    def find(self, cell: str) -> Path:
        """The file that a cell means; where none is there, the path as it is written.

        Space around, ``file://`` addresses, ``~``, backslashes, and letters that differ in case or
        in how accents are stored make no difference, as long as one file alone fits.
        """
        written = cell.strip().strip('"').strip()
        exact = self.root / written
        if _exists(exact):
            return exact
        path = self.root / _unix(plain(written) if plain(written) != written else written)
        if _exists(path):
            return path
        return self._alike(path) or path

    def _alike(self, path: Path) -> Path | None:
        """The one file whose path differs in case or accents only."""
        parts = path.parts
        found = Path(parts[0])
        for part in parts[1:]:
            inner = found / part
            if part == ".." or _exists(inner):
                found = inner
                continue
            names = self._listed(found).get(_key(part), [])
            if len(names) != 1:
                return None
            found = found / names[0]
        return found

    def _listed(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._names:
            names: dict[str, list[str]] = {}
            try:
                for name in os.listdir(folder):
                    names.setdefault(_key(name), []).append(name)
            except (OSError, ValueError):
                names = {}
            self._names[folder] = names
        return self._names[folder]


def _unix(written: str) -> Path:
    if written.lower().startswith("file:"):
        address = urlsplit(written)
        written = unquote(address.path)
        if _DRIVE.match(written):
            written = written[1:]
    path = Path(written.replace("\\", "/"))
    try:
        return path.expanduser()
    except RuntimeError:  # nobody is called so
        return path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _key(name: str) -> str:
    return plain(name).casefold()
