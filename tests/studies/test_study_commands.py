"""A psychologist's spreadsheet through every study, as from the shell."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig

from tests.tables.table_factory import write_rows
from trifold.cli.checking import checked
from trifold.commands.studies.impact import impact
from trifold.commands.studies.manual import manual
from trifold.commands.studies.norms import norms
from trifold.commands.studies.reliability import reliability
from trifold.commands.studies.validate import validate
from trifold.errors import InputError
from trifold.policy.findings import PolicyError
from trifold.psychometrics.norms.reading import read_norms
from trifold.studies.reading import read_scores
from trifold.studies.scores import Scores
from trifold.studies.sections.generalizability import design_of

TARGETS, RATERS, PEOPLE = ("clarity", "drive"), (1, 2, 3), 60
WORK = {"reliability": reliability, "validate": validate, "impact": impact, "norms": norms,
        "manual": manual}  # fmt: skip
FAST = ["draws=100"]
RULES = """
id: mine
version: "1"
checked_on: 2026-11-29
sources: []
rules:
  - {id: many, hook: report, check: small_cells, params: {least: 1000}, on_fail: refuse,
     message: cells of a thousand, confidence: house}
"""


def run(command: str, *words: str) -> dict:
    """The command with settings of a command line; returns ``study.json``."""
    config: DictConfig = checked([*words, *FAST], command)
    written = WORK[command](config)
    (study,) = [path for path in written if path.name == "study.json"]
    return json.loads(study.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    """60 people, 3 raters of rising severity, an outcome that follows the ratings, and groups."""
    draw = np.random.default_rng(0)
    header = ["Candidate", *(f"{t} R{r}" for t in TARGETS for r in RATERS), "hired", "performance",
              "words"]  # fmt: skip
    rows = []
    for person in range(PEOPLE):
        true = draw.normal(4.0, 1.0, len(TARGETS))
        given = [t + 0.5 * draw.normal() - 0.3 * r for t in true for r in RATERS]
        later = 3.0 + 0.8 * (true.mean() - 4.0) + 0.5 * draw.normal()
        hired = "yes" if np.mean(given) > 3.4 else "no"
        cells = [f"c{person:02}", *(f"{g:.2f}" for g in given), hired, f"{later:.2f}",
                 str(100 + person)]  # fmt: skip
        rows.append(cells)
    return write_rows(tmp_path_factory.mktemp("hr"), "xlsx", header, rows)


@pytest.fixture(scope="module")
def groups(tmp_path_factory) -> Path:
    rows = [[f"c{n:02}", "women" if n % 2 else "men"] for n in range(PEOPLE)]
    rows[0][1] = ""
    return write_rows(tmp_path_factory.mktemp("groups"), "csv", ["candidate_id", "sex"], rows)


def test_reliability_finds_what_was_put_in(table: Path, tmp_path: Path) -> None:
    study = run("reliability", f"input={table}", f"out={tmp_path / 'o'}")
    found = study["sections"]
    assert list(found) == ["agreement", "raters", "generalizability_rater"]
    rows = {row["target"]: row for row in found["agreement"]["tables"]["agreement"]}
    assert rows["clarity"]["ICC(C,1)"] == pytest.approx(1.0 / 1.25, abs=0.12)
    severity = [
        r["severity"] for r in found["raters"]["tables"]["raters"] if r["target"] == "drive"
    ]
    assert severity == pytest.approx([-0.3, 0.0, 0.3], abs=0.15)
    page = (tmp_path / "o/report.html").read_text(encoding="utf-8")
    assert "ceiling for any model" in page
    assert (tmp_path / "o/report.html").stat().st_mode & 0o077 == 0


def test_validity_holds_ratings_against_what_followed(table: Path, tmp_path: Path) -> None:
    study = run("validate", f"input={table}", "criterion=performance", "beside=[words]",
                "success=3", f"out={tmp_path / 'o'}")  # fmt: skip
    rows = study["sections"]["criterion"]["tables"]["criterion"]
    assert all(row["r_low"] > 0 for row in rows)
    assert set(study["sections"]) >= {"criterion", "incremental", "expectancy", "halo"}
    with pytest.raises(InputError, match="ratings alone predict nothing"):
        run("validate", f"input={table}", f"out={tmp_path / 'o'}")


def test_a_reliability_must_say_what_it_is(table: Path, tmp_path: Path) -> None:
    words = [f"input={table}", "criterion=performance", f"out={tmp_path / 'o'}", "reliability=.6"]
    with pytest.raises(InputError, match="RELIABILITY_NOT_STATED"):
        run("validate", *words)
    stated = ["reliability_kind=inter-rater", "reliability_source=pilot"]
    rows = run("validate", *words, *stated)["sections"]["criterion"]["tables"]["criterion"]
    observed, corrected = rows[0]["r"], rows[1]["r"]
    assert corrected == pytest.approx(observed / np.sqrt(0.6), abs=1e-6)


def test_impact_counts_people_and_says_what_is_unknown(
    table: Path, groups: Path, tmp_path: Path
) -> None:
    study = run("impact", f"input={table}", f"groups={groups}", "decision=hired",
                "criterion=performance", f"out={tmp_path / 'o'}")  # fmt: skip
    (first, *_) = study["sections"].values()
    rows = next(iter(first["tables"].values()))
    assert sum(row["rate_n"] for row in rows) == PEOPLE - 1
    assert "1 people without a group are in no rate." in first["sentences"]
    text = (tmp_path / "o/report.html").read_text(encoding="utf-8").lower()
    assert "no bias" not in text
    assert "unbiased" not in text


def test_what_a_group_lacks_is_said_with_what_it_lacks_it_to(tmp_path: Path) -> None:
    people = [(f"c{n}", "men" if n < 20 else "women", n < 15 or 20 <= n < 27) for n in range(40)]
    scored = [
        [who, str(n % 5), "yes" if hired else "no"] for n, (who, _, hired) in enumerate(people)
    ]
    pairs = [[who, group] for who, group, _ in people]
    (tmp_path / "groups").mkdir()
    table = write_rows(tmp_path, "csv", ["candidate_id", "clarity", "hired"], scored)
    groups = write_rows(tmp_path / "groups", "csv", ["candidate_id", "sex"], pairs)
    study = run("impact", f"input={table}", f"groups={groups}", "decision=hired",
                f"out={tmp_path / 'o'}")  # fmt: skip
    first = next(iter(study["sections"].values()))
    women = next(row for row in next(iter(first["tables"].values())) if row["group"] == "women")
    assert women["short_of_the_common_rate"] == 20 * 22 / 40 - 7
    assert women["short_of_four_fifths"] == 5
    assert "5 persons short of four fifths" in " ".join(first["sentences"])
    page = (tmp_path / "o/report.html").read_text(encoding="utf-8")
    head = re.findall(r'<th( class="text")?>([^<]*)</th>', page.split("</thead>")[0])
    left = [name for of_words, name in head if of_words]
    assert left == ["group"], "p-values and counts stand to the right"
    assert "mid-p" in dict(map(reversed, head))


def test_a_criterion_is_not_called_a_rating_and_has_its_own_scale(
    table: Path, tmp_path: Path
) -> None:
    rows = [[f"c{n:02}", "women" if n % 2 else "men"] for n in range(PEOPLE)]
    groups = write_rows(tmp_path, "csv", ["candidate_id", "sex"], rows)
    study = run("manual", f"input={table}", f"groups={groups}", "criterion=Performance",
                "decision=Hired", "success=3", f"out={tmp_path / 'o'}")  # fmt: skip
    gaps = study["sections"]["accuracy"]
    assert gaps["sentences"] == ["No comparison shows that scores change a difference."]
    assert "d_of_the_criterion" in gaps["tables"]["accuracy"][0]
    assert "RMSE" not in gaps["tables"]["accuracy"][0]
    (halo,) = study["sections"]["halo"]["sentences"]
    assert halo.startswith("Raters: one dimension holds ")
    (expected,) = study["sections"]["expectancy"]["sentences"]
    assert re.match(r"Over the targets, \d+( to \d+)? % of those with the lowest scores", expected)


def test_the_columns_of_the_law_are_named_in_any_case(table: Path, tmp_path: Path) -> None:
    rows = [[f"c{n:02}", "female" if n % 2 else "male", "Asian" if n % 3 else "white"]
            for n in range(PEOPLE)]  # fmt: skip
    groups = write_rows(tmp_path, "csv", ["Candidate", "Sex", "Ethnicity"], rows)
    words = [f"input={table}", f"groups={groups}", "decision=hired", "local_law_144=true",
             f"out={tmp_path / 'o'}"]  # fmt: skip
    study = run("impact", *words, "race=ethnicity", "group_columns=[sex,ethnicity]")
    assert "local_law_144_clarity" in study["sections"]
    with pytest.raises(InputError, match=r"'race_ethnicity', or race=COLUMN, got Sex, Ethnicity"):
        run("impact", *words)


def test_a_cut_is_swept_and_none_is_named_best(table: Path, groups: Path, tmp_path: Path) -> None:
    words = ["cut=3.4", "only=[clarity]", f"out={tmp_path / 'o'}"]
    study = run("impact", f"input={table}", f"groups={groups}", *words)
    assert any(key.startswith("sweep_clarity") for key in study["sections"])


def test_groups_of_other_people_are_refused(table: Path, tmp_path: Path) -> None:
    other = write_rows(tmp_path, "csv", ["candidate_id", "sex"], [["x", "men"]])
    with pytest.raises(InputError, match=r"people of t\.xlsx in the table of groups"):
        run("impact", f"input={table}", f"groups={other}", "decision=hired", f"out={tmp_path}")


def test_scores_are_not_taken_for_groups(table: Path, tmp_path: Path) -> None:
    words = [f"input={table}", f"groups={table}", "decision=hired", f"out={tmp_path / 'o'}"]
    with pytest.raises(InputError, match=r"group_columns=\[…\].*'clarity R1' with"):
        run("impact", *words)


def test_a_folder_that_holds_no_panel_is_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder that trifold panel wrote"):
        run("manual", f"input={table}", f"panel={tmp_path}", f"out={tmp_path / 'o'}")


def test_norms_need_a_hundred_people(table: Path, tmp_path: Path) -> None:
    words = [f"input={table}", f"out={tmp_path / 'n.json'}", "norm_id=n", "name=N",
             "population=people", "language=en", "country=GB", "collected_from=2026-01-01",
             "collected_to=2026-06-30"]  # fmt: skip
    with pytest.raises(InputError, match="NORM_TOO_SMALL"):
        run("norms", *words)
    run("norms", *words, "force=true")
    assert read_norms(tmp_path / "n.json").n == PEOPLE
    assert read_norms(tmp_path / "n.json").sample.model == "human raters"
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        run("norms", *words[:-1], "collected_to=June", "force=true")


def test_the_manual_has_every_heading(table: Path, groups: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text("purpose: To structure a second interview.\n", encoding="utf-8")
    study = run("manual", f"input={table}", f"groups={groups}", "decision=hired", f"facts={facts}",
                "criterion=performance", f"out={tmp_path / 'o'}")  # fmt: skip
    found = study["sections"]
    assert found["purpose"]["sentences"] == ["To structure a second interview."]
    assert "trifold panel" in found["robustness"]["refused"]
    assert "agreement" in found
    facts.write_text("purpse: x\n", encoding="utf-8")
    with pytest.raises(InputError, match="headings among purpose"):
        run("manual", f"input={table}", f"facts={facts}", f"out={tmp_path / 'o'}")


def test_one_score_each_has_no_reliability(tmp_path: Path) -> None:
    path = write_rows(tmp_path, "csv", ["id", "clarity"], [[str(n), str(n % 5)] for n in range(40)])
    study = run("reliability", f"input={path}", f"out={tmp_path / 'o'}")
    assert "two raters" in study["sections"]["reliability"]["refused"]


def test_designs_of_whole_interviews(table: Path) -> None:
    scores: Scores = read_scores(table)
    assert design_of(scores, "rater:") == "p x r"


def test_answers_to_questions_without_a_name_are_nested_in_people(table: Path) -> None:
    scores: Scores = read_scores(table)
    answered = scores.frame.assign(answer_id=scores.frame["source"], source="model")
    assert design_of(replace(scores, frame=answered), "model") == "i:p"
    asked = answered.assign(question_id=answered["answer_id"])
    assert design_of(replace(scores, frame=asked), "model") is None


def test_a_study_asks_the_policies_before_it_writes(table: Path, groups: Path, tmp_path) -> None:
    few = write_rows(tmp_path, "csv", ["candidate_id", "sex"],
                     [[f"c{n:02}", "x" if n < 4 else "y"] for n in range(PEOPLE)])  # fmt: skip
    words = [f"input={table}", "decision=hired", "policy=[common,research]"]
    with pytest.raises(PolicyError, match=r"small_cells.*cells of fewer, the smallest of 4"):
        run("impact", f"groups={few}", f"out={tmp_path / 'refused'}", *words)
    assert not (tmp_path / "refused").exists()
    assert run("impact", f"groups={groups}", f"out={tmp_path / 'kept'}", *words)["sections"]


def test_a_norm_table_is_not_written_where_its_page_is_refused(table: Path, tmp_path) -> None:
    words = ["norm_id=n1", "name=Staff", "population=staff", "language=en", "country=NZ",
             "collected_from=2026-01-01", "collected_to=2026-02-01", "model=none",
             "force=true"]  # fmt: skip
    rules = tmp_path / "mine.yaml"
    rules.write_text(RULES)
    with pytest.raises(PolicyError, match="cells of a thousand"):
        run("norms", f"input={table}", f"out={tmp_path / 'n.json'}", f"policy=[{rules}]", *words)
    assert not (tmp_path / "n.json").exists()
