"""What training says of people is what scoring says of the same recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trifold.codes import Code
from trifold.drift.profile import QUALITY, observation_of, read_profile
from trifold.features.records import ClipRecord
from trifold.scoring.rows import answer_row, candidate_row
from trifold.training.assembly import _observed
from trifold.training.results.profile import write_profile

GOOD = ClipRecord("a1", "ann", duration_s=12.5, quality={"w.n_words": 30.0, "v.snr_db": 21.25},
                  words_source="given", missing={"video": str(Code.NO_VIDEO_STREAM)})  # fmt: skip
FACE = ClipRecord("a2", "ann", duration_s=7.5, quality={"w.n_words": 10.0, "f.brightness": 0.5},
                  words_source="recognised")  # fmt: skip
BROKEN = ClipRecord("a3", "ann", error_code=str(Code.DECODE_ERROR), error_message="damaged")
SILENT = ClipRecord("a4", "ann", duration_s=3.0, quality={"v.speech_s": 0.0},
                    error_code=str(Code.SEVERAL_SPEAKERS))  # fmt: skip


@pytest.mark.parametrize(
    "records", [[GOOD], [GOOD, FACE], [GOOD, BROKEN], [FACE, SILENT], [BROKEN], [SILENT, BROKEN]],
    ids=lambda records: "+".join(record.clip_id for record in records),
)  # fmt: skip
def test_records_and_rows_are_observed_alike(records: list[ClipRecord]) -> None:
    answers = [answer_row(record, None, ["warmth"], bundle_id="b") for record in records]
    candidate = candidate_row(records, None, ["warmth"], bundle_id="b")
    of_rows, of_records = observation_of(candidate, answers), _observed(records)
    same = {*QUALITY, "duration_s", "n_answers", "modalities", "words_source"}
    assert {name: of_rows[name] for name in same} == {name: of_records[name] for name in same}
    if all(record.error_code for record in records):
        assert of_records["outcome"] == of_rows["outcome"] == "NOTHING_USABLE"
    else:
        assert of_records["outcome"] == "scored"


def test_a_run_has_the_profile_of_its_people_and_held_out_scores(tmp_path: Path) -> None:
    draws = np.random.default_rng(0)
    observed = [_observed([GOOD])] * 40
    held_out = draws.normal(4, 1, (40, 2))
    held_out[:3, 1] = np.nan
    write_profile(tmp_path, observed, ["warmth", "drive"], held_out)
    found = read_profile(tmp_path)
    assert found.n == 40
    assert (found.bins["score.warmth"].n, found.bins["score.drive"].n) == (40, 37)
    assert found.bins["outcome"].counts == (40, 0)
    write_profile(tmp_path, observed[:29], ["warmth", "drive"], held_out)
    assert read_profile(tmp_path) is None
