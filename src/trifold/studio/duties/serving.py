"""A person's data deleted or copied, everywhere in a project: files and database."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from sqlalchemy import delete, inspect, select
from sqlalchemy.orm import Session

from trifold.commands.governance.policies import Gate
from trifold.commands.governance.receipt import Receipt
from trifold.errors import InputError
from trifold.policy.facts import DeleteFacts
from trifold.policy.findings import Findings, examine
from trifold.policy.retention import DUTY
from trifold.runtime.private import private_folder, write_atomically
from trifold.studio.database.base import new_id
from trifold.studio.database.projects import Candidate, Recording, Upload
from trifold.studio.database.ratings import Comparison, Rating
from trifold.studio.database.work import CandidateResult, Run, TargetResult
from trifold.studio.recordings.uploads.owners import uploads_of
from trifold.studio.recordings.uploads.parts import end, part_file
from trifold.studio.web.visit import Studio

PATIENCE_S = 600.0
RECEIPTS = "receipts"


@dataclass(frozen=True)
class Person:
    """Whom it is about.

    Attributes:
        project_id: of the project.
        candidate_id: of the candidate.
        name: candidate id in rows and tables.
        known_as: names before they were renamed or merged, under which earlier runs have them.
    """

    project_id: str
    candidate_id: str
    name: str
    known_as: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """All of them."""
        return list(dict.fromkeys([self.name, *self.known_as]))


@dataclass(frozen=True, eq=False)
class _Cleared:
    """A place and what was removed there, as a receipt wants them."""

    path: str
    kinds: Sequence[str]


def look_at_deletion(gate: Gate, since: Mapping[str, date], *, despite: str) -> DeleteFacts:
    """Ask the policies before anything is removed.

    Args:
        gate: the policies.
        since: days from which retention runs.
        despite: why a duty to keep is overruled; empty: it holds.

    Raises:
        PolicyError: for what is refused.
    """
    requested = since.get("requested", gate.today)
    facts = DeleteFacts(requested, dict(since), receipt=True, deployment=gate.deployment)
    found = examine(gate.policy, "delete", facts, gate.today).found
    kept = tuple(one for one in found if not (despite and one.rule.check == DUTY))
    Findings(kept).raise_refused()
    return facts


def delete_person(
    studio: Studio, gate: Gate, person: Person, facts: DeleteFacts, *, despite: str
) -> Path:
    """Remove a person; returns the receipt. After a death at any moment the same call finishes.

    Raises:
        InputError: when files could not be removed; the database still has the person then.
    """
    with studio.database.reading() as session:
        order, rows = _order(studio, session, person), _rows(session, person)
        uploads = _uploads(session, person)
        session.expunge_all()
    folder = studio.folder_of(person.project_id)
    for upload in uploads:
        end(studio, upload)
    done = _by_child(order)
    if done["remaining"]:
        left = ", ".join(done["remaining"])
        raise InputError(expected="nothing left of the person", got=f"something in {left}")
    counts = [f"{len(found)} in {name}" for name, found in rows.items() if found]
    places = [_Cleared(path, kinds) for path, kinds in done["removed"].items()]
    places.append(_Cleared("database", counts))
    removed = cast(Any, {place: place for place in places})
    path = folder / RECEIPTS / f"{gate.today}-{new_id()}.json"
    receipt = Receipt(person.name, facts, removed, (), despite or None)
    with studio.database.writing() as session:
        _delete_rows(session, person)
        receipt.write(path, gate)  # inside: without a receipt the person is still there
    return path


def export_person(studio: Studio, person: Person, to: Path) -> Path:
    """Copy all that is held of a person into a new folder; returns it."""
    private_folder(to)
    with studio.database.reading() as session:
        order, rows = _order(studio, session, person), _rows(session, person)
        for upload in _uploads(session, person):
            file = part_file(studio, upload)
            if file.is_file():
                copy = to / "uploads" / upload.path
                private_folder(copy.parent)
                shutil.copyfile(file, copy)
    _by_child({**order, "to": str(to)})
    text = json.dumps(rows, indent=2, ensure_ascii=False, default=str) + "\n"
    write_atomically(to / "database.json", text.encode("utf-8", "backslashreplace"))
    return to


def _by_child(order: Mapping[str, Any]) -> dict[str, Any]:
    words = [sys.executable, "-m", "trifold.studio.duties.places"]
    done = subprocess.run(  # noqa: S603
        words, input=json.dumps(order), capture_output=True, text=True, timeout=PATIENCE_S
    )
    if done.returncode:
        raise RuntimeError(f"{words[-1]} ended with {done.returncode}: {done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _order(studio: Studio, session: Session, person: Person) -> dict[str, Any]:
    """What ``duties.places`` needs to know of a person."""
    found = select(Recording.path, Recording.candidate_id).where(
        Recording.project_id == person.project_id
    )
    whose = list(session.execute(found))
    return {
        "folder": str(studio.folder_of(person.project_id)),
        "people": person.names,
        "files": [path for path, owner in whose if owner == person.candidate_id],
        "others": [path for path, owner in whose if owner != person.candidate_id],
    }


def _uploads(session: Session, person: Person) -> list[Upload]:
    """Files of theirs that have not arrived whole."""
    return uploads_of(session, person.project_id, person.candidate_id, person.names)


def _rows(session: Session, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Table to all rows of the database that are about the person."""
    runs = select(Run.id).where(Run.project_id == person.project_id)
    own = select(Recording.id).where(Recording.candidate_id == person.candidate_id)
    wanted: dict[str, Any] = {
        "candidates": select(Candidate).where(Candidate.id == person.candidate_id),
        "recordings": select(Recording).where(Recording.candidate_id == person.candidate_id),
        "ratings": select(Rating).where(Rating.candidate_id == person.candidate_id),
        "comparisons": select(Comparison).where(
            Comparison.left_id.in_(own) | Comparison.right_id.in_(own)
        ),
        "results": select(CandidateResult).where(
            CandidateResult.run_id.in_(runs), CandidateResult.candidate.in_(person.names)
        ),
    }
    found = {name: list(session.scalars(one)) for name, one in wanted.items()}
    found["uploads"] = _uploads(session, person)
    return {name: [_plain(row) for row in rows] for name, rows in found.items()}


def _plain(row: object) -> dict[str, Any]:
    columns = inspect(type(row)).column_attrs
    return {column.key: getattr(row, column.key) for column in columns}


def _delete_rows(session: Session, person: Person) -> None:
    runs = select(Run.id).where(Run.project_id == person.project_id)
    for table in (CandidateResult, TargetResult):
        own = table.run_id.in_(runs), table.candidate.in_(person.names)
        session.execute(delete(table).where(*own))
    session.execute(delete(Recording).where(Recording.candidate_id == person.candidate_id))
    session.execute(delete(Candidate).where(Candidate.id == person.candidate_id))
