"""The AVI Challenge's layouts with invented people: transcripts in tables, or videos."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.corpora.mock.cast import MockPerson, Twin, begin, cast, numbered
from trifold.corpora.readers.avi import LABEL_SETS, LABELS, schema_of
from trifold.corpora.readers.avi_answers import ANSWERS, GENERAL, N_QUESTIONS, QUESTIONS
from trifold.corpora.synthetic.words import to_vtt

WRITTEN_FOR = {
    "q3": "Would you take credit for the work of others?",
    "q4": "How do you feel about meeting people you do not know?",
    "q5": "What do you do when a colleague annoys you?",
    "q6": "How do you prepare for a deadline?",
}
QUESTION_NAMES = tuple(GENERAL) + tuple(WRITTEN_FOR)


def write(root: Path, twin: Twin) -> Iterator[str]:
    """Tables of transcripts and labels, yielding each person's id."""
    begin(root)
    actors = cast(twin, answers=N_QUESTIONS)
    texts = [(q, "general" if q in GENERAL else WRITTEN_FOR[q]) for q in QUESTION_NAMES]
    pd.DataFrame(texts, columns=["question", "text"]).to_csv(root / QUESTIONS, index=False)
    rows = [
        (_name(p), q, actor.says(t).text)
        for t, q in enumerate(QUESTION_NAMES)
        for p, actor in enumerate(actors)
    ]
    pd.DataFrame(rows, columns=["id", "question", "transcript"]).to_csv(root / ANSWERS, index=False)
    labels_of(actors, twin).to_csv(root / LABELS, index=False)
    yield from (_name(p) for p in range(twin.people))


def write_videos(root: Path, twin: Twin) -> Iterator[str]:
    """Train and validation tables, folders of videos, and transcripts beside them."""
    begin(root)
    actors = cast(twin, answers=N_QUESTIONS)
    table = labels_of(actors, twin)
    n_train = round(0.7 * twin.people)
    for name, rows in (("train_data", table[:n_train]), ("val_data", table[n_train:])):
        rows.to_csv(root / f"{name}.csv", index=False)
        (root / name).mkdir(exist_ok=True)
    for p, t, actor in numbered(actors, N_QUESTIONS):
        question = QUESTION_NAMES[t]
        kind = "generic" if question in GENERAL else "personality"
        folder = root / ("train_data" if p < n_train else "val_data")
        path = folder / f"{_name(p)}_{question}_{kind}.mp4"
        actor.film(t, path)
        path.with_suffix(".vtt").write_text(to_vtt(actor.says(t)), encoding="utf-8")
        yield path.stem


def labels_of(actors: list[MockPerson], twin: Twin) -> pd.DataFrame:
    """Every label set, with the columns of demographics that the real tables have, all the same."""
    generator = np.random.default_rng(twin.seed)
    table = pd.DataFrame({"id": [_name(p) for p in range(len(actors))]})
    table = table.assign(gender=0, age=0.0, education=0, work_experience=0.0)
    for labels, columns in LABEL_SETS.items():
        if labels.endswith("as_published"):
            continue  # columns of another set, under the challenge's names
        for target in schema_of(labels).targets:
            column = columns[target.name]
            table[column] = [round(actor.label(target, generator), 4) for actor in actors]
    return table


def _name(person: int) -> str:
    return f"{person:024x}"
