"""The consent table: any kind of table, dates alone, each candidate once."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from trifold.errors import TrifoldError
from trifold.policy.facts import Consent
from trifold.records.consent import read_consents

ROWS = "candidate_id,notice_id,notice_on,explained_on,consent_on,note\nann,N1,2026-11-02,,n/a,x\n"


def test_what_is_recorded_is_read_and_an_empty_cell_is_nothing(tmp_path) -> None:
    (tmp_path / "c.csv").write_text(ROWS)
    assert read_consents(tmp_path / "c.csv") == {"ann": Consent("N1", date(2026, 11, 2))}
    assert read_consents(None) == read_consents("") == {}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl", "parquet"])
def test_the_kind_of_table_makes_no_difference(tmp_path, kind: str) -> None:
    frame = pd.DataFrame({"Candidate ID": ["007", "ann"], "consent on": ["2026-11-02", ""]})
    path = tmp_path / f"c.{kind}"
    write = {"csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet}
    if kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        write[kind](path, index=False)
    assert read_consents(path) == {"007": Consent(consent_on=date(2026, 11, 2)), "ann": Consent()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("candidate_id,consent_on\nann,2.11.2026\n", "'consent_on', got '2.11.2026' in row 2"),
        ("candidate_id,consent_on\nann,yes\n", "expected a date such as 2026-11-29"),
        ("candidate_id,consent_on\nann,\nann,\n", "expected each candidate once, got 'ann' again"),
        ("name,consent_on\nann,\n", "expected a column 'candidate_id'"),
        ("candidate_id,consent_on\n,2026-11-02\n", "an id in column 'candidate_id' in row 2"),
        ("candidate_id\n", "at least one row"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, text: str, message: str) -> None:
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(TrifoldError, match=message):
        read_consents(tmp_path / "c.csv")


def test_any_spelling_of_an_id_finds_what_is_recorded(tmp_path) -> None:
    path = tmp_path / "consent.csv"
    path.write_text("candidate_id,withdrawn_on\nO\u2019Brien,2026-01-02\n", encoding="utf-8")
    found = read_consents(path)
    assert found.get("o'brien") == found["O\u2019Brien"]
    assert found["O'BRIEN"].withdrawn_on == date(2026, 1, 2)
    assert list(found) == ["O\u2019Brien"]
    assert "brien" not in found
