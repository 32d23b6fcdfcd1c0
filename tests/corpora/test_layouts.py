"""Every reader on its twin, and on the twin spoilt in the ways that downloads are."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.corpora.twin_factory import BY_FILE_NAME, PEOPLE, READERS, WITH_MEDIA, publish
from trifold.contracts import Corpus
from trifold.corpora.readers import avi, avi_personality
from trifold.corpora.readers.avi import read_avi
from trifold.corpora.readers.avi_labels import Release
from trifold.corpora.splits import NAMES
from trifold.corpora.targets import read_schema
from trifold.errors import CorpusError, TrifoldError
from trifold.terms import forbidden

ROOT = Path(__file__).parents[2]
TABLES = {  # the tables of each layout, its label column and a media or text column
    "recruitview": ("metadata.jsonl", "openness", "transcript"),
    "avi": ("labels.csv", "Hireability", None),
    "avi_videos": ("train_data.csv", "Extraversion", None),
    "avi_personality": ("Training.csv", "p_X_observer", None),
    "youtube_personality": ("YouTube-Personality-Personality_impression_scores.csv", "Emot", None),
    "mit_interview": ("ratings.csv", "NotStressed", None),
    "essays": ("essays.csv", "cNEU", "TEXT"),
    "manifest": ("manifest.csv", "conscientiousness", None),
}


def counts(corpus: Corpus) -> dict[str, int]:
    return {finding.check: finding.count for finding in corpus.findings}


@pytest.mark.parametrize("name", READERS)
def test_every_reader_reads_its_twin(tmp_path: Path, name: str) -> None:
    corpus = READERS[name](publish(name, tmp_path))
    assert set(corpus.splits) == set(corpus.labels)
    assert set(corpus.splits.values()) <= set(NAMES)
    assert {clip.candidate_id for clip in corpus.clips} == set(corpus.labels)
    for row in corpus.labels.values():
        for value, target in zip(row, corpus.schema.targets, strict=True):
            assert target.low <= value <= target.high
    of_person: dict[str, set[str]] = {}
    for candidate, split in corpus.splits.items():
        of_person.setdefault(corpus.people[candidate], set()).add(split)
    assert all(len(splits) == 1 for splits in of_person.values())
    assert name in ("avi_videos", corpus.name) or corpus.name.startswith(name)
    assert counts(corpus)["missing_media"] == counts(corpus)["missing_transcript"] == 0


@pytest.mark.parametrize("name", READERS)
def test_terms_of_published_data_forbid_hiring(tmp_path: Path, name: str) -> None:
    terms = READERS[name](publish(name, tmp_path)).terms
    assert ("hiring" in forbidden(terms)) == (name != "manifest")


@pytest.mark.parametrize("name", READERS)
def test_twins_say_that_they_are_and_what_is_no_twin_does_not(tmp_path: Path, name: str) -> None:
    root = publish(name, tmp_path)
    assert READERS[name](root).synthetic
    (root / "SYNTHETIC.md").unlink()
    assert not READERS[name](root).synthetic


@pytest.mark.parametrize("name", READERS)
def test_reading_twice_gives_the_same(tmp_path: Path, name: str) -> None:
    root = publish(name, tmp_path)
    first, second = READERS[name](root), READERS[name](root)
    for field in fields(Corpus):
        if field.name == "labels":
            np.testing.assert_array_equal(list(first.labels.values()), list(second.labels.values()))
        else:
            assert getattr(first, field.name) == getattr(second, field.name)


@pytest.mark.parametrize("name", READERS)
def test_twins_repeat_and_their_labels_follow_the_people(tmp_path: Path, name: str) -> None:
    people = 40 if name == "first_impressions" else PEOPLE
    first = READERS[name](publish(name, tmp_path / "a", people=people))
    again = READERS[name](publish(name, tmp_path / "b", people=people))
    np.testing.assert_array_equal(list(first.labels.values()), list(again.labels.values()))
    other = READERS[name](publish(name, tmp_path / "c", people=people, seed=1))
    assert next(iter(other.labels.values())).tolist() != next(iter(first.labels.values())).tolist()
    if name == "first_impressions":  # what the files call neuroticism runs with agreeableness there
        rows = np.array(list(first.labels.values()))
        rho = stats.spearmanr(rows[:, 1], rows[:, 5]).statistic
        assert rho > 0.2  # being at ease counts for the interview


@pytest.mark.parametrize("name", WITH_MEDIA)
def test_a_tenth_of_the_media_missing_is_reported_and_the_rest_read(
    tmp_path: Path, name: str
) -> None:
    root = publish(name, tmp_path)
    whole = READERS[name](root)
    media = sorted(root.rglob("*.mp4"))
    for path in media[::10]:
        path.unlink()
    gone = len(media[::10])
    corpus = READERS[name](root)
    if name in BY_FILE_NAME:
        assert counts(corpus)["few_answers"] == gone
        assert len(corpus.clips) == len(whole.clips) - gone
        return
    kept = [clip for clip in corpus.clips if clip.path is None]
    lost = len(whole.clips) - len(corpus.clips)
    assert 0 < counts(corpus)["missing_media"] <= gone
    assert lost == 0  # all of them have words
    assert kept
    assert all(clip.transcript for clip in kept)


@pytest.mark.parametrize("name", ["recruitview", "manifest"])
def test_answers_without_media_and_words_are_left_out_and_counted(
    tmp_path: Path, name: str
) -> None:
    root = publish(name, tmp_path)
    file = root / TABLES[name][0]
    if name == "recruitview":
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        rows[2]["transcript"] = None
        (root / rows[2]["file_name"]).unlink()
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    else:
        table = pd.read_csv(file)
        (root / table.loc[2, "path"]).unlink()
        table.loc[2, "transcript"] = ""
        table.to_csv(file, index=False)
    before = READERS[name](publish(name, tmp_path / "whole"))
    corpus = READERS[name](root)
    assert len(corpus.clips) == len(before.clips) - 1
    found = next(f for f in corpus.findings if f.check == "missing_media")
    assert (found.count, found.action[:18]) == (1, "1 answers left out")


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_column_is_named_with_its_file(tmp_path: Path, name: str) -> None:
    root = publish(name, tmp_path)
    file, column, _ = TABLES[name]
    path = root / file
    path.write_bytes(path.read_bytes().replace(column.encode(), b"other"))
    with pytest.raises(TrifoldError, match=rf"expected a (column|field) '{column}'") as caught:
        READERS[name](root)
    assert file in str(caught.value)


@pytest.mark.parametrize("name", TABLES)
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path, name: str) -> None:
    root = publish(name, tmp_path)
    plain = READERS[name](root)
    path = root / TABLES[name][0]
    content = path.read_bytes().replace(b"\n", b"\r\n")
    mark = b"" if name == "essays" else b"\xef\xbb\xbf"  # Windows-1252 has none
    path.write_bytes(mark + content)
    other = READERS[name](root)
    assert list(other.labels) == list(plain.labels)
    np.testing.assert_array_equal(list(other.labels.values()), list(plain.labels.values()))
    assert [c.clip_id for c in other.clips] == [c.clip_id for c in plain.clips]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("value", ["high", "1e9"])
def test_a_label_of_another_kind_is_refused(tmp_path: Path, name: str, value: str) -> None:
    root = publish(name, tmp_path)
    file, column, _ = TABLES[name]
    path = root / file
    if name == "recruitview":
        row = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
        row[column] = value if value == "high" else float(value)
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    else:
        _replace_cell(path, column, value, " " if "YouTube" in file else ",")
    with pytest.raises(CorpusError, match=rf"(a number in|[\d-]+ to \d+ in|y or n in).*'{column}'"):
        READERS[name](root)


def _replace_cell(path: Path, column: str, value: str, separator: str) -> None:
    """Overwrite the cell of the first row, with no library that could mend the file."""
    import csv

    encoding = "cp1252" if path.name == "essays.csv" else "utf-8"
    with path.open(encoding=encoding, newline="") as file:
        rows = list(csv.reader(file, delimiter=separator))
    rows[1][rows[0].index(column)] = value
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)


@pytest.mark.parametrize("name", ["avi_videos", "youtube_personality"])
def test_transcripts_in_other_encodings_are_read_and_binary_ones_reported(
    tmp_path: Path, name: str
) -> None:
    root = publish(name, tmp_path)
    first, second = sorted(root.rglob("*.txt"))[:2]
    first.write_bytes("Je ne regrette rien, à vrai dire, même très tôt le matin.".encode("cp1252"))
    second.write_bytes(b"\x00\x01\x02")
    corpus = READERS[name](root)
    found = counts(corpus)
    assert found["unreadable_transcript"] == 1
    assert found["near_empty"] == 0
    assert len(corpus.clips) == len(READERS[name](publish(name, tmp_path / "whole")).clips)


@pytest.mark.parametrize("name", READERS)
def test_an_empty_folder_says_what_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrifoldError, match="expected") as caught:
        READERS[name](tmp_path)
    assert str(tmp_path) in str(caught.value)


SCHEMAS = {
    "recruitview": READERS["recruitview"],
    "first_impressions": READERS["first_impressions"],
    "youtube_personality": READERS["youtube_personality"],
    "mit_interview": READERS["mit_interview"],
    "essays": READERS["essays"],
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_files_are_those_of_the_readers(tmp_path: Path, name: str) -> None:
    file = read_schema(ROOT / f"configs/corpora/schemas/{name}.yaml")
    assert READERS[name](publish(name, tmp_path)).schema == file


@pytest.mark.parametrize("release", [avi.RELEASE, avi_personality.RELEASE], ids=lambda r: r.name)
def test_avi_schema_files_are_those_of_the_readers(release: Release) -> None:
    for labels in release.label_sets:
        file = read_schema(ROOT / f"configs/corpora/schemas/avi_{labels}.yaml")
        assert file == release.schema(labels)


def test_sixteen_pf_are_self_reports_in_stens() -> None:
    schema = read_schema(ROOT / "configs/corpora/schemas/sixteen_pf.yaml")
    assert len(schema.targets) == 15
    assert {(t.low, t.high, t.source) for t in schema.targets} == {(1, 10, "self_report")}
    assert "reasoning" not in schema.names


def test_avi_videos_keep_the_published_split(tmp_path: Path) -> None:
    root = publish("avi_videos", tmp_path)
    corpus = read_avi(root, labels="self_hexaco")
    tested = {person for person, split in corpus.splits.items() if split == "test"}
    assert len(tested) == 3  # the people of val_data.csv
    assert set(corpus.splits.values()) == {"train", "val", "test"}
    clip = corpus.clips[0]
    assert (clip.question_id, clip.question[:4]) == ("q1", "What")
    assert clip.path.name.endswith("_q1_generic.mp4")
    assert clip.transcript_path.suffix == ".txt"


def test_avi_videos_of_the_other_release_are_read(tmp_path: Path) -> None:
    root = publish("avi_videos", tmp_path)
    for old, new in (("train_data", "Training"), ("val_data", "Validation")):
        text = (root / f"{old}.csv").read_text()
        (root / f"{new}.csv").write_text(text.replace("Hireability", "mean_rating_hirea"))
        (root / f"{old}.csv").unlink()
        (root / old).rename(root / new)
    (root / "Training" / "holiday.mp4").touch()
    corpus = read_avi(root, labels="competencies")
    assert len(corpus.clips) == 60
    assert counts(corpus)["unknown_media"] == 1


def test_avi_people_in_two_tables_are_refused(tmp_path: Path) -> None:
    root = publish("avi_videos", tmp_path)
    line = (root / "train_data.csv").read_text().splitlines()[1]
    with (root / "val_data.csv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(CorpusError, match=r"expected each candidate in one split, got .* another"):
        read_avi(root, labels="competencies")


@pytest.mark.parametrize(
    ("name", "folder", "people", "answers"),
    [("avi", "avi", 450, 2700), ("youtube_personality", "youtube-personality", 320, 320)],
)
def test_real_data_are_read_and_found_clean(
    name: str, folder: str, people: int, answers: int
) -> None:
    root = ROOT.parent / "shared/data" / folder
    if not root.is_dir():
        pytest.skip("real data (../shared) are not here")
    corpus = READERS[name](root)
    assert (len(corpus.labels), len(corpus.clips)) == (people, answers)
    assert not corpus.synthetic
    assert not any(counts(corpus).values())
    assert not any(clip.transcript is None and clip.transcript_path is None
                   for clip in corpus.clips)  # fmt: skip
