"""For tests of rating: one recording, and projects to be rated on both kinds of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.benches import Bench, bench, write_answer
from tests.factories.studios import TestedStudio


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a transcript beside it."""
    return write_answer(tmp_path_factory.mktemp("answer"))


@pytest.fixture(scope="module")
def rated(sqlite_studio: TestedStudio, recording: Path) -> Bench:
    """Four candidates, two raters, three targets."""
    return bench(sqlite_studio, recording)
