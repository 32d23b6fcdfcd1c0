"""Paths as people write them into tables, to files that are there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.people.names import is_holder
from trifold.tables.cells import plain

_ADDRESS = re.compile(r"file:(?://[^/]*)?", re.IGNORECASE)  # what comes before a path
_DRIVE = re.compile(r"/?[A-Za-z]:/")
_QUOTES = "\"'<>\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
MOST_FILES = 100_000  # below the root that are looked through


class Locator:
    """Finds the files that the cells of a table name; lists each folder once.

    Args:
        root: folder that relative paths start from.
        cells: all that will be asked for. A file that lies in another folder than a table says is
            told by its name alone only where no two cells mean different files of that name.
    """

    def __init__(self, root: Path, cells: Iterable[str] = ()) -> None:
        self.root = root
        self.moved: dict[str, Path] = {}
        self._names: dict[Path, dict[str, list[str]]] = {}
        self._below: dict[str, list[Path]] | None = None
        self._asked: dict[str, set[PurePosixPath]] = {}
        for cell in cells:
            path = PurePosixPath(_key(str(_unix(cell))))
            self._asked.setdefault(path.name, set()).add(path)

    @property
    def notes(self) -> list[str]:
        """A line about files that were found in other folders than the table says."""
        if not self.moved:
            return []
        cell, path = next(iter(self.moved.items()))
        count = f"{len(self.moved)} file{'' if len(self.moved) == 1 else 's'}"
        where = path.relative_to(self.root).as_posix()
        return [f"{count} found in another folder than the table says: '{cell}' is {where}"]

    def find(self, cell: str) -> Path:
        """The file that a cell means; where none is there, the path as it is written.

        Space and quotes around, ``file://`` addresses, ``%20``, ``~``, backslashes, a suffix that
        is left out, and letters that differ in case or in how accents are stored make no
        difference, as long as one file alone fits. Nor does the folder of another machine, or that
        the files lie in a folder below; ``notes`` says so.
        """
        written = cell.strip().strip('"').strip()
        path = self.root / _unix(plain(written) if plain(written) != written else written)
        bare = plain(written).strip(_QUOTES).strip()
        for one in (self.root / written, path):
            if _exists(one):
                return one
        for one in dict.fromkeys((path, self.root / _unix(bare), self.root / _unix(unquote(bare)))):
            if found := self._alike(one):
                return found
        moved = self._elsewhere(PurePosixPath(_unix(bare)))
        if moved is not None:
            self.moved[cell] = moved
        return moved or path

    def _alike(self, path: Path) -> Path | None:
        """The one file whose path differs in case, accents or by its suffix only."""
        parts = path.parts
        found = Path(parts[0])
        for i, part in enumerate(parts[1:], start=2):
            inner = found / part
            if part == ".." or _exists(inner):
                found = inner
                continue
            listed = self._listed(found)
            names = listed.get(_key(part), [])
            if not names and i == len(parts) and not path.suffix:
                stem = _key(part)
                names = [n for suffix in MEDIA_SUFFIXES for n in listed.get(stem + suffix, [])]
            if len(names) != 1:
                return None
            found = found / names[0]
        return found

    def _elsewhere(self, path: PurePosixPath) -> Path | None:
        """The file below the root that a path of another machine, or a name alone, may mean."""
        foreign = path.is_absolute() or _DRIVE.match(str(path))
        if (len(path.parts) > 1 and not foreign) or (_exists(Path(path.parent)) and foreign):
            return None
        wanted = [_key(part) for part in reversed(path.parts)]
        alike: dict[int, list[Path]] = {}
        for file in self._files_below().get(wanted[0], []):
            own = [_key(part) for part in reversed(file.relative_to(self.root).parts)]
            same = len(os.path.commonprefix([own, wanted]))
            alike.setdefault(same, []).append(file)
        if not alike or len(alike[max(alike)]) > 1:
            return None
        best = alike[max(alike)][0]
        alone = len(self._asked.get(wanted[0], ())) < 2
        ours = best.relative_to(self.root).parts[:-1]
        nobodys = len(wanted) == 1 or all(map(is_holder, ours))  # else another person's, perhaps
        return best if max(alike) > 1 or (alone and nobodys) else None

    def _files_below(self) -> dict[str, list[Path]]:
        """Files in folders below the root by the key of their name, links to folders left out."""
        if self._below is None:
            self._below = {}
            for file in islice(_walk(self.root), MOST_FILES):
                self._below.setdefault(_key(file.name), []).append(file)
        return self._below

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


def _walk(root: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _unix(written: str) -> Path:
    if _ADDRESS.match(written):
        written = unquote(_ADDRESS.sub("", written, count=1))
        if _DRIVE.match(written):
            written = written.removeprefix("/")
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
