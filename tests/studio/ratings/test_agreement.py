"""Agreement on the page is what ``trifold reliability`` finds in the exported table."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.benches import Bench, bench, draw
from tests.factories.studios import TestedStudio
from trifold.corpora.readers.manifest import read_manifest
from trifold.errors import InputError
from trifold.studies.ratings import read_ratings
from trifold.studies.sections.reliability import reliability_sections
from trifold.studio.ratings.agreement import More, agreement, lacking, long_table
from trifold.studio.ratings.export import write_manifest
from trifold.tables.reading import read_table

WHOLE = draw(3, 12, 2, seed=3)
GAPS = np.where((np.arange(12)[None, :, None] + np.arange(3)[:, None, None]) % 4, WHOLE, np.nan)


@pytest.fixture(scope="module", params=[WHOLE, GAPS], ids=["whole", "gaps"])
def filled(request, sqlite_studio: TestedStudio, recording: Path) -> Bench:
    one = bench(sqlite_studio, recording, candidates=12, raters=3)
    one.rate(request.param)
    return one


def found(one: Bench):
    with one.tested.studio.database.reading() as session:
        table = long_table(session, one.project)
    people = [f"Secretname-{c:03}" for c in range(12)]
    return agreement(table, [target.name for target in one.targets], people, wanted=0.8)


@pytest.fixture(scope="module")
def exported(filled: Bench, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    return write_manifest(filled.tested.studio, filled.project, folder).parent


def same(ours: dict, theirs: dict) -> None:
    """Of one estimate; rows come in another order, which the last digits show."""
    ends = ("estimate", "low", "high")
    for name in ends:
        assert ours.pop(name) == pytest.approx(theirs[name], abs=1e-9)
    assert ours == {name: value for name, value in theirs.items() if name not in ends}


def test_figures_are_those_of_the_reliability_study(filled: Bench, exported: Path) -> None:
    sections = {
        one.key: one for one in reliability_sections(read_ratings(exported / "ratings.csv"))
    }
    for target, one in found(filled).items():
        theirs = sections["agreement"].facts[target]["raters"]
        for kind, ours in [
            ("ICC(A,1)", one.single),
            ("ICC(A,k)", one.mean),
            ("ICC(C,k)", one.order),
        ]:
            same(ours.as_json(), theirs[kind])
        raters = sections["raters"].facts[target]["raters"]
        assert len(one.severity) == 3
        for rater, severity in one.severity.items():
            same(severity.as_json(), raters[f"rater:{rater}"]["severity"])


def test_the_manifest_reads_as_the_means_of_the_raters(filled: Bench, exported: Path) -> None:
    corpus = read_manifest(exported / "manifest.csv", exported / "schema.yaml")
    assert corpus.schema.names == tuple(one.name for one in filled.targets[:2])
    table = pd.read_csv(exported / "ratings.csv")
    means = table.groupby("candidate_id")[list(corpus.schema.names)].mean()
    for person, labels in corpus.labels.items():
        np.testing.assert_allclose(labels, means.loc[person])
    clips = {clip.candidate_id: clip for clip in corpus.clips}
    assert len(clips) == 12
    for person, clip in clips.items():
        assert clip.path is not None
        assert clip.path.is_file()
        assert clip.clip_id == f"{person}/answer"


def test_tables_to_take_along_are_one_table(filled: Bench, tmp_path: Path) -> None:
    browser = filled.tested.browser("psychologist")
    texts = {}
    for kind in ("csv", "xlsx"):
        answer = browser.get(f"{filled.home}/agreement/ratings.{kind}")
        file = tmp_path / f"ratings.{kind}"
        file.write_bytes(answer.content)
        table = read_table(file)
        texts[kind] = (
            table.columns,
            [
                [float(c) if i > 1 else c for i, c in enumerate(row)]
                for row in table.rows
                if all(row)
            ],
        )
    assert texts["csv"] == texts["xlsx"]
    assert browser.get(f"{filled.home}/agreement/ratings.exe").status_code == 422


def test_the_page_says_who_is_strict_and_what_more_would_bring(filled: Bench) -> None:
    page = filled.tested.browser("psychologist").look(f"{filled.home}/agreement").text
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "One rater alone" in words
    assert re.search(r"\d\.\d\d (stricter|milder)", words)
    assert re.search(r"Enough for 0\.80|for each of \d+ candidates|No number of raters", words)


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 9))
def test_what_is_lacking_brings_everybody_to_the_number(have: list[int], number: int) -> None:
    parts = lacking(have, float(number))
    assert sum(part.people for part in parts) == sum(one < number for one in have)
    assert all(part.have + part.more == number for part in parts)
    assert lacking(have, float("inf")) == lacking(have, float("nan")) == ()


def test_a_third_rater_for_each_of_fourteen() -> None:
    assert lacking([2] * 14 + [3] * 5, 3.0) == (More(2, 1, 14),)


def test_few_people_give_no_figures_but_the_reason(sqlite_studio, recording) -> None:
    one = bench(sqlite_studio, recording, candidates=3, raters=2)
    one.rate(draw(2, 3, 3))
    page = sqlite_studio.browser("psychologist").look(f"{one.home}/agreement").text
    assert "it takes 10 people and 3 people came" in page


def test_who_rates_sees_nothing_of_others_before_the_end(sqlite_studio, recording) -> None:
    one = bench(sqlite_studio, recording, candidates=2, raters=2)
    one.raters[1] = sqlite_studio.accounts["psychologist"]  # who was a rater once
    one.rate(np.full((2, 2, 3), 4.0) * np.array([[[1], [1]], [[1], [np.nan]]]))
    browser = sqlite_studio.browser("psychologist")
    assert "once you have rated everybody" in browser.look(f"{one.home}/agreement").text
    assert browser.look(f"{one.home}/agreement/ratings.csv").status_code == 422
    one.rate(np.full((1, 2, 3), 4.0), raters=[1])
    assert "Rater Number00" in browser.look(f"{one.home}/agreement").text


def test_nobody_rated_makes_no_manifest(sqlite_studio, recording, tmp_path: Path) -> None:
    one = bench(sqlite_studio, recording, candidates=2, raters=1)
    with pytest.raises(InputError, match="ratings of somebody with a recording"):
        write_manifest(sqlite_studio.studio, one.project, tmp_path)


def test_cannot_tell_is_no_score(sqlite_studio, recording) -> None:
    one = bench(sqlite_studio, recording, candidates=1, raters=1)
    one.browser(0).send_form(f"{one.home}/rate/{one.candidates[0]}", {"value-integrity": "?"})
    content = sqlite_studio.browser("psychologist").get(f"{one.home}/agreement/ratings.csv").text
    assert len(io.StringIO(content).readlines()) == 1
