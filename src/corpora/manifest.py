"""The generic reader: a user's own videos and ratings, listed in a table.

One row per answer: the columns of ``src.media.folder`` (path, candidate_id, clip_id, question,
question_id, transcript, transcript_path), one column per target with the candidate's rating (empty
where there is none) and, if wanted, ``split`` (train, val or test). Where every answer is rated for
itself, ``answer_labels: separate`` makes each a candidate of its own, named ``person::answer``,
whom splits and folds keep with the person's others. Scales are those of the schema. Source, licence
and terms are the user's own; state them in ``terms``, they travel into runs and bundles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from src.contracts import (
    PERSON_SEPARATOR,
    Array,
    Clip,
    Corpus,
    Finding,
    Split,
    TargetSchema,
    person_of,
)
from src.corpora.checks import audit, is_twin, passed, unlabelled
from src.corpora.splits import NAMES, split_by_candidate
from src.corpora.targets import read_schema
from src.errors import CorpusError, InputError
from src.media.folder import clips_of_table, read_table

ANSWER_LABELS = ("refuse", "mean", "separate")


def read_manifest(
    path: str | Path,
    schema: TargetSchema | str | Path,
    *,
    name: str | None = None,
    split_fractions: Sequence[float] = (0.6, 0.2, 0.2),
    seed: int = 0,
    answer_labels: str = "refuse",
    retakes: str = "keep",
    near_empty: str = "keep",
    terms: str = "unstated",
    synthetic: bool = False,
) -> Corpus:
    """Read and check a manifest (CSV, JSONL or Parquet).

    Args:
        path: of the manifest; media paths in it are relative to it.
        schema: the targets, or the YAML file that holds them.
        name: of the corpus; the manifest's folder by default.
        split_fractions: shares of train, val and test where the table has no ``split``.
        seed: of that split.
        answer_labels: what to do when the answers of one candidate carry different ratings:
            ``refuse``, ``mean`` to rate the candidate by their mean, or ``separate`` to make
            every answer a candidate.
        retakes: which of several answers to one question stays: ``keep``, ``first`` or ``last``.
        near_empty: ``drop`` leaves out answers of five words or fewer.
        terms: what the licence allows.
        synthetic: True for generated people.

    Raises:
        InputError: when the table cannot be read or ``answer_labels`` is unknown.
        CorpusError: when a target column is missing, a rating is no number or off the scale, a
            candidate's answers disagree, a split is unknown or differs within a candidate, or no
            candidate is labelled.
    """
    if answer_labels not in ANSWER_LABELS:
        known = ", ".join(ANSWER_LABELS)
        raise InputError(expected=f"answer_labels among {known}", got=repr(answer_labels))
    file = Path(path)
    targets = schema if isinstance(schema, TargetSchema) else read_schema(schema)
    table = read_table(file)
    clips = clips_of_table(table, file)
    if answer_labels == "separate":
        clips = [_apart(clip) for clip in clips]
    people = pd.Series([clip.candidate_id for clip in clips])
    ratings = _ratings(table, targets, file)
    labels = _by_candidate(ratings, people, targets, file, mean=answer_labels == "mean")
    labelled = {person: row for person, row in labels.items() if np.isfinite(row).any()}
    if not labelled:
        raise CorpusError(expected="at least one labelled candidate", got="none", where=file)
    given = _given_splits(table, people, file)
    mine = [clip for clip in clips if clip.candidate_id in labelled]
    kept, findings = audit(mine, retakes=retakes, near_empty=near_empty)
    ids = list(dict.fromkeys(clip.candidate_id for clip in kept))
    if not ids:
        raise CorpusError(expected="media or transcripts", got="neither is there", where=file)
    return Corpus(
        name=name or file.parent.name,
        clips=tuple(kept),
        labels={person: labelled[person] for person in ids},
        schema=targets,
        splits={person: given[person] for person in ids}
        if given
        else split_by_candidate(ids, fractions=split_fractions, seed=seed),
        terms=terms,
        synthetic=synthetic or is_twin(file.parent),
        findings=(*_of_rows(len(clips), ratings, labels, len(labelled) - len(ids)), *findings),
    )


def _apart(clip: Clip) -> Clip:
    """The answer as a candidate of its own."""
    person = clip.candidate_id
    return replace(clip, candidate_id=f"{person}{PERSON_SEPARATOR}{clip.clip_id}")


def _of_rows(
    n_rows: int, ratings: Array, labels: Mapping[str, Array], n_lost: int
) -> list[Finding]:
    return [
        passed("repeated_ids", n_rows, "clip ids occur twice"),
        passed("off_scale", ratings.size, "ratings lie off their scale"),
        passed("people_in_two_splits", len(labels), "people stand in two splits"),
        unlabelled(labels),
        Finding("lost", n_lost, len(labels), "rated candidates have nothing left to show",
                "left out"),
    ]  # fmt: skip


def _ratings(table: pd.DataFrame, schema: TargetSchema, file: Path) -> Array:
    """(rows, K) numbers, NaN where empty."""
    missing = [name for name in schema.names if name not in table.columns]
    if missing:
        raise CorpusError(
            expected=f"a column '{missing[0]}'",
            got=f"columns {', '.join(table.columns)}",
            where=file,
        )
    columns = []
    for target in schema.targets:
        text = table[target.name].str.strip()
        values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
        wrong = ~np.isfinite(values) & (text != "").to_numpy()
        _refuse_first(wrong, text, f"a number in column '{target.name}'", file)
        off_scale = (values < target.low) | (values > target.high)
        scale = f"{target.low:g} to {target.high:g} in column '{target.name}'"
        _refuse_first(off_scale, text, scale, file)
        columns.append(values)
    return np.stack(columns, axis=1)


def _refuse_first(wrong: Array, text: pd.Series, expected: str, file: Path) -> None:
    """Raise about the first wrong row; rows count from 1 after the header."""
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise CorpusError(expected=expected, got=f"{text.iloc[row]!r} in row {row + 1}", where=file)


def _by_candidate(
    ratings: Array, people: pd.Series, schema: TargetSchema, file: Path, *, mean: bool
) -> dict[str, Array]:
    """Candidate id to (K,) ratings, in order of first appearance."""
    grouped = pd.DataFrame(ratings, columns=list(schema.names)).groupby(people, sort=False)
    spread = grouped.max() - grouped.min()
    differing = spread > 1e-9
    if not mean and differing.to_numpy().any():
        target = str(differing.any().idxmax())
        person = str(differing[target].idxmax())
        raise CorpusError(
            expected="one rating per candidate (or answer_labels=mean)",
            got=f"answers of '{person}' that differ in '{target}'",
            where=file,
        )
    means = grouped.mean()
    return {str(person): row for person, row in zip(means.index, means.to_numpy(), strict=True)}


def _given_splits(table: pd.DataFrame, people: pd.Series, file: Path) -> dict[str, Split]:
    """Candidate to the split that the table states; empty where it has no such column."""
    if "split" not in table.columns:
        return {}
    given = table["split"].str.strip().str.lower()
    _refuse_first(
        ~given.isin(NAMES).to_numpy(), given, "train, val or test in column 'split'", file
    )
    owners = people.map(person_of)
    pairs = pd.DataFrame({"person": owners, "split": given}).drop_duplicates()
    twice = pairs["person"][pairs["person"].duplicated()]
    if len(twice):
        raise CorpusError(
            expected="each candidate in one split", got=f"'{twice.iloc[0]}' in two", where=file
        )
    return dict(zip(people, given, strict=True))
