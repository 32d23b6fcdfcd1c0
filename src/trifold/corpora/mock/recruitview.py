"""RecruitView's layout with invented people: two answers each, a retake, a near-empty answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trifold.contracts import Target
from trifold.corpora.mock.cast import MockPerson, Twin, as_text, begin, cast, numbered, z_scores
from trifold.corpora.readers.recruitview import METADATA, TRAITS

QUESTIONS = ("Introduce yourself.", "How do you deal with criticism?", "What drives you?")
ANSWERS = 2


def write(root: Path, twin: Twin) -> Iterator[str]:
    """Write the twin, yielding each answer's id."""
    begin(root)
    generator = np.random.default_rng(twin.seed)
    rows: list[dict[str, Any]] = []
    for p, t, actor in numbered(cast(twin, answers=ANSWERS), ANSWERS):
        row = _row(len(rows), p, (p + t) % len(QUESTIONS), as_text(actor.says(t)))
        row |= {k: actor.label(Target(k, -3, 3), generator) for k in TRAITS}
        rows.append(row)
        _film(root, row, actor, t, twin)
        yield row["id"]
    _add_faults(rows)
    if twin.media:
        for row in rows[-2:]:
            (root / row["file_name"]).write_bytes((root / rows[0]["file_name"]).read_bytes())
    values = np.array([[row[k] for k in TRAITS] for row in rows])
    asked = np.array([row["question_id"] for row in rows])
    for row, z in zip(rows, z_scores(values, asked), strict=True):
        row |= dict(zip(TRAITS, z.tolist(), strict=True))
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (root / METADATA).write_text(text, encoding="utf-8")


def _row(number: int, person: int, question: int, said: str) -> dict[str, Any]:
    return {
        "id": str(1000 + number),
        "file_name": f"videos/vid_{1000 + number}.mp4",
        "duration": "short",
        "question_id": str(question + 1),
        "question": QUESTIONS[question],
        "video_quality": "High",
        "user_no": str(person + 1),
        "transcript": said,
        "gemini_summary": "",
    }


def _film(root: Path, row: dict[str, Any], actor: MockPerson, answer: int, twin: Twin) -> None:
    if twin.media:
        actor.film(answer, root / row["file_name"])


def _add_faults(rows: list[dict[str, Any]]) -> None:
    """What the real data have too: a retake, and an answer of a few words."""
    retake, short = dict(rows[0]), dict(rows[3])
    other = int(short["question_id"]) % len(QUESTIONS)
    short |= {"question_id": str(other + 1), "question": QUESTIONS[other]}
    short["transcript"] = "[00:00 - 00:02] I do not know."
    for row in (retake, short):
        number = 1000 + len(rows)
        rows.append(row | {"id": str(number), "file_name": f"videos/vid_{number}.mp4"})
