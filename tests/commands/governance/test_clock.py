"""``trifold retention``: terms of everybody, clashes and what is overdue."""

from __future__ import annotations

import csv
import json
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.attacks.command_factory import config
from trifold.commands.governance.clock import begun, retention
from trifold.errors import InputError

TODAY = date.today()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Somebody who was scored ten days ago, and somebody who asked for deletion 40 days ago."""
    (tmp_path / "out").mkdir()
    rows = tmp_path / "out/candidates.jsonl"
    rows.write_text(json.dumps({"candidate_id": "ann"}) + "\n")
    ago = (TODAY - timedelta(days=10)).strftime("%s")
    os.utime(rows, (int(ago) + 3600, int(ago) + 3600))
    day = TODAY - timedelta(days=40)
    (tmp_path / "c.csv").write_text(
        f"candidate_id,consent_on,withdrawn_on\nann,{day},{TODAY}\nbob,{day},{day}\n"
    )
    return tmp_path


def test_the_clock_starts_at_consent_scoring_and_request(work) -> None:
    given = config("retention", f"out={work}/out", f"consent={work}/c.csv")
    assert begun(given, "ann") == {
        "consent": TODAY - timedelta(days=40),
        "requested": TODAY,
        "scored": TODAY - timedelta(days=10),
    }
    assert "scored" not in begun(given, "bob")
    assert begun(given, "eve") == {}


def test_clashes_and_what_is_overdue_are_told_and_nothing_is_touched(work, capsys) -> None:
    before = {path: path.read_bytes() for path in work.rglob("*") if path.is_file()}
    words = ["policy=[us-il,us-ca]", f"out={work}/out", f"consent={work}/c.csv"]
    (table,) = retention(config("retention", *words, f"table={work}/terms.csv"))
    said = capsys.readouterr().out
    assert "ann: everything: keep until" in said
    assert "CLASH: a person must decide" in said
    assert f"bob: everything: delete by {TODAY - timedelta(days=10)} " in said
    assert "(overdue)" in said
    assert before == {path: path.read_bytes() for path in before}
    with table.open() as file:
        states = {(row["candidate_id"], row["what"]): row["state"] for row in csv.DictReader(file)}
    assert states["ann", "everything"] == "clash"
    assert states["bob", "everything"] == "overdue"


def test_a_day_that_is_none_is_refused(work) -> None:
    given = config("forget", "candidate=ann", "requested_on=soon", f"out={work}/out")
    with pytest.raises(InputError, match="requested_on: expected a date such as 2026-11-29"):
        begun(given, "ann")
