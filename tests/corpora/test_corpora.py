"""Targets, splits and the manifest reader."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from trifold.contracts import Corpus, Finding, Target, TargetSchema
from trifold.corpora.readers.manifest import read_manifest
from trifold.corpora.splits import alone, count, k_folds, split_by_person
from trifold.corpora.targets import make_schema, read_schema
from trifold.errors import CorpusError, InputError

ROOT = Path(__file__).parents[2]
SCHEMA = TargetSchema("s", (Target("warmth", 1, 7), Target("drive", 1, 5)))
GOOD = "path,candidate_id,warmth,drive\na1.mp4,a,3,4.5\na2.mp4,a,3,4.5\nb.mp4,b,7,\nc.mp4,c,,\n"


def write(root: Path, text: str) -> Path:
    """The manifest, and an empty file for each media file that it names."""
    path = root / "manifest.csv"
    path.write_text(text, encoding="utf-8")
    for name in re.findall(r"\w+\.mp4", text):
        (root / name).touch()
    return path


def found(corpus: Corpus) -> dict[str, Finding]:
    return {finding.check: finding for finding in corpus.findings if finding.count}


def test_labels_are_by_candidate_and_holes_are_nan(tmp_path: Path) -> None:
    corpus = read_manifest(write(tmp_path, GOOD), SCHEMA, terms="mine")
    assert set(corpus.labels) == {"a", "b"}
    np.testing.assert_array_equal(corpus.labels["a"], [3, 4.5])
    np.testing.assert_array_equal(corpus.labels["b"], [7, np.nan])
    assert [clip.clip_id for clip in corpus.clips] == ["a1", "a2", "b"]
    assert set(corpus.splits) == {"a", "b"}
    assert corpus.terms == "mine"
    lines = [str(finding) for finding in found(corpus).values()]
    assert lines == [
        "1 of 3 candidates have no rating (left out): c",
        "3 of 3 answers have no transcript (kept): a1, a2, b",
    ]


def test_a_corpus_is_named_after_its_folder_however_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, GOOD)
    monkeypatch.chdir(tmp_path)
    for written in (path, Path(path.name), Path("..", tmp_path.name, path.name)):
        assert read_manifest(written, SCHEMA).name == tmp_path.name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,warmth\na.mp4,3\n", "expected a column 'drive', got columns path, warmth"),
        ("path,warmth,drive\na.mp4,high,3\n", "a number in column 'warmth', got 'high' in row 2"),
        (
            "path,warmth,drive\na.mp4,3,3\nb.mp4,8,3\n",
            "1 to 7 in column 'warmth', got '8' in row 3",
        ),
        ("path,warmth,drive\na.mp4,inf,3\n", "a number in column 'warmth', got 'inf' in row 2"),
        (
            "path,candidate_id,warmth,drive\n1.mp4,a,3,3\n2.mp4,a,4,3\n",
            "one rating per candidate .* got answers of 'a' that differ in 'warmth'",
        ),
        (
            "path,candidate_id,warmth,drive,split\n1.mp4,a,3,3,train\n2.mp4,a,3,3,test\n",
            "each candidate in one split, got 'a' in two",
        ),
        ("path,warmth,drive,split\n1.mp4,3,3,later\n", "train, val or test in column 'split'"),
        ("path,warmth,drive\n1.mp4,,\n", "at least one labelled candidate, got none"),
    ],
)
def test_wrong_manifests_name_column_and_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_manifest(write(tmp_path, text), SCHEMA)


def test_differing_answers_can_be_averaged(tmp_path: Path) -> None:
    path = write(tmp_path, "path,candidate_id,warmth,drive\n1.mp4,a,3,3\n2.mp4,a,4,3\n")
    assert read_manifest(path, SCHEMA, answer_labels="mean").labels["a"].tolist() == [3.5, 3]
    with pytest.raises(
        InputError, match="expected answer_labels among refuse, mean, separate, got 'max'"
    ):
        read_manifest(path, SCHEMA, answer_labels="max")


def test_given_splits_are_kept(tmp_path: Path) -> None:
    text = "path,warmth,drive,split\n1.mp4,3,3,Test\n2.mp4,3,3,train\n3.mp4,3,3,val\n"
    splits = read_manifest(write(tmp_path, text), SCHEMA).splits
    assert splits == {"1": "test", "2": "train", "3": "val"}


def test_shipped_schemas_are_read() -> None:
    paths = sorted((ROOT / "configs/corpora/schemas").glob("*.yaml"))
    assert len(paths) >= 3
    for path in paths:
        schema = read_schema(path)
        assert schema.name == path.stem


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "expected at least one target, got none"),
        ([{"name": "a", "low": 1}], "expected targets with name, low and high"),
        ([{"name": "a", "low": 5, "high": 1}], "expected low below high for 'a', got 5 to 1"),
        ([{"name": "a", "low": "x", "high": 1}], "expected numbers as the scale of 'a'"),
        ([{"name": "a", "low": 1, "high": 5}] * 2, "expected each target once, got 'a' twice"),
        ([{"name": "a", "low": 1, "high": 5, "source": "x"}], "expected source among observer"),
        ([{"name": "a", "low": 1, "high": 5, "gender": 1}], "fields among .* got 'gender'"),
    ],
)
def test_wrong_schemas_are_named(targets, message) -> None:
    with pytest.raises(CorpusError, match=message):
        make_schema({"name": "s", "targets": targets})


def test_unreadable_schema(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="expected a target schema in YAML"):
        read_schema(tmp_path / "none.yaml")


names = st.text(min_size=1, max_size=5)
people = st.lists(names, min_size=10, max_size=60, unique=True)


@given(people, st.integers(0, 9))
def test_splits_are_disjoint_complete_sized_and_order_free(ids: list[str], seed: int) -> None:
    splits = split_by_person(alone(ids), seed=seed)
    assert set(splits) == set(ids)
    assert splits == split_by_person(alone(ids[::-1]), seed=seed)
    for name, share in zip(("train", "val", "test"), (0.6, 0.2, 0.2), strict=True):
        assert abs(count(splits)[name] - share * len(ids)) <= 1


@given(people, st.integers(0, 9))
def test_folds_are_scikit_learns(ids: list[str], seed: int) -> None:
    ours = k_folds(ids, folds=5, seed=seed)
    reference = KFold(5, shuffle=True, random_state=seed).split(ids)
    for (train, test), (expected_train, expected_test) in zip(ours, reference, strict=True):
        np.testing.assert_array_equal(train, expected_train)
        np.testing.assert_array_equal(test, expected_test)


answers = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 99)), min_size=20, unique=True)


@given(answers, st.integers(0, 9))
def test_answers_of_one_person_stay_together(pairs: list[tuple[int, int]], seed: int) -> None:
    ids = [f"p{person}::{answer}" for person, answer in pairs]
    people = np.array([f"p{person}" for person, _ in pairs])
    splits = split_by_person(dict(zip(ids, people.tolist(), strict=True)), seed=seed)
    for person in set(people):
        assert len({splits[i] for i, p in zip(ids, people, strict=True) if p == person}) == 1
    if len(set(people)) < 4:
        return
    folds = k_folds(people.tolist(), folds=4, seed=seed)
    assert np.sort(np.concatenate([test for _, test in folds])).tolist() == list(range(len(ids)))
    for train, test in folds:
        assert len(test)
        assert not set(people[train]) & set(people[test])
        assert len(train) + len(test) == len(ids)


def test_more_folds_than_people_are_refused() -> None:
    with pytest.raises(InputError, match="expected 2 to 2 folds, got 3"):
        k_folds(["a", "a", "b", "b"], folds=3, seed=0)


def test_rated_answers_can_be_candidates_of_their_own(tmp_path: Path) -> None:
    text = "path,candidate_id,warmth,drive\n1.mp4,a,3,3\n2.mp4,a,4,3\n3.mp4,b,5,5\n"
    corpus = read_manifest(write(tmp_path, text), SCHEMA, answer_labels="separate")
    assert list(corpus.labels) == ["a::1", "a::2", "b::3"]
    assert corpus.splits["a::1"] == corpus.splits["a::2"]
    split = text.replace("drive\n", "drive,split\n").replace("\n2", ",train\n2", 1)
    split = split.replace(",4,3\n", ",4,3,test\n").replace(",5,5\n", ",5,5,val\n")
    with pytest.raises(CorpusError, match="expected each candidate in one split, got 'a' in two"):
        read_manifest(write(tmp_path, split), SCHEMA, answer_labels="separate")


def test_manifests_with_nothing_beside_them_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text("path,warmth,drive\n1.mp4,3,3\n")
    with pytest.raises(CorpusError, match="expected media or transcripts, got neither is there"):
        read_manifest(path, SCHEMA)


def test_policies_of_a_manifest(tmp_path: Path) -> None:
    text = (
        "path,candidate_id,question_id,transcript,warmth,drive\n"
        "1.mp4,a,q1,I do not know.,3,3\n2.mp4,a,q1,This is my second and better answer.,3,3\n"
        "3.mp4,b,q1,No.,4,4\n"
    )
    path = write(tmp_path, text)
    assert len(read_manifest(path, SCHEMA).clips) == 3
    corpus = read_manifest(path, SCHEMA, retakes="last", near_empty="drop")
    assert [clip.clip_id for clip in corpus.clips] == ["2"]
    assert set(corpus.labels) == {"a"}
    assert {check: f.count for check, f in found(corpus).items()} == {
        "lost": 1, "near_empty": 2,
    }  # fmt: skip


def test_wrong_splits_are_refused() -> None:
    with pytest.raises(InputError, match="expected three shares that sum to 1"):
        split_by_person(alone(["a"]), fractions=(0.5, 0.4, 0.2))
    with pytest.raises(InputError, match="expected 2 to 3 folds, got 4"):
        k_folds(["a", "b", "c"], folds=4, seed=0)
