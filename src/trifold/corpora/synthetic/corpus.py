"""Writing and reading a synthetic corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, get_type_hints

import cv2
import numpy as np
import pandas as pd

from trifold.contracts import MODALITIES, Array, Corpus
from trifold.corpora.readers.manifest import read_manifest
from trifold.corpora.splits import alone, split_by_person
from trifold.corpora.synthetic.face import Appearance
from trifold.corpora.synthetic.generative import (
    CUES,
    SCHEMA,
    TRAITS,
    ceilings,
    draw_cues,
    draw_labels,
    draw_latents,
)
from trifold.corpora.synthetic.interview import write_answer
from trifold.errors import CorpusError, InputError, unknown
from trifold.terms import terms

TERMS = terms("synthetic, free to use; says nothing about real people", forbids=("hiring",))
FRACTIONS = (0.55, 0.2, 0.25)
QUESTIONS = ("Tell us how you work.", "Tell us about a typical week.", "What should we know?")
README = """SYNTHETIC interviews. Nobody in these files exists: faces are drawn, voices synthesised,
words templated, and labels computed from hidden numbers. Use them to try the software, never to
learn anything about people. `ceiling.json` holds the settings, the generative model and the best
reachable Spearman per target.
"""


@dataclass(frozen=True)
class SyntheticSettings:
    """What a synthetic corpus consists of; the same settings give the same files.

    Attributes:
        candidates: number of people.
        answers: answers per person.
        seconds: length of an answer.
        height: of the video in pixels; the width is 4/3 of it.
        seed: of everything.
        labelled: write labels and splits; otherwise only media, as for scoring.
    """

    candidates: int = 300
    answers: int = 2
    seconds: float = 6.0
    height: int = 240
    seed: int = 0
    labelled: bool = True

    def __post_init__(self) -> None:
        limits = {"candidates": (1, 99_999), "answers": (1, 99), "seconds": (2, 600)}
        limits |= {"height": (120, 2160), "seed": (0, 2**31)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(
                    expected=f"{low} to {high}", got=str(getattr(self, name)), where=name
                )

    @classmethod
    def parse(cls, values: dict[str, Any]) -> SyntheticSettings:
        """From ``key=value`` arguments.

        Raises:
            InputError: for an unknown key or a value of another type.
        """
        kinds = get_type_hints(cls)
        for name, value in values.items():
            if name not in kinds:
                known = ["out", *(field.name for field in fields(cls))]
                raise unknown(name, known, what="settings")
            wanted = (int, float) if kinds[name] is float else kinds[name]
            if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
                kind = kinds[name].__name__
                raise InputError(expected=f"{name} of type {kind}", got=repr(value))
        return cls(**values)


@dataclass(frozen=True)
class SyntheticPerson:
    """One candidate before rendering: (T, 15) cues, (8,) labels and a seed of their own."""

    name: str
    cues: Array
    labels: Array
    seed: int


def write_corpus(root: Path, settings: SyntheticSettings, *, workers: int = 2) -> Iterator[str]:
    """Write what is not there yet and yield each finished candidate; then the tables.

    Args:
        root: the folder of the corpus.
        settings: of the corpus.
        workers: processes that render; a single one is this process.

    Raises:
        CorpusError: when the folder holds another synthetic corpus.
    """
    facts = root / "settings.json"
    if facts.is_file() and json.loads(facts.read_text()) != asdict(settings):
        raise CorpusError(
            expected=f"an empty folder or a corpus with settings {asdict(settings)}",
            got=facts.read_text().strip(),
            where=root,
        )
    root.mkdir(parents=True, exist_ok=True)
    facts.write_text(json.dumps(asdict(settings)) + "\n")
    (root / "README.md").write_text(README)
    people = draw_people(settings)
    render = partial(_render, root=root, settings=settings)
    if workers == 1:
        yield from map(render, people)
    else:
        spawn = get_context("spawn")
        with ProcessPoolExecutor(workers, spawn, cv2.setNumThreads, (1,)) as pool:
            yield from pool.map(render, people)
    if settings.labelled:
        _write_tables(root, people, settings)


def draw_people(settings: SyntheticSettings) -> list[SyntheticPerson]:
    """All candidates with their cues and labels."""
    generator = np.random.default_rng(settings.seed)
    latents = draw_latents(settings.candidates, generator)
    labels = draw_labels(latents, generator)
    cues = draw_cues(latents, settings.answers, generator)
    seeds = generator.integers(0, 2**62, settings.candidates)
    prefix = "synthetic" if settings.labelled else f"new{settings.seed}"
    names = [f"{prefix}-{i:05d}" for i in range(settings.candidates)]
    return [
        SyntheticPerson(name, cues[i], labels[i], int(seeds[i])) for i, name in enumerate(names)
    ]


def read_synthetic(root: str | Path) -> Corpus:
    """Read a corpus that ``write_corpus`` wrote.

    Raises:
        CorpusError: when there is none, or it is unfinished or unlabelled.
    """
    manifest = Path(root) / "manifest.csv"
    if not manifest.is_file():
        raise CorpusError(
            expected="a labelled synthetic corpus (trifold make synthetic out=DIR)",
            got="no manifest.csv",
            where=root,
        )
    return read_manifest(manifest, SCHEMA, name="synthetic", terms=TERMS, synthetic=True)


def _render(person: SyntheticPerson, root: Path, settings: SyntheticSettings) -> str:
    """Write the answers of one candidate that are not there yet."""
    look = Appearance.draw(np.random.default_rng(person.seed))
    for t in range(settings.answers):
        stem = _stem(root, person, t)
        if stem.with_suffix(".mp4").is_file():
            continue
        write_answer(
            stem,
            person.cues[t],
            look,
            duration_s=settings.seconds,
            size=(settings.height, 2 * round(settings.height * 2 / 3)),
            generator=np.random.default_rng([person.seed, t]),
        )
    return person.name


def _write_tables(root: Path, people: list[SyntheticPerson], settings: SyntheticSettings) -> None:
    """``manifest.csv`` and ``ceiling.json``; the manifest last, as it says that all is there."""
    names = [person.name for person in people]
    splits = split_by_person(alone(names), fractions=FRACTIONS, seed=settings.seed)
    rows: list[dict[str, Any]] = [
        {
            "path": f"{_stem(root, person, t).relative_to(root).as_posix()}.mp4",
            "candidate_id": person.name,
            "clip_id": f"{person.name}/answer{t + 1}",
            "question_id": f"q{t + 1}",
            "question": QUESTIONS[t % len(QUESTIONS)],
            "split": splits[person.name],
            **dict(zip(TRAITS, person.labels.round(4), strict=True)),
        }
        for person in people
        for t in range(settings.answers)
    ]
    ceiling: dict[str, Any] = {
        "settings": asdict(settings),
        "cues": [asdict(cue) for cue in CUES],
        "spearman": {
            "text+audio+video": ceilings(settings.answers, modalities=MODALITIES),
            **{m: ceilings(settings.answers, modalities=(m,)) for m in MODALITIES},
        },
    }
    (root / "ceiling.json").write_text(json.dumps(ceiling, indent=2) + "\n")
    pd.DataFrame(rows).to_csv(root / "manifest.csv", index=False)


def _stem(root: Path, person: SyntheticPerson, answer: int) -> Path:
    return root / "media" / person.name / f"answer{answer + 1}"
