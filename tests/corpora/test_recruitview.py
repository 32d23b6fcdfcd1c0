"""RecruitView: answers or people, retakes, near-empty answers, and the real samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.corpora.twin_factory import publish
from trifold.corpora.readers.recruitview import TRAITS, read_recruitview
from trifold.errors import CorpusError, InputError
from trifold.media.transcripts.reading import parse_transcript

SAMPLES = Path(__file__).parents[3] / "shared/data/recruitview-samples"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return publish("recruitview", tmp_path)


def rows_of(root: Path) -> list[dict]:
    return [json.loads(line) for line in (root / "metadata.jsonl").read_text().splitlines()]


def write(root: Path, rows: list[dict]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "metadata.jsonl").write_text(text, encoding="utf-8")


def test_answers_are_candidates_of_their_person(root: Path) -> None:
    corpus = read_recruitview(root)
    rows = {row["id"]: row for row in rows_of(root)}
    assert len(corpus.labels) == 20  # of 22: one retake, one near-empty answer
    for clip in corpus.clips:
        row = rows[clip.clip_id]
        assert clip.candidate_id == f"{row['user_no']}::{row['id']}"
        assert (clip.question, clip.question_id) == (row["question"], row["question_id"])
        np.testing.assert_array_equal(corpus.labels[clip.candidate_id], [row[t] for t in TRAITS])
        times = parse_transcript(clip.transcript).segments
        assert times[0].start_s == 0.0
    assert len(set(corpus.people.values())) == 10
    assert corpus.schema.names == TRAITS


def test_people_are_rated_by_the_mean_of_what_is_kept(root: Path) -> None:
    corpus = read_recruitview(root, unit="person")
    rows = rows_of(root)
    mine = [r for r in rows if r["user_no"] == "1" and r["id"] != "1000"]  # 1000 was taken again
    expected = np.mean([[r[t] for t in TRAITS] for r in mine], axis=0)
    np.testing.assert_allclose(corpus.labels["1"], expected)
    assert len(corpus.labels) == 10
    everything = read_recruitview(root, unit="person", retakes="keep", near_empty="keep")
    assert len(everything.clips) == 22


def test_missing_scores_are_holes_and_unscored_answers_left_out(root: Path) -> None:
    rows = rows_of(root)
    rows[1] |= {"openness": None, "neuroticism": ""}
    rows[2] |= dict.fromkeys(TRAITS)
    write(root, rows)
    corpus = read_recruitview(root)
    assert np.isnan(corpus.labels["1::1001"]).sum() == 2
    assert not any(clip.clip_id == "1002" for clip in corpus.clips)
    found = {f.check: f for f in corpus.findings}
    assert (found["unlabelled"].count, found["unlabelled"].examples) == (1, ("2::1002",))
    people = read_recruitview(root, unit="person")
    assert np.isfinite(people.labels["1"]).all()  # from the other answer


def test_numbers_spaces_and_accents_make_no_other_person(root: Path) -> None:
    rows = rows_of(root)
    first = next(i for i, row in enumerate(rows) if row["user_no"] == "1")
    write(root, [{**row, "user_no": 1} if i == first else row for i, row in enumerate(rows)])
    assert read_recruitview(root, unit="person").labels.keys() == {row["user_no"] for row in rows}
    spelled = {"1": ("Jos\u00e9", "Jos\u0065\u0301\u00a0")}
    changed = [
        row | {"user_no": spelled[row["user_no"]][i % 2]} if row["user_no"] in spelled else row
        for i, row in enumerate(rows)
    ]
    write(root, changed)
    assert "Jos\u00e9" in read_recruitview(root, unit="person").labels
    assert len(read_recruitview(root, unit="person").labels) == len({r["user_no"] for r in rows})
    write(root, [rows[0] | {"user_no": "1::1"}, *rows[1:]])  # no answer of person 1
    assert "1::1" in read_recruitview(root, unit="person").labels


def test_a_published_split_goes_first_and_must_not_part_people(root: Path) -> None:
    rows = [row | {"split": "test" if row["user_no"] in "34" else "Train"} for row in rows_of(root)]
    rows = [row | ({"split": "validation"} if row["user_no"] == "5" else {}) for row in rows]
    write(root, rows)
    corpus = read_recruitview(root)
    splits, people = corpus.splits, corpus.people
    assert {people[c] for c, s in splits.items() if s == "test"} == {"3", "4"}
    assert {people[c] for c, s in splits.items() if s == "val"} == {"5"}
    write(root, [rows[0] | {"split": "test"}, *rows[1:]])
    with pytest.raises(CorpusError, match="expected each person in one split, got '1' in two"):
        read_recruitview(root)
    write(root, [row | {"split": "dev"} for row in rows])
    with pytest.raises(CorpusError, match="expected split train, val or test, got 'dev'"):
        read_recruitview(root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "1001"}, "expected each id once, got '1001' twice"),
        ({"user_no": None}, "expected an id and a user_no, got none in object 1"),
        ({"question": "Other?"}, r"expected one text of question '1', got 'Other\?' and"),
        ({"openness": True}, "expected a number in 'openness', got True of '1000'"),
        ({"openness": 13}, "expected -12 to 12 in 'openness', got 13 of '1000'"),
    ],
)
def test_mistakes_are_named(root: Path, change: dict, message: str) -> None:
    rows = rows_of(root)
    write(root, [rows[0] | change, *rows[1:]])
    with pytest.raises(CorpusError, match=message) as caught:
        read_recruitview(root)
    assert "metadata.jsonl" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{oops", "expected a JSON object per line, got .* in line 23"),
        ("[1]", "expected a JSON object per line, got list in line 23"),
        ('{"id": "9"}', "expected a field 'file_name', got id in line 23"),
    ],
)
def test_broken_lines_are_named(root: Path, line: str, message: str) -> None:
    with (root / "metadata.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(CorpusError, match=message):
        read_recruitview(root)


def test_other_files_are_refused(root: Path) -> None:
    (root / "metadata.jsonl").write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(CorpusError, match=r"expected a readable file, got .*utf-8"):
        read_recruitview(root)
    (root / "metadata.jsonl").write_text("\n\n")
    with pytest.raises(CorpusError, match="expected at least one object, got none"):
        read_recruitview(root)
    with pytest.raises(InputError, match="expected unit among answer, person, got 'team'"):
        read_recruitview(root, unit="team")


def test_what_a_language_model_wrote_is_never_read(root: Path) -> None:
    before = read_recruitview(root)
    write(root, [row | {"gemini_summary": "Hire!", "video_quality": "?"} for row in rows_of(root)])
    assert read_recruitview(root).clips == before.clips


def test_the_real_samples_are_read() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("real sample clips (../shared) are not here")
    corpus = read_recruitview(SAMPLES)
    assert len(corpus.clips) == len(corpus.labels) == 2
    assert all(clip.path.is_file() for clip in corpus.clips)
    assert not any(f.count for f in corpus.findings)
    ends = [parse_transcript(clip.transcript).segments[-1].end_s for clip in corpus.clips]
    assert sorted(ends) == [9, 12]
