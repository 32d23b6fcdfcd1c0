"""What is overridden is a score of the tables, and nothing that stands beside one."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from tests.reports.report_factory import NAMES
from tests.studio.results.results_factory import write_rows
from trifold.commands.governance.override import override
from trifold.contracts import scored_targets
from trifold.errors import InputError
from trifold.records.overrides import read_overrides
from trifold.scoring.columns import answer_columns, candidate_columns


@pytest.mark.parametrize("columns", [answer_columns, candidate_columns])
def test_the_scores_of_a_row_are_its_targets(columns) -> None:
    names = ("warmth", "drive_low", "rank_percentile")
    row = [column.name for column in columns(names)]
    assert scored_targets(row) == list(names)


def asked(out: Path, target: str | None) -> object:
    facts = {"reason": "No sound", "reviewer": "Kim", "judgement": None, "target": target}
    return OmegaConf.create({"out": str(out), "candidate": "person_00000", **facts})


@pytest.mark.parametrize("ending", ["_percentile", "_low", "_sem", "_rank_low", "_spread"])
def test_a_percentile_is_no_score(tmp_path: Path, ending: str) -> None:
    write_rows(tmp_path, 3)
    with pytest.raises(InputError, match=f"scores among {', '.join(NAMES[:2])}.*{ending}"):
        override(asked(tmp_path, NAMES[0] + ending))
    assert read_overrides(tmp_path) == []
    for target in (NAMES[0], None):
        override(asked(tmp_path, target))
    assert [one.target for one in read_overrides(tmp_path)] == [NAMES[0], ""]
