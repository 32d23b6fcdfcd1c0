"""Who may call, in the database: read whole, and changed by one process at a time.

``callers.json`` of an earlier release is taken over when a database is first used from its folder,
and put aside as ``callers.json.taken``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from trifold.database.engine import Database
from trifold.errors import InputError
from trifold.serve.access.caller_entries import CallerEntries, entries_of
from trifold.serve.access.caller_file import FILE, read_caller_file
from trifold.serve.database.opened import open_database, reason_of
from trifold.serve.database.tables import CallerRow, FactRow

VERSION = "callers_version"  # grows with every change
LOCK = 7_240_122
TABLE = "the table of callers"  # in messages


def callers_in(database: Database) -> tuple[int, CallerEntries]:
    """The callers by name, and the version of the table; 0 before there ever were some.

    Raises:
        InputError: when they cannot be read, or somebody wrote there what this program would not.
    """
    with _unreadable(database), database.reading() as session:
        return _version(session), _read(session)


def version_of(database: Database) -> int:
    """The version of the table.

    Raises:
        InputError: when it cannot be read.
    """
    with _unreadable(database), database.reading() as session:
        return _version(session)


def read_callers(folder: Path) -> CallerEntries:
    """The callers of an endpoint by name; none before there are some.

    Raises:
        InputError: see ``callers_in`` and ``take_over``.
    """
    return callers_in(callers_database(folder))[1]


@contextmanager
def changed_callers(folder: Path) -> Iterator[CallerEntries]:
    """The callers, to be changed; written when the block ends well, without keys that have ended.

    Raises:
        InputError: as ``read_callers``, also for what would be written.
    """
    database = callers_database(folder)
    with _unreadable(database), _changed(database) as entries:
        yield entries


def write_first(folder: Path, entries: CallerEntries) -> bool:
    """Write the first callers that a database ever has; False where it had some before.

    Raises:
        InputError: as ``read_callers``.
    """
    database = callers_database(folder)
    with _unreadable(database), database.writing(lock=LOCK) as session:
        is_first = _version(session) == 0
        if is_first:
            _write(session, 0, entries)
    return is_first


def callers_database(folder: Path, database: Database | None = None) -> Database:
    """The database of an endpoint, once callers of an earlier release have moved into it.

    Args:
        folder: of the endpoint.
        database: that is open already.

    Raises:
        InputError: when it cannot be used, or the file of an earlier release is damaged.
    """
    old = read_caller_file(folder)  # first: a damaged file makes no database
    database = database or open_database(folder)
    path = folder / FILE
    if not path.is_file():
        return database
    with _unreadable(database), _changed(database) as entries:
        for name, entry in old.items():
            mine = entries.get(name, replace(entry, keys=()))
            known = {key.sha256 for key in mine.keys}
            fresh = tuple(key for key in entry.keys if key.sha256 not in known)
            entries[name] = replace(mine, keys=(*mine.keys, *fresh))
    path.replace(path.with_name(f"{FILE}.taken"))
    return database


@contextmanager
def _changed(database: Database) -> Iterator[CallerEntries]:
    with database.writing(lock=LOCK) as session:
        version, entries = _version(session), _read(session)
        yield entries
        _write(session, version, entries)


def _write(session: Session, version: int, entries: CallerEntries) -> None:
    facts = {name: entry.to_dict() for name, entry in entries.items()}
    entries_of({"callers": facts}, TABLE)  # nothing is written that would not be read
    session.execute(delete(CallerRow))
    session.add_all(
        CallerRow(name=name, place=place, facts=told)
        for place, (name, told) in enumerate(facts.items())
    )
    session.merge(FactRow(name=VERSION, value=str(version + 1)))


def _read(session: Session) -> CallerEntries:
    rows = session.scalars(select(CallerRow).order_by(CallerRow.place))
    return entries_of({"callers": {row.name: row.facts for row in rows}}, TABLE)


def _version(session: Session) -> int:
    noted = session.get(FactRow, VERSION)
    return 0 if noted is None else int(noted.value)


@contextmanager
def _unreadable(database: Database) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise InputError(
            expected="callers that can be read and written",
            got=reason_of(error),
            where=database.engine.url.render_as_string(),
        ) from error
