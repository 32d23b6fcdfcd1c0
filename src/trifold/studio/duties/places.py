"""Where a person's data lie in a project's folder; removed and copied by a process of its own.

What a run of scoring wrote, the feature caches, tables with a row for them, and their recordings:
the places of ``trifold forget`` and ``trifold export-person``. To load them takes seconds and half
a gigabyte, which the server has no other use for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trifold.commands.governance.places import (
    Cache,
    Outputs,
    PeopleTable,
    Place,
    Removal,
    copied,
)
from trifold.errors import InputError
from trifold.runtime.private import take_umask
from trifold.studio.previews.keeping import FOLDER as PREVIEWS

TABLES = ("*.csv", "*.jsonl", "*.parquet")
CACHES = ("features", "transcripts")


@dataclass(frozen=True)
class OwnFiles:
    """Their recordings and what lies beside these; a link's own file is somebody else's and stays.

    Attributes:
        path: the project's folder of recordings, or of what is made of them under their names.
        files: relative to it.
        others: recordings of other people, whose files may be called nearly alike.
        kind: what the files are, in a word.
    """

    path: Path
    files: Sequence[str]
    others: Sequence[str] = ()
    kind: str = "recordings"

    def check(self) -> None:
        """Everything here can be removed."""

    def holds(self, person: str) -> bool:
        """Whether one of them is there."""
        return bool(self._there())

    def remove(self, person: str) -> Removal:
        """The files, and folders that are empty by that."""
        there = self._there()
        for file in there:
            file.unlink(missing_ok=True)
        for folder in sorted({file.parent for file in there}, reverse=True):
            if folder != self.path and not any(folder.iterdir()):
                folder.rmdir()
        return Removal((f"{len(there)} file{'' if len(there) == 1 else 's'}",) if there else ())

    def export(self, person: str, to: Path) -> list[Path]:
        """Copies."""
        return [copied(file, to / file.relative_to(self.path)) for file in self._there()]

    def _there(self) -> list[Path]:
        """``ann.mp4`` and what is called ``ann.…``, but nothing of ``ann.b.mp4`` where that is."""
        own = {self.path / name for name in self.files}
        near = {name.rpartition("/")[0] for name in self.files}
        foreign = {self.path / name for name in self.others if name.rpartition("/")[0] in near}
        found = set[Path]()
        for folder in {path.parent for path in own if path.parent.is_dir()}:
            whose = {path.stem: False for path in foreign if path.parent == folder}
            whose |= {path.stem: True for path in own if path.parent == folder}
            files = (file for file in folder.iterdir() if _is_theirs(file.name, whose))
            found |= {file for file in files if file not in foreign}
        root = self.path.resolve()
        within = (file for file in found if file.resolve().is_relative_to(root))
        return sorted(file for file in within if file.is_file())


def _is_theirs(name: str, whose: Mapping[str, bool]) -> bool:
    """By the longest of the known stems that a file's name begins with, up to a dot."""
    end = name.rfind(".")
    while end > 0:
        if name[:end] in whose:
            return whose[name[:end]]
        end = name.rfind(".", 0, end)
    return False


def places_of(folder: Path) -> list[Place]:
    """Every place of a project's folder but those of recordings."""
    runs = [path for path in sorted(folder.glob("runs/*")) if path.is_dir()]
    found: list[Place] = [Outputs(run) for run in runs if (run / "candidates.jsonl").exists()]
    scored = {place.path for place in found}
    found += [Cache(folder / name) for name in CACHES if (folder / name).is_dir()]
    others = [folder / "jobs", *(run for run in runs if run not in scored)]
    tables = [path for place in others for kind in TABLES for path in sorted(place.rglob(kind))]
    found += [PeopleTable(path) for path in tables if _is_of_people(path)]
    return found


def files_of(folder: Path, order: Mapping[str, Sequence[str]]) -> list[OwnFiles]:
    """Places of a person's recordings, by which they are found, so that these come last.

    Args:
        folder: of the project.
        order: ``files`` of theirs and ``others``, relative to the project's folder of recordings.
    """
    both = order["files"], order["others"]
    made = OwnFiles(folder / PREVIEWS, *both, kind="previews")
    return [made, OwnFiles(folder / "recordings", *both)]


def removed(folder: Path, order: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Remove a person from all places; what was removed by place, and places that hold more.

    Args:
        folder: of the project.
        order: ``people``, the names that they have or had, and what ``files_of`` says.
    """
    found = _held(folder, order)
    for place, _ in found:
        place.check()
    kinds: dict[str, list[str]] = {}
    for place, person in found:
        gone = place.remove(person)
        if gone.lines:
            kinds.setdefault(str(place.path.relative_to(folder)), []).extend(gone.kinds)
    left = dict.fromkeys(str(p.path.relative_to(folder)) for p, who in found if p.holds(who))
    return {"removed": kinds, "remaining": list(left)}


def exported(folder: Path, order: Mapping[str, Sequence[str]], to: Path) -> dict[str, Any]:
    """Copy all that is theirs below a folder, a folder for each place; see ``removed``."""
    found = _held(folder, order)
    for number, (place, person) in enumerate(found, start=1):
        place.export(person, to / f"{number}-{place.kind}")
    return {"places": len(found)}


def _held(folder: Path, order: Mapping[str, Sequence[str]]) -> list[tuple[Place, str]]:
    """Places with the name that each has them under; those of their files, once, come last."""
    people = order["people"]
    found = [(place, one) for place in places_of(folder) for one in people if place.holds(one)]
    files = [place for place in files_of(folder, order) if place.holds(people[0])]
    return [*found, *((place, people[0]) for place in files)]


def _is_of_people(path: Path) -> bool:
    try:
        PeopleTable(path).holds("")
    except InputError:  # a table of something else
        return False
    return True


def main() -> None:
    """One order from standard input, one answer to standard output."""
    take_umask()
    order = json.load(sys.stdin)
    folder = Path(order["folder"])
    to = order.get("to")
    answer = exported(folder, order, Path(to)) if to else removed(folder, order)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
