"""For all tests: what takes long goes first, so that no worker is left with it at the end."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are marked slow before the others; the order within files stays."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
