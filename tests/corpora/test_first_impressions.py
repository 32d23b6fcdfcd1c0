"""First Impressions V2: pickles, clips of one video, published splits."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.corpora.twin_factory import publish
from trifold.corpora.readers.first_impressions import TRAITS, read_first_impressions
from trifold.corpora.splits import k_folds
from trifold.errors import CorpusError, InputError


def rewrite(path: Path, change) -> None:
    """Change what a pickle holds; as Python 2 wrote it."""
    content = pickle.loads(path.read_bytes())  # noqa: S301 (our own twin)
    path.write_bytes(pickle.dumps(change(content), protocol=2))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return publish("first_impressions", tmp_path)


def test_clips_are_candidates_and_videos_people(root: Path) -> None:
    corpus = read_first_impressions(root)
    assert len(corpus.labels) == 20
    assert len(set(corpus.people.values())) == 10
    clip = corpus.clips[0]
    assert clip.candidate_id == "twin0000000::twin0000000.000"
    assert clip.path == root / "training" / "twin0000000.000.mp4"
    assert corpus.schema.names == TRAITS
    assert corpus.schema.targets[1].polarity == -1
    whose = [corpus.people[candidate] for candidate in corpus.labels]
    for train, test in k_folds(whose, folds=5, seed=0):
        people = [{whose[i] for i in rows} for rows in (train, test)]
        assert not people[0] & people[1]


def test_published_splits_are_kept_and_straddling_people_reported(root: Path) -> None:
    for kind in ("annotation", "transcription"):
        names = {}

        def take(content, names=names, kind=kind):
            tables = content.values() if kind == "annotation" else [content]
            for t in tables:
                names[id(t)] = t.pop("twin0000001.001.mp4")
            return content

        rewrite(root / f"{kind}_training.pkl", take)
        values = list(names.values())

        def give(content, values=values, kind=kind):
            tables = list(content.values()) if kind == "annotation" else [content]
            for t, value in zip(tables, values, strict=True):
                t["twin0000001.001.mp4"] = value
            return content

        rewrite(root / f"{kind}_test.pkl", give)
    corpus = read_first_impressions(root)
    assert corpus.splits["twin0000001::twin0000001.000"] == "train"
    assert corpus.splits["twin0000001::twin0000001.001"] == "test"
    found = next(f for f in corpus.findings if f.check == "people_in_two_splits")
    assert (found.count, found.total, found.examples) == (1, 10, ("twin0000001",))
    fresh = read_first_impressions(root, splits="by_person").splits
    assert fresh["twin0000001::twin0000001.000"] == fresh["twin0000001::twin0000001.001"]


def test_one_part_alone_is_dealt_by_person(root: Path) -> None:
    for part in ("validation", "test"):
        (root / f"annotation_{part}.pkl").unlink()
    corpus = read_first_impressions(root)
    assert len(corpus.labels) == 12
    assert set(corpus.splits.values()) == {"train", "val", "test"}


def test_transcripts_and_videos_may_be_missing_but_not_both(root: Path) -> None:
    for path in root.rglob("*.mp4"):
        path.unlink()
    words = read_first_impressions(root)
    assert all(clip.path is None and clip.transcript for clip in words.clips)
    for path in root.glob("transcription_*.pkl"):
        path.unlink()
    with pytest.raises(CorpusError, match="expected videos or transcripts, got neither"):
        read_first_impressions(root)


def test_words_that_python_2_pickled_as_bytes_are_read(root: Path) -> None:
    said = "Je ne sais pas, c'est très étrange à dire."
    rewrite(root / "transcription_training.pkl",
            lambda c: c | {"twin0000000.000.mp4": said.encode().decode("latin-1")})  # fmt: skip
    assert read_first_impressions(root).clips[0].transcript == said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: [c], "expected a dictionary of traits, got list"),
        (lambda c: {k: v for k, v in c.items() if k != "interview"},
         "expected clips and values under 'interview', got .*openness"),
        (lambda c: c | {"openness": 1}, "expected clips and values under 'openness'"),
        (lambda c: c | {"openness": {**c["openness"], "other.mp4": 0.5}},
         "expected the same clips in 'openness' as in 'extraversion', got 'other.mp4' in only one"),
        (lambda c: c | {"openness": dict.fromkeys(c["openness"], 1.2)},
         r"expected 0 to 1 in 'openness', got 1.2 of 'twin0000000.000.mp4'"),
        (lambda c: c | {"openness": dict.fromkeys(c["openness"], "0.5")},
         "expected 0 to 1 in 'openness', got '0.5'"),
        (lambda c: c | {"openness": dict.fromkeys(c["openness"], float("nan"))},
         "expected 0 to 1 in 'openness', got nan"),
        (lambda c: c | {"openness": dict.fromkeys(c["openness"], np.float64(0.5))},
         "expected a pickle of plain containers"),
    ],
)  # fmt: skip
def test_other_contents_are_refused(root: Path, change, message: str) -> None:
    rewrite(root / "annotation_training.pkl", change)
    with pytest.raises(CorpusError, match=message) as caught:
        read_first_impressions(root)
    assert "annotation_training.pkl" in str(caught.value)


def test_files_that_are_there_twice(root: Path) -> None:
    (root / "copy").mkdir()
    (root / "copy/twin0000000.000.mp4").touch()
    corpus = read_first_impressions(root)
    assert next(f for f in corpus.findings if f.check == "repeated_media").count == 1
    content = (root / "annotation_test.pkl").read_bytes()
    (root / "copy/annotation_test.pkl").write_bytes(content)
    with pytest.raises(CorpusError, match=r"expected one annotation_test.pkl, got annotation_test"):
        read_first_impressions(root)


def test_a_clip_in_two_parts_and_unknown_settings(root: Path) -> None:
    content = (root / "annotation_training.pkl").read_bytes()
    (root / "annotation_test.pkl").write_bytes(content)
    with pytest.raises(CorpusError, match=r"expected each clip in one part, got 'twin.*' in two"):
        read_first_impressions(root)
    with pytest.raises(InputError, match="expected splits among official, by_person, got 'mine'"):
        read_first_impressions(root, splits="mine")
