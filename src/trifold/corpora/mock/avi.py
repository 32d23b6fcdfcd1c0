"""The AVI publications' layouts with invented people: transcripts in tables, or videos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.corpora.mock.cast import MockPerson, Twin, begin, cast, numbered
from trifold.corpora.readers.avi import RELEASE as CHALLENGE
from trifold.corpora.readers.avi_answers import ANSWERS, GENERAL, N_QUESTIONS, QUESTIONS
from trifold.corpora.readers.avi_labels import LABELS, Release
from trifold.corpora.readers.avi_personality import RELEASE as PERSONALITY
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
    labels_of(actors, twin, CHALLENGE).to_csv(root / LABELS, index=False)
    yield from (_name(p) for p in range(twin.people))


def write_videos(root: Path, twin: Twin) -> Iterator[str]:
    """Train and validation tables of the challenge, folders of videos, transcripts beside them."""
    return _parts(root, twin, CHALLENGE, {"train_data": 0.7, "val_data": 0.3})


def write_personality(root: Path, twin: Twin) -> Iterator[str]:
    """AVI-Personality's three tables and folders of videos, with transcripts beside them."""
    return _parts(root, twin, PERSONALITY, {"Training": 0.7, "Validation": 0.1, "Testing": 0.2})


def _parts(root: Path, twin: Twin, release: Release, shares: Mapping[str, float]) -> Iterator[str]:
    """A table and a folder per part, yielding each video's name."""
    begin(root)
    actors = cast(twin, answers=N_QUESTIONS)
    table = labels_of(actors, twin, release)
    ends = [round(share * twin.people) for share in np.cumsum(list(shares.values()))]
    parts = np.repeat(list(shares), np.diff([0, *ends]))
    for name in shares:
        table[parts == name].to_csv(root / f"{name}.csv", index=False)
        (root / name).mkdir(exist_ok=True)
    for p, t, actor in numbered(actors, N_QUESTIONS):
        question = QUESTION_NAMES[t]
        kind = "generic" if question in GENERAL else "personality"
        path = root / parts[p] / f"{_name(p)}_{question}_{kind}.mp4"
        if twin.media:
            actor.film(t, path)
        path.with_suffix(".vtt").write_text(to_vtt(actor.says(t)), encoding="utf-8")
        yield path.stem


def labels_of(actors: list[MockPerson], twin: Twin, release: Release) -> pd.DataFrame:
    """Every label set, with the columns of demographics that the real tables have, all the same."""
    generator = np.random.default_rng(twin.seed)
    table = pd.DataFrame({"id": [_name(p) for p in range(len(actors))]})
    table = table.assign(gender=0, age=0.0, education=0, work_experience=0.0)
    for labels, columns in release.label_sets.items():
        for target in release.schema(labels).targets:
            column = columns[target.name]
            if column in table:
                continue  # of another set, under another name
            table[column] = [round(actor.label(target, generator), 4) for actor in actors]
    return table


def _name(person: int) -> str:
    return f"{person:024x}"
