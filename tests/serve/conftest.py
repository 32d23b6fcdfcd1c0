"""For tests of the endpoint: databases of both kinds, empty, a real PostgreSQL among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_setting(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As the setting ``database`` takes it: of a file, or of a server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'endpoint.sqlite3'}"
    running: Cluster = request.getfixturevalue("postgres")
    return running.new_database()
