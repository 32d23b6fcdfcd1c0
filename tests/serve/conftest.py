"""For tests of the endpoint: databases of both kinds, empty, a real PostgreSQL among them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.postgres import Cluster
from trifold.database.engine import Database
from trifold.serve.database.opened import open_database
from trifold.serve.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
def database_setting(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As the setting ``database`` takes it: of a file, or of a server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'endpoint.sqlite3'}"
    running: Cluster = request.getfixturevalue("postgres")
    return running.new_database()


@pytest.fixture
def database(database_setting: str, tmp_path: Path) -> Iterator[Database]:
    """An endpoint's database of either kind, with its tables."""
    opened = open_database(tmp_path, Settings(database=database_setting), pooled=True)
    yield opened
    opened.close()
