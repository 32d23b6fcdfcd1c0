"""The generic reader: a user's own videos and ratings, listed in a table.

One row per answer: the columns of ``src.media.folder`` (path, candidate_id, clip_id, question,
question_id, transcript, transcript_path), one column per target with the candidate's rating (empty
where there is none) and, if wanted, ``split`` (train, val or test). Source, licence and terms are
the user's own; state them in ``terms``, they travel into runs and bundles.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from src.contracts import Array, Clip, Corpus, Split, TargetSchema
from src.corpora.splits import NAMES, split_by_candidate
from src.corpora.targets import read_schema
from src.errors import CorpusError, InputError
from src.media.folder import clips_of_table, read_table


def read_manifest(
    path: str | Path,
    schema: TargetSchema | str | Path,
    *,
    name: str | None = None,
    split_fractions: Sequence[float] = (0.6, 0.2, 0.2),
    seed: int = 0,
    answer_labels: str = "refuse",
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
            ``refuse``, or ``mean`` to rate the candidate by their mean.
        terms: what the licence allows.
        synthetic: True for generated people.

    Raises:
        InputError: when the table cannot be read or ``answer_labels`` is unknown.
        CorpusError: when a target column is missing, a rating is no number or off the scale, a
            candidate's answers disagree, a split is unknown or differs within a candidate, or no
            candidate is labelled.
    """
    if answer_labels not in ("refuse", "mean"):
        raise InputError(expected="answer_labels refuse or mean", got=repr(answer_labels))
    file = Path(path)
    targets = schema if isinstance(schema, TargetSchema) else read_schema(schema)
    table = read_table(file)
    clips = clips_of_table(table, file)
    people = pd.Series([clip.candidate_id for clip in clips])
    ratings = _ratings(table, targets, file)
    labels = _by_candidate(ratings, people, targets, file, mean=answer_labels == "mean")
    labelled = {person: row for person, row in labels.items() if np.isfinite(row).any()}
    if not labelled:
        raise CorpusError(expected="at least one labelled candidate", got="none", where=file)
    return Corpus(
        name=name or file.parent.name,
        clips=tuple(clip for clip in clips if clip.candidate_id in labelled),
        labels=labelled,
        schema=targets,
        splits=_splits(table, people, list(labelled), file, split_fractions, seed),
        terms=terms,
        synthetic=synthetic,
        findings=tuple(_findings(clips, len(labels) - len(labelled))),
    )


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


def _splits(
    table: pd.DataFrame,
    people: pd.Series,
    labelled: list[str],
    file: Path,
    fractions: Sequence[float],
    seed: int,
) -> dict[str, Split]:
    if "split" not in table.columns:
        return split_by_candidate(labelled, fractions=fractions, seed=seed)
    given = table["split"].str.strip().str.lower()
    unknown = ~given.isin(NAMES)
    _refuse_first(unknown.to_numpy(), given, "train, val or test in column 'split'", file)
    pairs = pd.DataFrame({"person": people, "split": given}).drop_duplicates()
    twice = pairs["person"][pairs["person"].duplicated()]
    if len(twice):
        raise CorpusError(
            expected="each candidate in one split", got=f"'{twice.iloc[0]}' in two", where=file
        )
    splits = dict(zip(pairs["person"], pairs["split"], strict=True))
    return {person: splits[person] for person in labelled}


def _findings(clips: Sequence[Clip], n_unlabelled: int) -> list[str]:
    """What was kept or left out, one line each."""
    n_gone = sum(clip.path is not None and not clip.path.is_file() for clip in clips)
    n_silent = sum(clip.transcript is None and clip.transcript_path is None for clip in clips)
    lines = {
        f"{n_gone} of {len(clips)} rows name a media file that is not there": n_gone,
        f"{n_silent} of {len(clips)} rows have no transcript": n_silent,
        f"{n_unlabelled} candidates without any rating were left out": n_unlabelled,
    }
    return [line for line, count in lines.items() if count]
