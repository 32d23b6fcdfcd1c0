"""RecruitView (Gupta et al., 2025, arXiv 2512.00450), as published on the Hugging Face hub.

2,011 webcam answers of more than 300 people to 76 interview questions, scored from pairwise
judgements of clinical psychologists.

* Layout: ``metadata.jsonl``, one object per answer (``id``, ``file_name``, ``user_no``,
  ``question_id``, ``question``, ``transcript`` with ``[00:00 - 00:12]`` times, twelve scores), and
  ``videos/``. ``gemini_summary``, which a language model wrote, and ``video_quality`` are never
  read.
* Targets: z-scores within question, with tails to ±10; the Big Five, six scales of performance and
  one of expression. They compare answers to one question only. Two audits of their direction
  contradict each other, so check polarity on judgements of your own before showing one to anybody.
* Ratings are of answers. ``unit: answer`` makes each a candidate, ``<user>::<id>``, kept together
  with the person's others in splits and folds; ``unit: person`` rates people by the mean of their
  answers, which is the more reliable: one answer carries about a fifth to a quarter of its variance
  from the person, six carry .56 to .70.
* Retakes (same person and question) and near-empty answers are left out unless told otherwise.
* Licence and terms: CC BY-NC 4.0; no automated decisions in real hiring, models included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trifold.contracts import Array, Clip, Corpus, Finding, Split, Target, TargetSchema
from trifold.corpora.checks import audit, finding, is_twin, passed
from trifold.corpora.jsonl import read_objects
from trifold.corpora.splits import NAMES, split_by_person
from trifold.errors import CorpusError, InputError
from trifold.tables.cells import is_missing, plain
from trifold.tables.formats.objects import cell_text
from trifold.terms import terms

METADATA = "metadata.jsonl"
FIELDS = ("id", "file_name", "user_no", "question_id", "question", "transcript")
TRAITS = (
    "openness",
    "conscientiousness",
    "extraversion",
    "agreeableness",
    "neuroticism",
    "overall_personality",
    "interview_score",
    "answer_score",
    "speaking_skills",
    "confidence_score",
    "facial_expression",
    "overall_performance",
)
REACH = 12.0  # standard deviations; published scores end at about 10
SCHEMA = TargetSchema("recruitview", tuple(Target(t, -REACH, REACH) for t in TRAITS))
TERMS = terms(
    "RecruitView (Gupta et al., 2025): CC BY-NC 4.0, with attribution; must not be used for "
    "automated decisions in real hiring",
    forbids=("commercial", "hiring"),
)
UNITS = ("answer", "person")
FRACTIONS = (0.7, 0.15, 0.15)
Row = Mapping[str, Any]


def read_recruitview(
    root: str | Path,
    *,
    unit: str = "answer",
    retakes: str = "last",
    near_empty: str = "drop",
    seed: int = 0,
) -> Corpus:
    """Read and check the published layout.

    Args:
        root: folder that holds ``metadata.jsonl`` and ``videos/``.
        unit: ``answer`` or ``person``: what carries one row of labels.
        retakes: which of several answers to one question stays: ``last``, ``first`` or ``keep``.
        near_empty: ``drop`` leaves out answers of five words or fewer.
        seed: of the split by person; a field ``split`` in the metadata goes before it.

    Raises:
        InputError: for an unknown setting.
        CorpusError: when the metadata cannot be read or lack a field, an id occurs twice, a
            question has two texts, a score is no number or beyond ±12, a person stands in two
            splits, or nothing is left.
    """
    if unit not in UNITS:
        raise InputError(expected=f"unit among {', '.join(UNITS)}", got=repr(unit))
    folder = Path(root)
    path = folder / METADATA
    rows = _rows(path)
    _check_questions(rows, path)
    scores = {row["id"]: _scores(row, path) for row in rows}
    clips = [_clip(row, folder, by_person=unit == "person") for row in rows]
    kept, findings = audit(clips, retakes=retakes, near_empty=near_empty)
    if not kept:
        raise CorpusError(expected="at least one answer", got="none left", where=path)
    labels = _labels(kept, scores)
    unlabelled = [i for i, row in labels.items() if not np.isfinite(row).any()]
    labels = {i: row for i, row in labels.items() if np.isfinite(row).any()}
    if not labels:
        raise CorpusError(expected="at least one scored answer", got="none", where=path)
    return Corpus(
        name="recruitview",
        clips=tuple(clip for clip in kept if clip.candidate_id in labels),
        labels=labels,
        schema=SCHEMA,
        splits=_splits(rows, kept, list(labels), path, seed),
        terms=TERMS,
        synthetic=is_twin(folder),
        findings=(*_of_rows(rows, unlabelled, len(labels)), *findings),
    )


def _of_rows(rows: Sequence[Row], unlabelled: list[str], n_labelled: int) -> list[Finding]:
    """What was checked before the files themselves."""
    return [
        passed("repeated_ids", len(rows), "ids occur twice"),
        passed("off_scale", len(rows) * len(TRAITS), f"scores lie beyond ±{REACH:g}"),
        passed(
            "people_in_two_splits", len({r["user_no"] for r in rows}), "people stand in two splits"
        ),
        finding(
            "unlabelled",
            unlabelled,
            n_labelled + len(unlabelled),
            "candidates have no score",
            "left out",
        ),
    ]


def _rows(path: Path) -> list[Row]:
    """The lines of the file, each with every field and an id of its own, ids as text."""
    objects = read_objects(path, [*FIELDS, *TRAITS])
    rows = [_with_ids(row, number, path) for number, row in enumerate(objects, start=1)]
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise CorpusError(expected="each id once", got=f"'{row['id']}' twice", where=path)
        seen.add(row["id"])
    return rows


def _with_ids(row: Row, number: int, path: Path) -> Row:
    """The row with its ids as people see them; spaces and accents' encoding make no other one."""
    ids = {name: plain(cell_text(row[name])) for name in ("user_no", "id")}
    if any(is_missing(found) for found in ids.values()):
        came = f"none in object {number}"
        raise CorpusError(expected="an id and a user_no", got=came, where=path)
    return {**row, **ids}


