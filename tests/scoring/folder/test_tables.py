"""Parquet says what the rows say, whatever stands in them."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.scoring.columns import Column
from trifold.scoring.folder.tables import arrow_schema, write_table

COLUMNS = (
    Column("word", "string", "any text", nullable=False),
    Column("score", "number", "any finite number"),
    Column("count", "integer", "any whole number"),
    Column("flag", "boolean", "yes or no"),
)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
ROWS = st.fixed_dictionaries({
    "word": TEXTS | st.sampled_from(["2020-01-01", "1", "true", "null", "\u2028", '"\n\\']),
    "score": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "count": st.none() | st.integers(-(2**63), 2**63 - 1),
    "flag": st.none() | st.booleans(),
})  # fmt: skip


@settings(deadline=None)  # the expected table imports pandas, once
@given(st.lists(ROWS, max_size=20))
def test_parquet_holds_what_arrow_makes_of_the_rows(tmp_path_factory, rows) -> None:
    _, _, path, _ = write_table(iter(rows), COLUMNS, tmp_path_factory.mktemp("t") / "rows")
    expected = pa.Table.from_pylist(rows, schema=arrow_schema(COLUMNS))
    assert pq.read_table(path).equals(expected)


def test_numbers_come_back_to_the_last_bit(tmp_path: Path) -> None:
    numbers = [5e-324, math.pi, -0.0, 1.7976931348623157e308, 0.1 + 0.2]
    rows = [{"word": "", "score": x, "count": None, "flag": None} for x in numbers]
    path = write_table(iter(rows), COLUMNS, tmp_path / "rows")[2]
    found = pq.read_table(path)["score"].to_pylist()
    assert [x.hex() for x in found] == [x.hex() for x in numbers]


def test_what_no_column_holds_is_an_error(tmp_path: Path) -> None:
    row = {"word": "", "score": "high", "count": None, "flag": None}
    with pytest.raises(pa.ArrowInvalid, match="score"):
        write_table(iter([row]), COLUMNS, tmp_path / "rows")
    assert not (tmp_path / "rows.parquet").exists()
