"""Tables of judgements: layouts that are read, and mistakes that are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trifold.errors import InputError
from trifold.paired_comparisons.io.reading import read_comparisons

LONG = (
    "question,left,right,dimension,winner,rater,weight\n"
    "q1,a,b,warm,left,r1,1\n"
    "q1,b,c,warm,tie,r2,2\n"
    "q1,a,c,cold,c,r1,1\n"
    "q2,d,e,warm,RIGHT,r1,1\n"
)
WIDE = (
    "question,left,right,warm,cold\n"
    "q1,a,b,left,b\n"
    "q1,b,c,Equal,\n"
)  # fmt: skip


def write(root: Path, text: str, name: str = "c.csv", encoding: str = "utf-8") -> Path:
    path = root / name
    path.write_bytes(text.encode(encoding))
    return path


def test_one_row_per_judgement(tmp_path: Path) -> None:
    data = read_comparisons(write(tmp_path, LONG)).data
    assert set(data.clips) == set("abcde")
    assert data.questions == ("q1", "q2")
    assert data.dimensions == ("warm", "cold")
    assert data.raters == ("r1", "r2")
    named = [(data.clips[i], data.clips[j], data.dimensions[k], y, data.raters[r], w)
             for i, j, k, y, r, w in zip(data.left, data.right, data.dimension, data.outcome,
                                         data.rater, data.weight, strict=True)]  # fmt: skip
    assert named == [("a", "b", "warm", 1.0, "r1", 1.0), ("b", "c", "warm", 0.5, "r2", 2.0),
                     ("a", "c", "cold", 0.0, "r1", 1.0),
                     ("d", "e", "warm", 0.0, "r1", 1.0)]  # fmt: skip
    asked = {clip: data.questions[g] for clip, g in zip(data.clips, data.question, strict=True)}
    assert asked == {"a": "q1", "b": "q1", "c": "q1", "d": "q2", "e": "q2"}


def test_one_row_per_pair_counts_empty_cells(tmp_path: Path) -> None:
    read = read_comparisons(write(tmp_path, WIDE), dimensions=["warm", "cold"])
    data = read.data
    found = [(data.clips[i], data.dimensions[k], y)
             for i, k, y in zip(data.left, data.dimension, data.outcome, strict=True)]  # fmt: skip
    assert found == [("a", "warm", 1.0), ("a", "cold", 0.0), ("b", "warm", 0.5)]
    assert read.findings == ("1 of 4 cells hold no judgement",)
    assert (data.rater == -1).all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_byte_order_marks_and_line_endings(tmp_path: Path, encoding: str, ending: str) -> None:
    plain = read_comparisons(write(tmp_path, LONG)).data
    other = read_comparisons(
        write(tmp_path, LONG.replace("\n", ending), "d.csv", encoding=encoding)
    ).data
    assert (other.clips, other.raters) == (plain.clips, plain.raters)
    np.testing.assert_array_equal(other.outcome, plain.outcome)


def test_other_formats_and_other_names(tmp_path: Path) -> None:
    plain = read_comparisons(write(tmp_path, LONG)).data
    table = pd.read_csv(tmp_path / "c.csv")
    table.to_parquet(tmp_path / "c.parquet")
    table.to_json(tmp_path / "c.jsonl", orient="records", lines=True)
    renamed = table.rename(columns={"left": "video_a", "winner": "answer"})
    renamed.to_csv(tmp_path / "e.csv", index=False)
    columns = {"left": "video_a", "winner": "answer"}
    for path, names in (("c.parquet", None), ("c.jsonl", None), ("e.csv", columns)):
        data = read_comparisons(tmp_path / path, columns=names).data
        assert data.clips == plain.clips
        np.testing.assert_array_equal(data.outcome, plain.outcome)


def test_what_raters_say_twice_is_reported(tmp_path: Path) -> None:
    again = "q1,b,a,warm,right,r1,1\nq1,a,b,warm,right,r1,1\nq1,a,b,warm,left,r2,1\n"
    again += "q2,e,d,warm,left,,1\n"
    findings = read_comparisons(write(tmp_path, LONG + again)).findings
    assert findings == (
        "1 of 8 judgements name no rater",
        "raters judged 2 pairs again and agreed with themselves in 1",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("winner", "won", "expected a column 'winner', got columns question, left, right"),
        ("q1,a,b,warm,left", "q1,a,a,warm,left", "two different clips, got 'a' in row 2"),
        ("warm,tie", "warm,z", "left, right, tie or one of the two clips .* got 'z' in row 3"),
        ("warm,tie", "warm,a", "as winner, got 'a' in row 3"),
        ("q2,d,e", "q2,d,a", "expected each clip in one question, got 'a' in two"),
        ("r2,2", "r2,-2", "a positive number in column 'weight', got '-2' in row 3"),
        ("r2,2", "r2,lots", "a number in column 'weight', got 'lots' in row 3"),
        ("q1,a,b", "q1,,b", "a clip id in column 'left', got '' in row 2"),
        ("q2,d,e", "q2,left,e", "expected clip ids that are no answers, got 'left'"),
    ],
)
def test_mistakes_name_file_and_row(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, LONG.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        read_comparisons(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.yaml", LONG, r"expected a table \(.csv, .tsv, .xlsx, .*\), got c.yaml"),
        ("c.csv", "", "expected a readable table"),
        ("c.csv", "left,right,winner\n", "expected at least one row, got none"),
        ("c.csv", "left,right,winner\na,b,\n", "expected at least one judgement, got none"),
        ("c.jsonl", "{not json", "expected a readable table"),
        ("c.parquet", "PAR?", "expected a readable table"),
    ],
)
def test_no_tables_are_no_tables(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_comparisons(write(tmp_path, text, name))


def test_unknown_names_of_columns(tmp_path: Path) -> None:
    path = write(tmp_path, LONG)
    with pytest.raises(InputError, match=r"expected columns among left, right, .* got 'judge'"):
        read_comparisons(path, columns={"judge": "rater"})
    with pytest.raises(InputError, match="expected a column 'who'"):
        read_comparisons(path, columns={"rater": "who"})
    with pytest.raises(InputError, match="expected a column 'shy'"):
        read_comparisons(path, dimensions=["shy"])


@pytest.mark.parametrize(
    ("header", "winners"),
    [
        ("left,right", ("L", "R", "no preference")),
        ("left,right", ("first", "second", "the same")),
        ("left,right", ("left video", "Right clip", "neither")),
        ("left,right", ("1", "2", "tie")),
        ("left,right", ("a\u2019b", "c d", "tie")),
        ("left,right", ("a\u2019b.mp4", "c d.MOV", "tie")),
        ("clip_a,clip_b", ("A", "b", "tie")),
        ("Option 1,Option 2", ("1", "option_2", "both")),
        ("model_a,model_b", ("model_a", "model_b", "tie (bothbad)")),
        ("video_left,video_right", ("left", "right", "equal")),
    ],
)
def test_answers_in_the_words_of_tools(tmp_path: Path, header: str, winners) -> None:
    rows = zip(("a'b,c d", "x,c d", "x,a'b"), winners, strict=True)
    text = f"{header},winner\n" + "".join(f"{pair},{winner}\n" for pair, winner in rows)
    data = read_comparisons(write(tmp_path, text)).data
    np.testing.assert_array_equal(data.outcome, [1, 0, 0.5])


@pytest.mark.parametrize("winners", [("0", "1"), ("A", "B"), ("1", "3"), ("1", "1"), ("-1", "1")])
def test_answers_that_may_mean_either_are_refused(tmp_path: Path, winners) -> None:
    text = "left,right,winner\n" + "".join(f"x,y,{winner}\n" for winner in winners)
    with pytest.raises(InputError, match="left, right, tie or one of the two clips as winner"):
        read_comparisons(write(tmp_path, text))


def test_clips_that_are_called_like_answers_are_meant(tmp_path: Path) -> None:
    read = read_comparisons(write(tmp_path, "clip_a,clip_b,winner\nb,a,A\na,c,a\n1,2,2\n"))
    data = read.data
    pairs = zip(data.left, data.right, data.outcome, strict=True)
    won = [data.clips[left if y else right] for left, right, y in pairs]
    assert won == ["a", "a", "2"]
