"""The answers of the AVI Challenge: transcripts in a table, or videos named after them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from trifold.contracts import Clip, Finding
from trifold.corpora.checks import finding
from trifold.corpora.tables import encoding_finding, read_columns
from trifold.errors import CorpusError
from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.media.transcripts.beside import TranscriptsBeside
from trifold.tables.cells import plain, present

ANSWERS, QUESTIONS = "answers.csv", "questions.csv"
GENERAL = {
    "q1": "What are your greatest strengths and weaknesses?",
    "q2": "How would your best friend describe you?",
}
N_QUESTIONS = 6
_VIDEO = re.compile(r"^(?P<id>.+)_(?P<question>q[1-6])(?:_\w+)?$")


def answers_in(
    folder: Path, people: Sequence[str], *, in_tables: bool
) -> tuple[list[Clip], list[Finding]]:
    """One clip per answer, sorted by question within a candidate.

    Args:
        folder: the one that holds the tables or videos.
        people: who must have answered, in the layout of tables.
        in_tables: True for ``answers.csv``, False for videos.

    Raises:
        CorpusError: when a table cannot be read, an answer is to an unknown question or occurs
            twice, or somebody has none.
    """
    if not in_tables:
        return _videos(folder, _questions(folder))
    asked = _questions(folder)
    answers = read_columns(folder / ANSWERS, ["id", "question", "transcript"])
    answers["id"] = [plain(name) for name in answers["id"]]
    answers["question"] = [plain(name) for name in answers["question"]]
    _check_answers(answers, asked, people, folder / ANSWERS)
    rows = answers.sort_values(["id", "question"]).iterrows()
    return [_clip(row, asked) for _, row in rows], [encoding_finding({ANSWERS: answers})]


def _questions(folder: Path) -> dict[str, str]:
    """Question to its text; the videos come without a table of questions."""
    if not (folder / QUESTIONS).is_file() and not (folder / ANSWERS).is_file():
        return dict(GENERAL)
    questions = read_columns(folder / QUESTIONS, ["question", "text"])
    return dict(zip(map(plain, questions["question"]), questions["text"], strict=True)) | GENERAL


def _check_answers(
    answers: pd.DataFrame, asked: Mapping[str, str], people: Sequence[str], path: Path
) -> None:
    unknown = answers["question"][~answers["question"].isin(list(asked))]
    if len(unknown):
        known = ", ".join(sorted(asked))
        came = repr(unknown.iloc[0])
        raise CorpusError(expected=f"questions among {known}", got=came, where=path)
    if answers.duplicated(["id", "question"]).any():
        row = answers[answers.duplicated(["id", "question"])].iloc[0]
        came = f"'{row['question']}' of '{row['id']}' twice"
        raise CorpusError(expected="each answer once", got=came, where=path)
    answered = set(answers["id"])
    silent = [person for person in people if person not in answered]
    if silent:
        raise CorpusError(expected=f"answers of '{silent[0]}'", got="no row", where=path)


def _clip(row: pd.Series, asked: Mapping[str, str]) -> Clip:
    question = str(row["question"])
    return Clip(
        clip_id=f"{row['id']}/{question}",
        candidate_id=str(row["id"]),
        path=None,
        transcript=present(str(row["transcript"])),
        question=asked[question],
        question_id=question,
    )


def _videos(folder: Path, asked: Mapping[str, str]) -> tuple[list[Clip], list[Finding]]:
    """Every ``<id>_q<n>_….mp4`` below the folder; other media files are reported."""
    found: dict[str, Clip] = {}
    twice, others = [], []
    beside = TranscriptsBeside()
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in MEDIA_SUFFIXES):
        match = _VIDEO.match(path.stem)
        if match is None:
            others.append(path.name)
            continue
        person, question = match["id"], match["question"]
        clip_id = f"{person}/{question}"
        if clip_id in found:
            twice.append(clip_id)
            continue
        found[clip_id] = Clip(
            clip_id=clip_id,
            candidate_id=person,
            path=path,
            transcript_path=beside.find(path),
            question=asked.get(question),
            question_id=question,
        )
    return [found[key] for key in sorted(found)], [
        finding(
            "repeated_media",
            twice,
            len(found),
            "answers are there more than once",
            "the first is taken",
        ),
        finding(
            "unknown_media",
            others,
            len(found),
            "media files are not named after an answer",
            "left out",
        ),
    ]
