"""The published layout of the AVI Challenge, rebuilt with invented answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trifold.corpora.readers.avi import LABEL_SETS, SAME_NAME, read_avi
from trifold.corpora.readers.avi_answers import ANSWERS, QUESTIONS
from trifold.corpora.readers.avi_labels import LABELS
from trifold.errors import CorpusError


def publish(root: Path, n: int = 3) -> Path:
    root.mkdir(parents=True)
    questions = {f"q{i}": "general" if i < 3 else f"What about {i}?" for i in range(1, 7)}
    pd.DataFrame({"question": questions.keys(), "text": questions.values()}).to_csv(
        root / QUESTIONS, index=False
    )
    rows = [(f"p{p}", q, f"I am {p}, asked {q}.") for q in questions for p in range(n)]
    pd.DataFrame(rows, columns=["id", "question", "transcript"]).to_csv(root / ANSWERS, index=False)
    table = pd.DataFrame({"id": [f"p{p}" for p in range(n)], "gender": 1, "age": 30})
    for number, column in enumerate(c for names in LABEL_SETS.values() for c in names.values()):
        table[column] = 1.0 + number / 8 + np.arange(n) / 8
    table.to_csv(root / LABELS, index=False)
    return root


@pytest.mark.parametrize(
    ("labels", "k", "source"),
    [("observer_hexaco", 4, "observer"), ("competencies", 5, "observer"),
     ("self_hexaco", 4, "self_report")],
)  # fmt: skip
def test_reads_each_label_set(tmp_path: Path, labels: str, k: int, source: str) -> None:
    corpus = read_avi(publish(tmp_path / "avi"), labels=labels)
    assert list(corpus.labels) == ["p0", "p1", "p2"]
    assert corpus.labels["p1"].shape == (k,)
    assert {target.source for target in corpus.schema.targets} == {source}
    assert corpus.name == f"avi_{labels}"
    assert len(corpus.clips) == 18
    asked = [clip.question for clip in corpus.clips if clip.candidate_id == "p1"]
    assert len(set(asked)) == 6  # the two general questions are told apart
    assert corpus.clips[0].transcript == "I am 0, asked q1."


def test_a_label_that_is_not_what_its_name_says_is_told(tmp_path: Path) -> None:
    root = publish(tmp_path / "avi", n=60)
    table = pd.read_csv(root / LABELS)
    draw = np.random.default_rng(0)
    for mine, other in SAME_NAME.items():
        seen = draw.uniform(1, 5, len(table))
        table[other] = seen
        table[mine] = np.clip(seen + draw.normal(0, 0.5, len(table)), 1, 5)
    table["E_self"] = np.clip(6 - table["Extraversion"] + draw.normal(0, 0.5, len(table)), 1, 5)
    table.to_csv(root / LABELS, index=False)
    (said,) = [f for f in read_avi(root, labels="self_hexaco").findings if f.check == "label_names"]
    assert (said.count, said.total) == (1, 4)
    assert said.examples[0].startswith("E_self and observed Extraversion: r ")


def test_the_name_of_the_challenge_is_kept_beside(tmp_path: Path) -> None:
    root = publish(tmp_path / "avi")
    ours, theirs = (read_avi(root, labels=f"self_hexaco{end}") for end in ("", "_as_published"))
    assert ours.schema.names[1] == "emotionality"
    assert theirs.schema.names[1] == "extraversion"
    np.testing.assert_array_equal(ours.labels["p0"], theirs.labels["p0"])


def test_demographics_are_never_read(tmp_path: Path) -> None:
    root = publish(tmp_path / "avi")
    table = pd.read_csv(root / LABELS)
    before = read_avi(root, labels="competencies")
    table.drop(columns=["gender", "age"]).to_csv(root / LABELS, index=False)
    after = read_avi(root, labels="competencies")
    assert before.clips == after.clips
    assert not any(clip.measures for clip in before.clips)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (LABELS, "Hireability", "Hired", "expected a column 'Hireability'"),
        (LABELS, "p1,", "p0,", "expected each candidate once, got 'p0' twice"),
        (LABELS, "p1,", "p9,", "expected answers of 'p9', got no row"),
        (ANSWERS, "p0,q1", "p0,q7", "expected questions among q1, q2, .* got 'q7'"),
        (ANSWERS, "p0,q2", "p0,q1", "expected each answer once, got 'q1' of 'p0' twice"),
        (QUESTIONS, "text", "words", "expected a column 'text'"),
    ],
)
def test_refuses_another_layout(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    root = publish(tmp_path / "avi")
    (root / name).write_text((root / name).read_text().replace(old, new, 1))
    with pytest.raises(CorpusError, match=message) as caught:
        read_avi(root, labels="competencies")
    assert str(root) in str(caught.value)


def test_refuses_unknown_labels_and_scales(tmp_path: Path) -> None:
    root = publish(tmp_path / "avi")
    with pytest.raises(CorpusError, match=r"expected labels among observer_hexaco, .* got 'mbti'"):
        read_avi(root, labels="mbti")
    table = pd.read_csv(root / LABELS)
    table.loc[1, "Integrity"] = 0.5
    table.to_csv(root / LABELS, index=False)
    with pytest.raises(
        CorpusError, match=r"expected 1 to 5 in column 'Integrity', got '0.5' in row 3"
    ):
        read_avi(root, labels="competencies")
