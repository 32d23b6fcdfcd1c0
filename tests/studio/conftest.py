"""For tests of the studio: one on SQLite and one on a real PostgreSQL, furnished, once per file.

``studio`` is both in turn; ``sqlite_studio`` is for what has nothing to do with the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.factories.postgres import Cluster
from tests.factories.studios import TestedStudio, furnished, served
from trifold.studio.accounts import passwords
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Argon2id as always, with less to do: tests sign in a hundred times."""
    usual = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    yield
    passwords._hasher = usual


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """Of an empty database: None is the file in the home folder."""
    if request.param == "sqlite":
        return None
    running: Cluster = request.getfixturevalue("postgres")
    return running.new_database()


@pytest.fixture(scope="module")
def studio(
    database_url: str | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestedStudio]:
    """Furnished, on each kind of database in turn."""
    yield from _opened(tmp_path_factory.mktemp("home"), database_url)


@pytest.fixture(scope="module")
def sqlite_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestedStudio]:
    """Furnished, on SQLite alone."""
    yield from _opened(tmp_path_factory.mktemp("home"), None)


@pytest.fixture(scope="module")
def address(sqlite_studio: TestedStudio) -> Iterator[str]:
    """Of a real server of ``sqlite_studio``."""
    with served(sqlite_studio.studio) as at:
        yield at


def _opened(home: Path, database: str | None) -> Iterator[TestedStudio]:
    opened = open_studio(StudioSettings(home, database=database))
    yield furnished(opened)
    opened.database.close()
