"""The AVI Challenge data (ACM Multimedia 2025 and 2026): transcripts of six interview answers.

``answers.csv`` (id, question q1 … q6, transcript), ``questions.csv`` (question, text) and
``labels.csv`` (id, label columns). Questions q1 and q2 are the same for everybody and published as
``general``; q3 to q6 were each written for one HEXACO trait. Gender, age, education and work
experience stand in the label table and are never read. Academic use only.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from src.contracts import Clip, Corpus, Target, TargetSchema
from src.corpora.splits import split_by_candidate
from src.corpora.tables import check_scale, numbers, read_columns, unique_ids
from src.errors import CorpusError

ANSWERS, QUESTIONS, LABELS = "answers.csv", "questions.csv", "labels.csv"
GENERAL = {
    "q1": "What are your greatest strengths and weaknesses?",
    "q2": "How would your best friend describe you?",
}
LABEL_SETS: dict[str, dict[str, str]] = {
    "observer_hexaco": {
        "honesty_humility": "Honesty-Humility",
        "extraversion": "Extraversion",
        "agreeableness": "Agreeableness",
        "conscientiousness": "Conscientiousness",
    },
    "competencies": {
        "integrity": "Integrity",
        "collegiality": "Collegiality",
        "social_versatility": "Social_versatility",
        "development_orientation": "Development_orientation",
        "hireability": "Hireability",
    },
    "self_hexaco": {
        "honesty_humility": "H_self",
        "extraversion": "E_self",
        "agreeableness": "A_self",
        "conscientiousness": "C_self",
    },
}
TERMS = "AVI Challenge (ACM Multimedia): academic use only; not to be applied to real candidates"


def read_avi(root: str | Path, *, labels: str, seed: int = 0) -> Corpus:
    """Read and check one label set of the published layout; candidates keep the label file's order.

    Args:
        root: folder that holds the three tables.
        labels: ``observer_hexaco`` (2025 Track 1), ``competencies`` (2025 Track 2) or
            ``self_hexaco`` (2026 Track 1).
        seed: of the split into train, val and test, for runs without cross-validation.

    Raises:
        CorpusError: for an unknown label set, a missing file or column, an id that occurs twice,
            an answer to an unknown question, a candidate without answers, or a label off the scale.
    """
    if labels not in LABEL_SETS:
        raise CorpusError(expected=f"labels among {', '.join(LABEL_SETS)}", got=repr(labels))
    folder, columns = Path(root), LABEL_SETS[labels]
    schema = _schema(labels)
    table = read_columns(folder / LABELS, ["id", *columns.values()])
    ids = unique_ids(table, "id", folder / LABELS)
    values = numbers(table, list(columns.values()), folder / LABELS)
    check_scale(values, schema, list(columns.values()), folder / LABELS)
    clips = _clips(folder)
    answered = {clip.candidate_id for clip in clips}
    silent = [person for person in ids if person not in answered]
    if silent:
        raise CorpusError(
            expected=f"answers of '{silent[0]}'", got="no row", where=folder / ANSWERS
        )
    return Corpus(
        name=f"avi_{labels}",
        clips=tuple(clip for clip in clips if clip.candidate_id in set(ids)),
        labels=dict(zip(ids, values, strict=True)),
        schema=schema,
        splits=split_by_candidate(ids, seed=seed),
        terms=TERMS,
    )


def _schema(labels: str) -> TargetSchema:
    source = "self_report" if labels == "self_hexaco" else "observer"
    names = LABEL_SETS[labels]
    return TargetSchema(f"avi_{labels}", tuple(Target(n, 1.0, 5.0, source) for n in names))  # type: ignore[arg-type]


def _clips(folder: Path) -> list[Clip]:
    """One clip per answer, sorted by question within a candidate."""
    questions = read_columns(folder / QUESTIONS, ["question", "text"])
    asked = dict(zip(questions["question"], questions["text"], strict=True)) | GENERAL
    answers = read_columns(folder / ANSWERS, ["id", "question", "transcript"])
    unknown = answers["question"][~answers["question"].isin(asked)]
    if len(unknown):
        raise CorpusError(
            expected=f"questions among {', '.join(sorted(asked))}",
            got=repr(unknown.iloc[0]),
            where=folder / ANSWERS,
        )
    if answers.duplicated(["id", "question"]).any():
        row = answers[answers.duplicated(["id", "question"])].iloc[0]
        came = f"'{row['question']}' of '{row['id']}' twice"
        raise CorpusError(expected="each answer once", got=came, where=folder / ANSWERS)
    return [_clip(row, asked) for _, row in answers.sort_values(["id", "question"]).iterrows()]


def _clip(row: pd.Series, asked: dict[str, str]) -> Clip:
    question = str(row["question"])
    return Clip(
        clip_id=f"{row['id']}/{question}",
        candidate_id=str(row["id"]),
        path=None,
        transcript=str(row["transcript"]),
        question=asked[question],
        question_id=question,
    )
