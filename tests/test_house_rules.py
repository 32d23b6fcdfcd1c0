"""What a reader may expect of the code, read off the code itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.house import CODE, USERS, single_use_one_liners, sources

ROOT = Path(__file__).parents[1]
LONGEST = 250  # lines of a file
TABLES = {
    "codes.py",  # an enumeration, which is read line by line
    "0001_first_version.py",  # all tables of a database, as Alembic writes them
}
MOST_ONE_LINERS = 10


def test_files_have_one_subject() -> None:
    lines = {path: len(text.splitlines()) for path, text in sources(CODE).items()}
    long = {str(p): n for p, n in lines.items() if n > LONGEST and p.name not in TABLES}
    assert long == {}


def test_what_is_read_once_stands_where_it_is_read() -> None:
    found = single_use_one_liners(sources(CODE), sources(USERS))
    assert len(found) < MOST_ONE_LINERS, "\n".join(found)


USED_ONCE = "def _half(x):\n    return x / 2\n\n\ndef quarter(x):\n    return _half(x) / 2\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (USED_ONCE, ["a.py:1 _half"]),
        (USED_ONCE.replace("def _half", "@cache\ndef _half"), []),
        (USED_ONCE.replace("_half(x) / 2", "_half(_half(x))"), []),
        (USED_ONCE.replace("_half(x) / 2", "map(_half, x)"), []),
        (USED_ONCE.replace("return x / 2", "y = x\n    return y / 2"), []),
        (USED_ONCE.replace("_half", "half"), []),
        (USED_ONCE.replace("return x / 2", '"""Said."""\n    return x / 2'), ["a.py:1 _half"]),
    ],
    ids=["used once", "decorated", "used twice", "a value", "two lines", "public", "documented"],
)
def test_one_liners_that_are_used_once_are_found(text: str, found: list[str]) -> None:
    assert single_use_one_liners({Path("a.py"): text}) == found


@pytest.mark.parametrize("folder", ["src", "serve", "docs", "examples"])
def test_the_formatter_has_its_way(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*.py") if "fmt: " in path.read_text("utf-8")]
    assert files == []
