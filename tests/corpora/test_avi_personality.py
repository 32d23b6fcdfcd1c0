"""AVI-Personality: the published split, six self-reported traits, names that are not on record."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.corpora.twin_factory import publish
from trifold.contracts import Corpus
from trifold.corpora.readers.avi import LABEL_SETS
from trifold.corpora.readers.avi_personality import OBSERVED, read_avi_personality
from trifold.errors import CorpusError

PARTS = ("Training", "Validation", "Testing")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return publish("avi_personality", tmp_path_factory.mktemp("made"))


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / made.name))


def change(root: Path, how: Callable[[pd.DataFrame], pd.DataFrame], *parts: str) -> None:
    for part in parts or PARTS:
        path = root / f"{part}.csv"
        how(pd.read_csv(path, dtype={"id": str})).to_csv(path, index=False)


def require_same_labels(one: Corpus, other: Corpus) -> None:
    assert list(one.labels) == list(other.labels)
    np.testing.assert_array_equal(list(one.labels.values()), list(other.labels.values()))


@pytest.mark.parametrize(
    ("labels", "k", "source"),
    [("observer_hexaco", 4, "observer"), ("competencies", 5, "observer"),
     ("self_hexaco", 4, "self_report"), ("self_hexaco_full", 6, "self_report")],
)  # fmt: skip
def test_every_label_set_is_read_on_the_published_split(
    root: Path, labels: str, k: int, source: str
) -> None:
    corpus = read_avi_personality(root, labels=labels)
    assert corpus.name == f"avi_personality_{labels}"
    assert {target.source for target in corpus.schema.targets} == {source}
    assert {len(row) for row in corpus.labels.values()} == {k}
    assert Counter(corpus.splits.values()) == {"train": 7, "val": 1, "test": 2}
    assert len(corpus.clips) == 60
    for part, split in zip(PARTS, ("train", "val", "test"), strict=True):
        ids = pd.read_csv(root / f"{part}.csv", dtype=str)["id"]
        assert {corpus.splits[person] for person in ids} == {split}


def test_emotionality_and_extraversion_are_two_columns(root: Path) -> None:
    corpus = read_avi_personality(root, labels="self_hexaco_full")
    rows = pd.concat([pd.read_csv(root / f"{part}.csv") for part in PARTS]).set_index("id")
    for name, column in (("emotionality", "E_self"), ("extraversion", "X_self")):
        place = corpus.schema.names.index(name)
        assert [row[place] for row in corpus.labels.values()] == rows[column].tolist()


def test_the_names_of_the_challenge_mean_the_same(root: Path) -> None:
    before = read_avi_personality(root)
    theirs = {column: LABEL_SETS["observer_hexaco"][t] for t, column in OBSERVED.items()}
    change(root, lambda table: table.rename(columns=theirs))
    require_same_labels(read_avi_personality(root), before)


def test_a_column_of_another_name_can_be_told(root: Path) -> None:
    before = read_avi_personality(root)
    change(root, lambda table: table.rename(columns={"p_H_observer": "honesty (psychologists)"}))
    with pytest.raises(
        CorpusError,
        match=r"expected a column 'p_H_observer'; its name is not public: corpora.columns says "
        r"what it is called, got columns id, .*honesty \(psychologists\)",
    ):
        read_avi_personality(root)
    told = {"honesty_humility": "honesty (psychologists)"}
    require_same_labels(read_avi_personality(root, columns=told), before)
    with pytest.raises(CorpusError, match=r"expected columns of targets among .* got 'humour'"):
        read_avi_personality(root, columns={"humour": "p_H_observer"})


@pytest.mark.parametrize("near", ["p_X_observers", "P_X_obsever", "g_X_observer"])
def test_a_column_that_is_nearly_called_so_is_not_taken_for_it(root: Path, near: str) -> None:
    change(root, lambda table: table.rename(columns={"p_X_observer": near}), "Testing")
    with pytest.raises(CorpusError, match=f"expected a column 'p_X_observer', got '{near}'") as e:
        read_avi_personality(root)
    assert "Testing.csv" in str(e.value)


@pytest.mark.parametrize("part", PARTS)
def test_no_part_may_be_missing(root: Path, part: str) -> None:
    videos = list((root / part).glob("*.mp4"))
    for path in videos:
        path.unlink()
    with pytest.raises(CorpusError, match=f"expected answers of people of {part}.csv, got none"):
        read_avi_personality(root)
    (root / f"{part}.csv").rename(root / "elsewhere.csv")
    wanted = "expected the tables Training.csv, Validation.csv, Testing.csv, got no"
    with pytest.raises(CorpusError, match=f"{wanted} {part}.csv"):
        read_avi_personality(root)


def test_the_test_table_has_labels_too(root: Path) -> None:
    change(root, lambda table: table[["id"]], "Testing")
    with pytest.raises(
        CorpusError, match=r"expected a column 'mean_rating_Integr', got columns id"
    ):
        read_avi_personality(root, labels="competencies")


def test_demographics_and_ability_are_never_read(root: Path) -> None:
    before = read_avi_personality(root, labels="competencies")
    extra = {"ethnicity": 1, "accent_strength": 2, "english_proficiency": 5, "ICAR": 14}
    change(root, lambda table: table.drop(columns=["gender", "age"]).assign(**extra))
    after = read_avi_personality(root, labels="competencies")
    require_same_labels(before, after)
    assert before.clips == after.clips
    assert not any(clip.measures for clip in after.clips)


def test_self_reports_are_held_against_the_trait_of_their_letter(tmp_path: Path) -> None:
    root = publish("avi_personality", tmp_path, people=24)

    def spoilt(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(
            X_self=6 - table["p_X_observer"],
            E_self=6 - table["p_X_observer"],  # is not meant to agree, so it is not told
            **{f"{t}_self": table[f"p_{t}_observer"] for t in "HAC"},
        )

    change(root, spoilt)
    corpus = read_avi_personality(root, labels="self_hexaco_full")
    (said,) = [finding for finding in corpus.findings if finding.check == "label_names"]
    assert (said.count, said.total) == (1, 4)
    assert said.examples[0].startswith("X_self and observed p_X_observer: r ")
