"""Local Law 144: every table of the rule's two examples, to its printed digits."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.impact.local_law_144 import (
    DISCLAIMER,
    RACE,
    LocalLaw144,
    local_law_144,
    local_law_144_classes,
)
from trifold.psychometrics.impact.public_summary import PublicSummary

SHORT = dict(zip(("Hisp", "White", "Black", "NHPI", "Asian", "Native", "two+"), RACE, strict=True))
# n, selected, rate, ratio; the rule's first example, each table on its own counts, which disagree
SEX_TABLE = {"Male": (1390, 667, 0.480, 1.000), "Female": (1181, 555, 0.470, 0.979)}
RACE_TABLE = {
    "Hisp": (408, 204, 0.50, 0.97), "White": (797, 412, 0.52, 1.00),
    "Black": (390, 170, 0.44, 0.84),
    "NHPI": (119, 52, 0.44, 0.85), "Asian": (616, 302, 0.49, 0.95), "Native": (41, 18, 0.44, 0.85),
    "two+": (213, 96, 0.45, 0.87),
}  # fmt: skip
CROSSED = {
    ("Hisp", "Male"): (205, 90, 43.9, 0.841), ("Hisp", "Female"): (190, 82, 43.2, 0.827),
    ("White", "Male"): (412, 215, 52.2, 1.000), ("White", "Female"): (385, 197, 51.2, 0.981),
    ("Black", "Male"): (226, 95, 42.0, 0.806), ("Black", "Female"): (164, 75, 45.7, 0.876),
    ("NHPI", "Male"): (87, 37, 42.5, 0.815), ("NHPI", "Female"): (32, 15, 46.9, 0.898),
    ("Asian", "Male"): (321, 167, 52.0, 0.997), ("Asian", "Female"): (295, 135, 45.8, 0.877),
    ("Native", "Male"): (24, 11, 45.8, 0.878), ("Native", "Female"): (17, 7, 41.2, 0.789),
    ("two+", "Male"): (115, 52, 45.2, 0.866), ("two+", "Female"): (98, 44, 44.9, 0.860),
}  # fmt: skip
# the rule's second example: people above the median, and all
SCORED = {
    ("Hisp", "Male"): (12, 16, 1.00), ("Hisp", "Female"): (6, 12, 0.67),
    ("White", "Male"): (7, 20, 0.47), ("White", "Female"): (8, 20, 0.53),
    ("Black", "Male"): (10, 20, 0.67), ("Black", "Female"): (6, 12, 0.67),
    ("NHPI", "Male"): (3, 4, 1.00), ("NHPI", "Female"): (2, 4, 0.67),
    ("Asian", "Male"): (7, 12, 0.78), ("Asian", "Female"): (3, 12, 0.33),
    ("Native", "Male"): (5, 8, 0.83), ("Native", "Female"): (5, 8, 0.83),
    ("two+", "Male"): (6, 12, 0.67), ("two+", "Female"): (4, 8, 0.67),
}  # fmt: skip
Cell = tuple[str | None, str | None, int, int]  # sex, race, n, selected


def people(cells: list[Cell]) -> tuple[pd.Series, pd.DataFrame]:
    rows = [
        (sex, SHORT.get(race or ""), i < selected)
        for sex, race, n, selected in cells
        for i in range(n)
    ]
    ids = [f"c{i}" for i in range(len(rows))]
    table = pd.DataFrame(rows, columns=["sex", "race_ethnicity", "chosen"]).assign(candidate_id=ids)
    return pd.Series(table.pop("chosen").to_numpy(), index=ids), table


def scored(*, unknown: int = 15) -> tuple[pd.Series, pd.DataFrame]:
    cells: list[Cell] = [(sex, race, n, s) for (race, sex), (s, n, _) in SCORED.items()]
    chosen, groups = people([*cells, (None, None, unknown, unknown)])
    scores = chosen.astype(float) + np.linspace(0, 0.5, len(chosen))
    return scores, groups


def rows_of(result: LocalLaw144, table: int) -> dict[str, tuple[int, int, float, float]]:
    return {
        r.category: (r.n, r.selected, r.rate, r.impact_ratio) for r in result.tables[table].rows
    }


def test_first_example_by_sex() -> None:
    cells: list[Cell] = [(sex, None, n, s) for sex, (n, s, *_) in SEX_TABLE.items()]
    found = rows_of(local_law_144(*people(cells)), 0)
    for sex, (n, s, rate, ratio) in SEX_TABLE.items():
        assert found[sex][:2] == (n, s)
        assert np.round(found[sex][2:], 3) == pytest.approx((rate, ratio))


def test_first_example_by_race() -> None:
    cells: list[Cell] = [(None, race, n, s) for race, (n, s, *_) in RACE_TABLE.items()]
    result = local_law_144(*people(cells))
    found = rows_of(result, 1)
    for race, (n, s, rate, ratio) in RACE_TABLE.items():
        assert found[SHORT[race]][:2] == (n, s)
        assert np.round(found[SHORT[race]][2:], 2) == pytest.approx((rate, ratio))
    flags = {r.category: r.flags for r in result.tables[1].rows}
    assert flags[SHORT["Native"]] == (Code.SMALL_SHARE,)  # 41 of 2,584, which the rule keeps
    assert flags[SHORT["NHPI"]] == ()


def test_first_example_crossed_with_unknowns() -> None:
    cells: list[Cell] = [(sex, race, n, s) for (race, sex), (n, s, *_) in CROSSED.items()]
    result = local_law_144(*people([*cells, (None, None, 250, 250)]))
    found = rows_of(result, 2)
    for (race, sex), (n, s, percent, ratio) in CROSSED.items():
        row = found[f"{sex} \u00d7 {SHORT[race]}"]
        assert row[:2] == (n, s)
        assert (round(100 * row[2], 1), round(row[3], 3)) == (percent, ratio)
    table = result.tables[2]
    assert (table.known, table.unknown, table.unknown_selected) == (2571, 250, 250)


def test_second_example_scores_above_the_median_of_the_known() -> None:
    result = local_law_144(*scored())
    assert result.mode == "score"
    assert result.above_median == 0.5  # 84 of 168
    assert rows_of(result, 0) == {
        "Male": (92, 50, pytest.approx(0.543, abs=5e-4), 1.0),
        "Female": (76, 34, pytest.approx(0.447, abs=5e-4), pytest.approx(0.82, abs=5e-3)),
    }
    race = {
        "Hisp": (28, 18, 0.643, 1.00), "White": (40, 15, 0.375, 0.58), "Black": (32, 16, 0.5, 0.78),
        "NHPI": (8, 5, 0.625, 0.97), "Asian": (24, 10, 0.417, 0.65),
        "Native": (16, 10, 0.625, 0.97), "two+": (20, 10, 0.5, 0.78),
    }  # fmt: skip
    for name, (n, s, rate, ratio) in race.items():
        row = rows_of(result, 1)[SHORT[name]]
        assert row == (n, s, pytest.approx(rate, abs=5e-4), pytest.approx(ratio, abs=5e-3))


def test_second_example_crossed() -> None:
    result = local_law_144(*scored())
    found = rows_of(result, 2)
    for (race, sex), (s, n, ratio) in SCORED.items():
        row = found[f"{sex} \u00d7 {SHORT[race]}"]
        assert row == (n, s, pytest.approx(s / n), pytest.approx(ratio, abs=5e-3))
    assert result.tables[2].unknown == 15


def test_the_median_may_be_everybodys() -> None:
    scores, groups = scored(unknown=60)
    known, everybody = (local_law_144(scores, groups, median_over=o) for o in ("known", "all"))
    assert everybody.median > known.median
    assert rows_of(everybody, 0)["Male"][2] < rows_of(known, 0)["Male"][2]
    with pytest.raises(InputError, match="settings of median_over among known, all"):
        local_law_144(scores, groups, median_over="some")


def test_ties_at_the_median_lower_all_rates() -> None:
    groups = pd.DataFrame({"candidate_id": list("abcd"), "sex": "Male", "race_ethnicity": RACE[1]})
    result = local_law_144(pd.Series([1.0, 2, 2, 3], index=list("abcd")), groups)
    assert result.above_median == 0.25


def test_a_small_category_is_left_out_only_with_a_reason() -> None:
    cells: list[Cell] = [("Male", race, n, s) for race, (n, s, *_) in RACE_TABLE.items()]
    data = people(cells)
    out = local_law_144(*data, left_out={SHORT["Native"]: "41 people, two hirings"})
    row = next(r for r in out.tables[1].rows if r.category == SHORT["Native"])
    assert (row.n, row.left_out, np.isnan(row.impact_ratio)) == (41, "41 people, two hirings", True)
    with pytest.raises(InputError, match="a written reason to leave out"):
        local_law_144(*data, left_out={SHORT["Native"]: " "})
    with pytest.raises(InputError, match="only groups below two per cent left out"):
        local_law_144(*data, left_out={SHORT["Black"]: "why not"})


def test_other_categories_and_inferred_groups_are_refused() -> None:
    outcome, groups = people([("Male", "White", 5, 2), ("Female", "White", 5, 2)])
    with pytest.raises(InputError, match="EEO-1 categories of sex among Female, Male"):
        local_law_144(outcome, groups.replace("Male", "men"))
    assert local_law_144(outcome, groups.replace("Male", "men"), eeo1=False).people == 10
    with pytest.raises(InputError, match="groups that are self-reported, got inferred"):
        local_law_144(outcome, groups, provenance="inferred")


def test_every_class_of_a_classifier_has_its_tables() -> None:
    outcome, groups = people([("Male", "White", 50, 20), ("Female", "Asian", 50, 30)])
    found = local_law_144_classes(outcome.map({True: "leader", False: "helper"}), groups)
    assert set(found) == {"leader", "helper"}
    assert rows_of(found["leader"], 0)["Male"][:2] == (50, 20)


def test_the_public_summary_holds_the_rules_fields() -> None:
    result = local_law_144(*scored())
    summary = PublicSummary(
        date(2026, 3, 1), date(2026, 4, 1), "applications of 2025, all branches", "", result
    )
    written = json.loads(json.dumps(summary.as_json(), allow_nan=False))
    assert (written["audited_on"], written["distributed_on"]) == ("2026-03-01", "2026-04-01")
    assert (written["data_kind"], written["note"]) == ("historical", DISCLAIMER)
    table = summary.as_table()
    assert set(table["table"]) == {"sex", "race_ethnicity", "sex \u00d7 race_ethnicity"}
    assert set(table.loc[table["category"] == "unknown", "n"]) == {15}
    assert {"n", "rate", "impact_ratio", "data_source"} <= set(table) | set(written)
    assert summary.current(date(2027, 3, 1))
    assert not summary.current(date(2027, 3, 2))
    with pytest.raises(InputError, match="the source and explanation of the data"):
        PublicSummary(date(2026, 3, 1), date(2026, 4, 1), " ", "", result)
