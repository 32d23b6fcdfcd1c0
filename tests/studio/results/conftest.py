"""Runs of a furnished studio, once per file."""

from __future__ import annotations

import pytest

from tests.factories.studios import TestedStudio
from tests.studio.results.results_factory import add_run
from trifold.studio.database.work import Run
from trifold.studio.results.index import index_run


@pytest.fixture(scope="module")
def run(studio: TestedStudio) -> Run:
    """Seventy people, on each kind of database in turn."""
    made = add_run(studio.studio, studio.project, 70, answers=2)
    index_run(studio.studio, studio.project, made.id)
    return made


@pytest.fixture(scope="module")
def sqlite_run(sqlite_studio: TestedStudio) -> Run:
    """Fourteen people with evidence, on SQLite."""
    made = add_run(sqlite_studio.studio, sqlite_studio.project, 14, answers=3, moved=14)
    index_run(sqlite_studio.studio, sqlite_studio.project, made.id)
    return made