def _check_questions(rows: Sequence[Row], path: Path) -> None:
    asked: dict[str, str] = {}
    for row in rows:
        number, text = str(row["question_id"]), str(row["question"])
        if asked.setdefault(number, text) != text:
            raise CorpusError(
                expected=f"one text of question '{number}'",
                got=f"{asked[number]!r} and {text!r}",
                where=path,
            )


def _scores(row: Row, path: Path) -> Array:
    """(12,) z-scores; NaN where there is none."""
    values = []
    for trait in TRAITS:
        value = row[trait]
        if value is None or value == "":
            value = float("nan")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CorpusError(
                expected=f"a number in '{trait}'", got=f"{value!r} of '{row['id']}'", where=path
            )
        if abs(value) > REACH:
            raise CorpusError(
                expected=f"{-REACH:g} to {REACH:g} in '{trait}'",
                got=f"{value:g} of '{row['id']}'",
                where=path,
            )
        values.append(float(value))
    return np.array(values)


def _clip(row: Row, folder: Path, *, by_person: bool) -> Clip:
    person, number = row["user_no"], row["id"]
    said = row["transcript"]
    return Clip(
        clip_id=number,
        candidate_id=person if by_person else f"{person}::{number}",
        person_id=person,
        path=folder / str(row["file_name"]) if row["file_name"] else None,
        transcript=str(said) if said else None,
        question=str(row["question"]) or None,
        question_id=str(row["question_id"]) or None,
    )


def _labels(clips: Sequence[Clip], scores: Mapping[str, Array]) -> dict[str, Array]:
    """Candidate to (12,) scores, the mean over answers where there are several."""
    rows: dict[str, list[Array]] = {}
    for clip in clips:
        rows.setdefault(clip.candidate_id, []).append(scores[clip.clip_id])
    return {candidate: _mean(np.stack(found)) for candidate, found in rows.items()}


def _mean(rows: Array) -> Array:
    """Mean over rows of what is not missing."""
    seen = np.isfinite(rows)
    total = np.where(seen, rows, 0.0).sum(axis=0)
    mean: Array = np.where(seen.any(axis=0), total / np.maximum(seen.sum(axis=0), 1), np.nan)
    return mean


def _splits(
    rows: Sequence[Row], clips: Sequence[Clip], candidates: list[str], path: Path, seed: int
) -> dict[str, Split]:
    """As published where the metadata say it, else dealt by person."""
    people = {clip.candidate_id: clip.person for clip in clips}
    if not all(row.get("split") for row in rows):
        dealt = {candidate: people[candidate] for candidate in candidates}
        return split_by_person(dealt, fractions=FRACTIONS, seed=seed)
    of_person: dict[str, Split] = {}
    for row in rows:
        person, split = row["user_no"], _split(str(row["split"]), path)
        if of_person.setdefault(person, split) != split:
            raise CorpusError(
                expected="each person in one split", got=f"'{person}' in two", where=path
            )
    return {candidate: of_person[people[candidate]] for candidate in candidates}


def _split(name: str, path: Path) -> Split:
    named: dict[str, Split] = {split: split for split in NAMES}
    named |= {"validation": "val", "training": "train"}
    if name.lower() not in named:
        raise CorpusError(expected="split train, val or test", got=repr(name), where=path)
    return named[name.lower()]
