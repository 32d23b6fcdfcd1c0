"""Where data of a person may lie: each place tells, removes and gives out what is theirs."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trifold.errors import InputError
from trifold.features.owners import Owners
from trifold.records.overrides import NAME as OVERRIDES
from trifold.records.overrides import forget_overrides, read_overrides
from trifold.records.rows import check_rewritable, remove_rows, rows_of
from trifold.runtime.private import private_folder, write_atomically
from trifold.serve.worker.retention import Keep

if TYPE_CHECKING:
    from trifold.bundle.bundle import Bundle


@dataclass(frozen=True)
class Removal:
    """What a place removed.

    Attributes:
        lines: one per kind of thing, for people.
        notes: what else is to be known, such as what others share.
        rewritten: files that were written anew.
        named: the lines name the person, so that a receipt must count them only.
    """

    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()
    rewritten: tuple[Path, ...] = ()
    named: bool = False

    @property
    def kinds(self) -> list[str]:
        """The lines, as far as they name nobody."""
        return [f"{_counted(len(self.lines), 'kind')} of things"] if self.named else [*self.lines]


class Place(Protocol):
    """A folder or file that may hold a person's data; ``kind`` is a word for it."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def kind(self) -> str:
        """What it is, in a word."""

    def check(self) -> None:
        """Refuse what could not be removed, before anything is."""

    def holds(self, person: str) -> bool:
        """Whether something of the person is there."""

    def remove(self, person: str) -> Removal:
        """Remove it."""

    def export(self, person: str, to: Path) -> list[Path]:
        """Write a copy of it below a folder."""


@dataclass(frozen=True, eq=False)
class Outputs:
    """A folder that ``trifold score`` wrote; with the bundle the overview is drawn anew."""

    path: Path
    bundle: Bundle | None = None
    kind: str = "scores"

    def check(self) -> None:
        """Everything here can be removed."""

    def holds(self, person: str) -> bool:
        """In tables, evidence, journal, pages or overrides."""
        from trifold.reports.forgetting import holds_person

        return holds_person(person, self.path) or bool(read_overrides(self.path, person))

    def remove(self, person: str) -> Removal:
        """Rows, evidence, page, journal and overrides."""
        from trifold.reports.forgetting import forget_outputs, named_elsewhere

        n, notes = forget_overrides(self.path, person), list[str]()
        gone = forget_outputs(person, self.path, self.bundle)
        if gone.lines and (rows := named_elsewhere(person, self.path)):
            said = "rows of others hold these letters: look at their messages and remarks"
            notes.append(f"{self.path}: {rows} {said}")
        more = [f"{OVERRIDES}: {_counted(n, 'line')}"] if n else []
        return Removal((*gone.lines, *more), tuple(notes), gone.written, named=True)

    def export(self, person: str, to: Path) -> list[Path]:
        """The same as JSON Lines, and the page."""
        from trifold.reports.feedback.pages import feedback_page
        from trifold.reports.forgetting import exported_rows, page_of

        found: dict[str, list[Any]] = exported_rows(person, self.path)
        found[OVERRIDES] = [vars(one) for one in read_overrides(self.path, person)]
        made = [_write_lines(to / name, rows) for name, rows in found.items() if rows]
        pages = {"page.html": page_of(person, self.path)}
        pages["feedback.html"] = feedback_page(person, self.path)
        return [*made, *(copied(page, to / name) for name, page in pages.items() if page.exists())]


@dataclass(frozen=True)
class Cache:
    """The feature cache, or that of recognised words."""

    path: Path
    kind: str = "cache"

    def check(self) -> None:
        """Everything here can be removed."""

    def holds(self, person: str) -> bool:
        """By the marks of whose each entry is."""
        return Owners(self.path).knows(person)

    def remove(self, person: str) -> Removal:
        """What nobody else has too."""
        owners, notes = Owners(self.path), list[str]()
        if not owners.knows(person):
            return Removal(())
        gone = owners.forget(person)
        shared = f"; {gone.shared} entries stay, as others have them too" if gone.shared else ""
        if strangers := owners.strangers():
            notes.append(
                f"{self.path}: {strangers} files are of a version that did not note whose they "
                "are; remove the folder to be certain"
            )
        return Removal((f"{gone.files} files{shared}",), tuple(notes))

    def export(self, person: str, to: Path) -> list[Path]:
        """Every entry, also those that others have too."""
        entries = Owners(self.path).entries_of(person)
        return [copied(file, to / file.relative_to(self.path)) for file in entries]


@dataclass(frozen=True)
class PeopleTable:
    """A table with a row or more per person: consents, raw scores of norms, groups, criteria."""

    path: Path
    kind: str = "table"

    def check(self) -> None:
        """Refuse what cannot be rewritten, or says of no row whose it is."""
        check_rewritable(self.path)
        self.holds("")

    def holds(self, person: str) -> bool:
        """Whether a row is theirs; a table without rows is nobody's."""
        try:
            return bool(rows_of(self.path, person))
        except InputError as error:
            if error.expected == "at least one row":
                return False
            raise

    def remove(self, person: str) -> Removal:
        """Their rows."""
        n = remove_rows(self.path, person) if self.holds(person) else 0
        return Removal((_counted(n, "row"),) if n else ())

    def export(self, person: str, to: Path) -> list[Path]:
        """Their rows as JSON Lines."""
        return [_write_lines(to / f"{self.path.stem}.jsonl", rows_of(self.path, person))]


@dataclass(frozen=True)
class KeptResponses:
    """``keep_dir`` of an endpoint: responses and overrides, of all callers."""

    path: Path
    kind: str = "kept"

    def check(self) -> None:
        """Everything here can be removed."""

    def holds(self, person: str) -> bool:
        """Of any caller."""
        return bool(Keep(self.path).files_of(person, "", everyone=True, ownerless=True))

    def remove(self, person: str) -> Removal:
        """Of all callers."""
        gone = Keep(self.path).forget(person, "", everyone=True, ownerless=True)
        return Removal((_counted(len(gone.files), "file"),) if gone.files else ())

    def export(self, person: str, to: Path) -> list[Path]:
        """Of all callers."""
        files = Keep(self.path).files_of(person, "", everyone=True, ownerless=True)
        return [copied(file, to / f"{n}-{file.name}") for n, file in enumerate(files, start=1)]


def _write_lines(path: Path, rows: list[Any]) -> Path:
    private_folder(path.parent)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_atomically(path, text.encode("utf-8", "backslashreplace"))
    return path


def copied(file: Path, to: Path) -> Path:
    """A copy for its owner alone; returns its path."""
    private_folder(to.parent)
    shutil.copyfile(file, to)
    to.chmod(0o600)
    return to


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
