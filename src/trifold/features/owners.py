"""Whose content lies in a cache that is addressed by content, so that a person can be forgotten.

``ROOT/people/<digest of the candidate's id>/<content>`` is an empty file for each content that a
person's recordings, words and questions came to. It is there before what it stands for, and works
when the recordings are gone. Contents may belong to several people, as questions do.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trifold.runtime.private import FILE, private_folder

NAME = "people"
DAY_S = 86_400.0


@dataclass(frozen=True)
class RemovedEntries:
    """What became of the entries of a cache.

    Attributes:
        files: how many were removed.
        shared: contents that others have too, and that were kept.
    """

    files: int = 0
    shared: int = 0


class Owners:
    """The index of one cache, safe with any number of writers.

    Args:
        root: of the cache, in which ``*/<first two digits>/<content>.*`` are entries.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / NAME

    def note(self, person: str, content: str) -> None:
        """Write down that content is a person's; nothing is done where that is known.

        A cache that cannot be written keeps nothing new either.
        """
        mark = self._of(person) / content
        if mark.exists():
            return
        with suppress(OSError):
            private_folder(mark.parent)
            os.close(os.open(mark, os.O_WRONLY | os.O_CREAT, FILE))

    def knows(self, person: str) -> bool:
        """Whether anything of a person was written down."""
        return self._of(person).is_dir()

    def entries_of(self, person: str) -> list[Path]:
        """Every entry of a person, also those that others have too."""
        marks = sorted(self._of(person).glob("*"))
        return [file for mark in marks for file in self._entries(mark.name) if file.is_file()]

    def forget(self, person: str) -> RemovedEntries:
        """Remove what belongs to nobody but this person.

        The marks go last, as they tell what is still to be removed: stopped in between, this can be
        called again.
        """
        own = self._of(person)
        counts = Counter(mark.name for mark in self.folder.glob("*/*"))
        files = shared = 0
        for mark in sorted(own.glob("*")):
            if counts[mark.name] > 1:
                shared += 1
            else:
                files += _unlink(self._entries(mark.name))
            mark.unlink(missing_ok=True)
        with suppress(OSError):
            own.rmdir()
        return RemovedEntries(files, shared)

    def expire(self, days: float) -> int:
        """Remove entries that were written more than so many days ago; returns how many files."""
        before_s = time.time() - days * DAY_S
        entries = (file for file in self.root.glob("*/??/*") if file.is_file())
        gone = _unlink([file for file in entries if _written_s(file) < before_s])
        for mark in self.folder.glob("*/*"):
            if _written_s(mark) < before_s and not self._entries(mark.name):
                mark.unlink(missing_ok=True)
        return gone

    def strangers(self) -> int:
        """Entries that nobody is known to own: of a version that did not write that down."""
        known = {mark.name for mark in self.folder.glob("*/*")}
        entries = (file for file in self.root.glob("*/??/*") if file.is_file())
        contents = (file.name.removeprefix(".").partition(".")[0] for file in entries)
        return sum(content not in known for content in contents)

    def _entries(self, content: str) -> list[Path]:
        """Files of a content, those among them that a killed process left half-written."""
        names = (f"*/{content[:2]}/{content}.*", f"*/{content[:2]}/.{content}.*")
        return [file for name in names for file in self.root.glob(name)]

    def _of(self, person: str) -> Path:
        name = person.encode("utf-8", "surrogatepass")
        return self.folder / hashlib.sha256(name).hexdigest()[:32]


def _unlink(files: list[Path]) -> int:
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def _written_s(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # another process was faster
        return time.time()
