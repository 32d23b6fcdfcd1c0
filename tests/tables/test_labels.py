"""Points of a scale count by their numbers, whatever labels stand beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from trifold.tables.labels import points_of, without_labels
from trifold.tables.table import Table


@pytest.mark.parametrize(
    "cells",
    [
        ["1 - poor", "4 - Agree", "1 - poor"],
        ["1 \u2013 Poor.", "4 \u2013 fair to good", "1 \u2013 poor."],
        ["1 = poor", "4=good", "1"],
        ["1: poor", "4: good", "1.0"],
        ["1. poor", "4. good", "1. Poor"],
        ["1 (strongly disagree)", "4 (agree)", "1 (strongly disagree)"],
        ["Strongly disagree (1)", "Agree (4)", "Strongly disagree (1)"],
        ["poor = 1", "good = 4", "poor = 1"],
    ],
)
def test_labels_are_passed_over(cells: list[str]) -> None:
    points = points_of(cells)
    assert points is not None
    assert list(map(float, points)) == [1, 4, 1]


@pytest.mark.parametrize(
    "cells",
    [
        ["1 - poor", "2 - poor"],  # one label, two numbers
        ["1 - poor", "1 - bad"],
        ["4-Mar", "5-Apr"],
        ["3/5", "4/5"],
        ["1 - poor", "good"],
        ["12 Main Street", "14 High Street"],
        ["1912 - war", "1945 - peace"],
        ["1", "2"],
        ["4 - 5", "3 - 4"],
        ["60%", "70%"],
    ],
)
def test_other_text_is_no_point_of_a_scale(cells: list[str]) -> None:
    assert points_of(cells) is None


def test_what_is_passed_over_is_said() -> None:
    rows = (("ann", "1 - poor", "x"), ("bob", "", "x"), ("cy", "3 - good", "x"))
    table = Table(("id", "clarity", "x"), rows, (2, 3, 4), Path("t.csv"))
    found = without_labels(table, ["clarity", "x"])
    assert found.cells("clarity") == ["1", "", "3"]
    assert found.notes == ("labels in 'clarity' are passed over: '1 - poor' and others",)
    assert without_labels(table, ["x"]) is table
