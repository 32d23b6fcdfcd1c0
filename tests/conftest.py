"""For all tests: what takes long goes first, so that no worker is left with it at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories import chromium as of_chromium
from tests.factories.postgres import Cluster, cluster, programs
from tests.integration.shell import Shell


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are marked slow before the others; the order within files stays."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def priority() -> Iterator[None]:
    """What a test runs leaves the worker at the priority that it had, see ``runtime.priority``."""
    yield
    if hasattr(os, "sched_getscheduler"):
        assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.fixture(scope="session")
def shell() -> Iterator[Shell]:
    """Runs commands as a user does, without the seconds that loading PyTorch takes each time."""
    shell = Shell()
    yield shell
    shell.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server of this session's own."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def started_chromium() -> Iterator[Any]:
    """A browser of Playwright's, once per file."""
    with of_chromium.started() as found:
        yield found


@pytest.fixture
def chromium(started_chromium: Any) -> Iterator[Any]:
    """The same, without windows that tests before left."""
    yield started_chromium
    for context in started_chromium.contexts:
        context.close()
