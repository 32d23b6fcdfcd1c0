"""Rows of a person are taken out of tables; every other byte stays."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.errors import InputError
from trifold.records.rows import remove_rows, rows_of

TABLE = (
    '\ufeffcandidate_id;said\r\nann;"two\r\nlines; and ""more"""\r\nbob;ann said so\r\n'
    "ann;x\r\n'=eve;3,5"
)


def test_rows_go_and_all_other_bytes_stay(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE.encode())
    assert [row["said"] for row in rows_of(path, "ann")] == ['two\r\nlines; and "more"', "x"]
    assert remove_rows(path, "ann") == 2
    left = "\ufeffcandidate_id;said\r\nbob;ann said so\r\n'=eve;3,5"
    assert path.read_bytes() == left.encode()
    assert remove_rows(path, "ann") == 0
    assert remove_rows(path, "=eve") == 1
    assert path.read_bytes() == left.rpartition("'")[0].encode()


def test_json_lines_are_rewritten_too(tmp_path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"Person": "ann", "x": 1}\n{"x": 2, "Person": "bob"}\n')
    assert remove_rows(path, "ann") == 1
    assert path.read_text() == '{"x": 2, "Person": "bob"}\n'


def test_every_spelling_that_readers_take_as_one_goes(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("candidate_id,x\nO\u2019Brien,1\no'brien,2\nO'Briens,3\n", encoding="utf-8")
    assert remove_rows(path, "O'Brien") == 2
    assert path.read_text() == "candidate_id,x\nO'Briens,3\n"
    path.write_text("candidate_id,x\n7.0,1\n17.0,2\n")
    assert remove_rows(path, "7") == 1
    assert path.read_text() == "candidate_id,x\n17.0,2\n"


def test_a_table_that_would_keep_the_person_is_refused(tmp_path) -> None:
    path, text = tmp_path / "t.jsonl", '{"candidate_id": ["ann", "bob"], "x": [1, 2]}\n'
    path.write_text(text)
    with pytest.raises(InputError, match="1 rows in 0 lines: take the rows out yourself"):
        remove_rows(path, "ann")
    assert path.read_text() == text


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="'"), max_size=8)


@given(st.lists(st.tuples(st.sampled_from(["ann", "bob", "eve"]), CELL), min_size=1),
       st.sampled_from(",;\t|"))  # fmt: skip
def test_what_is_left_are_the_other_rows(tmp_path_factory, rows, delimiter: str) -> None:
    path, text = tmp_path_factory.mktemp("t") / "t.csv", io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("candidate_id", "a b c"), *rows])
    path.write_text(text.getvalue(), newline="")
    n = remove_rows(path, "ann")
    assert n == sum(name == "ann" for name, _ in rows)
    with path.open(newline="") as file:
        left = [tuple(row) for row in csv.reader(file, delimiter=delimiter)][1:]
    assert left == [row for row in rows if row[0] != "ann"]


def test_what_cannot_be_rewritten_is_refused_untouched(tmp_path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"a table that can be rewritten .* take the rows out"):
        remove_rows(path, "ann")
    assert path.read_bytes() == b"PK\x03\x04"
