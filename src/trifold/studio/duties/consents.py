"""What candidates of a project were told and agreed to: in the database, and as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.policy.facts import Consent
from trifold.records.consent import COLUMNS, DATES, read_consents
from trifold.runtime.private import private_folder, write_atomically
from trifold.studio.database.projects import Candidate
from trifold.studio.web.visit import Studio
from trifold.tables.ids import id_key

LONGEST_ID = 200  # characters of a notice's id


@dataclass(frozen=True)
class Imported:
    """What became of a table.

    Attributes:
        changed: how many people it was written down of.
        unknown: names that nobody of the project has.
    """

    changed: int
    unknown: tuple[str, ...] = ()


def consent_of(stored: Mapping[str, Any]) -> Consent:
    """Of a candidate's column ``consent``."""
    days = {name: date.fromisoformat(stored[name]) for name in DATES if stored.get(name)}
    return Consent(str(stored.get("notice_id", "")), **days)


def stored(consent: Consent) -> dict[str, str]:
    """For that column: what is recorded, as text."""
    return {name: str(value) for name, value in vars(consent).items() if value}


def given(fields: Mapping[str, str]) -> Consent:
    """What a form says of one person.

    Raises:
        InputError: when a date is none, or the notice's id is too long.
    """
    if len(fields["notice_id"]) > LONGEST_ID:
        raise InputError(expected=f"a notice_id of at most {LONGEST_ID} characters", got="more")
    days: dict[str, date] = {}
    for name in DATES:
        text = fields[name]
        try:
            days |= {name: date.fromisoformat(text)} if text else {}
        except ValueError as error:
            raise InputError(expected=f"a date at {name}", got=repr(text[:30])) from error
    return Consent(fields["notice_id"], **days)


def take_table(session: Session, project_id: str, path: Path, *, add: bool) -> Imported:
    """Write down what a table says, as the setting ``consent`` of ``trifold score`` would read it.

    What it says of a person takes the place of what was there.

    Args:
        session: of the database.
        project_id: of the project.
        path: of the table.
        add: make people of names that nobody has; else these are only told.

    Raises:
        InputError: when the table cannot be read.
    """
    told = read_consents(path)
    wanted = select(Candidate).where(Candidate.project_id == project_id)
    known = {id_key(one.name): one for one in session.scalars(wanted)}
    unknown = [name for name in told if id_key(name) not in known]
    for name in unknown if add else ():
        known[id_key(name)] = Candidate(project_id=project_id, name=name)
        session.add(known[id_key(name)])
    found = [name for name in told if id_key(name) in known]
    for name in found:
        known[id_key(name)].consent = stored(told[name])
    return Imported(len(found), () if add else tuple(unknown))


def consents_of(session: Session, project_id: str) -> dict[str, Consent]:
    """Name of each candidate to what is recorded."""
    wanted = select(Candidate.name, Candidate.consent).where(Candidate.project_id == project_id)
    return {name: consent_of(kept) for name, kept in session.execute(wanted.order_by("name"))}


def table_of(consents: Mapping[str, Consent]) -> bytes:
    """The table as CSV; ``read_consents`` gives the same back."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for name, told in consents.items():
        rows.writerow([name, *(getattr(told, column) or "" for column in COLUMNS[1:])])
    return text.getvalue().encode("utf-8")


def write_consents(studio: Studio, project_id: str, path: Path) -> Path:
    """The project's table for the setting ``consent`` of ``trifold score``; returns its path."""
    with studio.database.reading() as session:
        consents = consents_of(session, project_id)
    private_folder(path.parent)
    write_atomically(path, table_of(consents))
    return path
