"""The database of an endpoint: a file in its folder, or a PostgreSQL that several share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from trifold.codes import Code
from trifold.database.engine import Database, url_of
from trifold.database.upgrade import bring_up_to_date
from trifold.errors import InputError
from trifold.runtime.private import FILE as PRIVATE
from trifold.serve.database.tables import MIGRATIONS
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.settings_text import read_settings

FILE, SETTINGS = "endpoint.sqlite3", "settings.json"


def open_database(
    folder: Path, settings: Settings | None = None, *, pooled: bool = False
) -> Database:
    """The database, with tables of this release.

    Args:
        folder: of the endpoint.
        settings: those that it was or will be started with; by default the folder says so.
        pooled: see ``Database``.

    Raises:
        InputError: when its address cannot be read, it cannot be reached, or a later release has
            written it.
    """
    if settings is None:
        noted = folder / SETTINGS
        settings = read_settings(noted if noted.is_file() else None)
    url = url_of(settings.database, folder.resolve() / FILE)
    try:
        database = Database(url, pooled=pooled)
    except (SQLAlchemyError, ValueError) as error:  # it may hold a password, and is not shown
        raise InputError(
            expected="an address such as postgresql://USER@HOST:5432/NAME",
            got="one that cannot be read",
            where="database",
        ) from error
    except ModuleNotFoundError as error:
        missing = f"{error.name}, which is not installed: pip install 'trifold[postgresql]'"
        raise InputError(expected="a driver of the database", got=missing) from error
    try:
        if database.file is not None:  # what SQLite makes beside it has the same rights
            database.file.touch(mode=PRIVATE)
        bring_up_to_date(database, MIGRATIONS)
    except (SQLAlchemyError, OSError) as error:
        raise InputError(
            expected="a database that can be opened",
            got=reason_of(error),
            where=database.engine.url.render_as_string(),  # without its password
        ) from error
    return database


def reason_of(error: Exception) -> str:
    """What a database says is wrong, in one line."""
    said = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
    return said.strip().splitlines()[0][:200] if said.strip() else type(error).__name__


@contextmanager
def reachable() -> Iterator[None]:
    """A database that cannot be used at the moment is a refusal.

    Raises:
        Problem: 503.
    """
    try:
        yield
    except SQLAlchemyError as error:
        message = "the database cannot be used at the moment"
        raise Problem(503, Code.DATABASE_UNAVAILABLE, message) from error
