"""What the tests of Ray have in common."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# an endpoint on Ray is ready after two to four minutes on two busy cores
ASKED_FOR = pytest.mark.skipif(
    "TRIFOLD_TEST_RAY" not in os.environ, reason="takes minutes; TRIFOLD_TEST_RAY=1 asks for it"
)
TOKEN = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")


def files_with(word: str, folder: Path) -> list[Path]:
    """Files below a folder that hold the word."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if word.encode() in path.read_bytes()]


@contextmanager
def no_token() -> Iterator[None]:
    """Leaves no token behind that a cluster took in the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name in TOKEN:
            patch.delenv(name, raising=False)
        yield
        for name in TOKEN:
            os.environ.pop(name, None)
