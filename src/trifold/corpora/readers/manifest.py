"""The generic reader: a user's own videos and ratings, listed in a table.

One row per answer: the columns of ``trifold.media.files.folder`` (path, candidate_id, clip_id,
question, question_id, transcript, transcript_path), one column per target with the candidate's
rating (empty where there is none) and, if wanted, ``split`` (train, val or test). With a column
``rater`` an answer may have a row per rater; their mean counts. Where every answer is rated for
itself, ``answer_labels: separate`` makes each a candidate of its own; ``Clip.person_id`` says
whose, and splits and folds keep with the person's others. Scales are those of the schema. Source,
licence and terms are the user's own; state them in ``terms``, they travel into runs and bundles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from trifold.contracts import (
    Array,
    Clip,
    Corpus,
    Finding,
    Split,
    TargetSchema,
)
from trifold.corpora.checks import audit, check_policy, finding, is_twin, passed, unlabelled
from trifold.corpora.raters import one_row_per_answer
from trifold.corpora.readers.rated import DOUBTFUL, read_rated
from trifold.corpora.splits import NAMES, split_by_person
from trifold.corpora.tables import corpus_errors
from trifold.corpora.targets import read_schema
from trifold.errors import CorpusError
from trifold.media.files.folder import check_unique
from trifold.media.files.manifest import clips_of_table
from trifold.media.files.manifest_columns import read_manifest_table
from trifold.messages import say
from trifold.tables.cells import plain
from trifold.tables.headers import match
from trifold.tables.labels import without_labels, without_unanswered
from trifold.tables.table import Table

RATER_NAMES = ("judge", "annotator", "coder", "assessor", "evaluator", "raterid", "ratername")
SPLIT_NAMES: dict[str, Split] = {
    **dict.fromkeys(("dev", "valid", "validation"), "val"),
    "training": "train",
    "testing": "test",
}
SAME = 1e-9  # ratings that differ by less are one
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
    candidates: str = "auto",
    doubtful_ratings: str = "refuse",
) -> Corpus:
    """Read and check a manifest (CSV, spreadsheet, JSON or Parquet).

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
        candidates: how people are told, see ``trifold.media.files.folder``.
        doubtful_ratings: ``refuse`` columns whose ratings look as if another scale was asked, as 1
            to 7 on 0 to 100, or hold a code for missing, or ``keep`` them.

    Raises:
        InputError: when the table cannot be read or a policy is unknown.
        CorpusError: when a target column is missing, a rating is no number or off the scale, a
            candidate's answers disagree, a split is unknown or differs within a candidate, or no
            candidate is labelled.
    """
    check_policy("answer_labels", answer_labels, ANSWER_LABELS)
    check_policy("doubtful_ratings", doubtful_ratings, DOUBTFUL)
    file = Path(path)
    targets = schema if isinstance(schema, TargetSchema) else read_schema(schema)
    table = _table(file, targets)
    rows, notes = clips_of_table(table, candidates=candidates)
    given = _given_splits(table, [clip.candidate_id for clip in rows])
    numbers, doubts = read_rated(table, targets, doubtful=doubtful_ratings)
    rated, ratings, raters = one_row_per_answer(table, rows, numbers)
    check_unique(rated, file)
    clips, ratings = _answers(rated, ratings, apart=answer_labels == "separate")
    labels = _by_candidate(ratings, clips, targets, file, mean=answer_labels == "mean")
    labelled = {person: row for person, row in labels.items() if np.isfinite(row).any()}
    if not labelled:
        raise CorpusError(expected="at least one labelled candidate", got="none", where=file)
    mine = [clip for clip in clips if clip.candidate_id in labelled]
    kept, findings = audit(mine, retakes=retakes, near_empty=near_empty)
    people = {clip.candidate_id: clip.person for clip in kept}
    ids = list(people)
    if not ids:
        raise CorpusError(expected="media or transcripts", got="neither is there", where=file)
    return Corpus(
        name=name or file.resolve().parent.name,  # a bare file name has no parent's name
        clips=tuple(kept),
        labels={person: labelled[person] for person in ids},
        schema=targets,
        splits={candidate: given[people[candidate]] for candidate in ids}
        if given
        else split_by_person(people, fractions=split_fractions, seed=seed),
        terms=terms,
        columns=table.columns,
        synthetic=synthetic or is_twin(file.parent),
        findings=(
            *_of_rows(len(clips), ratings, labels, len(labelled) - len(ids)),
            *_of_reading(rated, notes),
            *doubts,
            *raters,
            *findings,
        ),
    )


def _table(file: Path, schema: TargetSchema) -> Table:
    """The manifest, with its columns of ratings, splits and raters under their own names."""
    table = read_manifest_table(file, others=schema.names)
    names = (*schema.names, "split", "rater")
    with corpus_errors():
        table = match(table, names, required=schema.names, aliases={"rater": RATER_NAMES})
    return without_unanswered(without_labels(table, schema.names), schema.names)


def _of_reading(clips: Sequence[Clip], notes: Sequence[str]) -> list[Finding]:
    views = [clip.clip_id for clip in clips if clip.left_out is not None]
    guesses = Finding(
        "reading",
        len(notes),
        len(clips),
        say("rows were read with guesses"),
        say("said here"),
        tuple(notes),
    )
    return [
        finding(
            "other_views",
            views,
            len(clips),
            say("files are another view of an answer"),
            say("left out"),
        ),
        guesses,
    ]


def _answers(rated: Sequence[Clip], ratings: Array, *, apart: bool) -> tuple[list[Clip], Array]:
    """Rows that are no other view of an answer; with ``apart`` each is a candidate of its own."""
    seen = [i for i, clip in enumerate(rated) if clip.left_out is None]
    clips = [rated[i] for i in seen]
    if apart:
        clips = [
            replace(c, candidate_id=f"{c.candidate_id}::{c.clip_id}", person_id=c.candidate_id)
            for c in clips
        ]
    return clips, ratings[seen]


def _of_rows(
    n_rows: int, ratings: Array, labels: Mapping[str, Array], n_lost: int
) -> list[Finding]:
    return [
        passed("repeated_ids", n_rows, say("clip ids occur twice")),
        passed("off_scale", ratings.size, say("ratings lie off their scale")),
        passed("people_in_two_splits", len(labels), say("people stand in two splits")),
        unlabelled(labels),
        Finding(
            "lost",
            n_lost,
            len(labels),
            say("rated candidates have nothing left to show"),
            say("left out"),
        ),
    ]


def _by_candidate(
    ratings: Array, clips: Sequence[Clip], schema: TargetSchema, file: Path, *, mean: bool
) -> dict[str, Array]:
    """Candidate id to (K,) ratings, in order of first appearance."""
    rows: dict[str, list[int]] = {}
    for row, clip in enumerate(clips):
        rows.setdefault(clip.candidate_id, []).append(row)
    labels = {}
    for person, mine in rows.items():
        known = [column[np.isfinite(column)] for column in ratings[mine].T]
        for name, values in zip(schema.names, known, strict=True):
            if not mean and len(values) and np.ptp(values) > SAME:
                raise CorpusError(
                    expected="one rating per candidate (or answer_labels=mean)",
                    got=f"answers of '{person}' that differ in '{name}'",
                    where=file,
                )
        labels[person] = np.array([v.mean() if len(v) else np.nan for v in known])
    return labels


def _given_splits(table: Table, people: Sequence[str]) -> dict[str, Split]:
    """Person to the split that the table states; empty where it has no such column."""
    if "split" not in table.columns:
        return {}
    known: dict[str, Split] = {name: name for name in NAMES}
    known |= SPLIT_NAMES
    given: dict[str, Split] = {}
    for row, (cell, person) in enumerate(zip(table.cells("split"), people, strict=True)):
        split = known.get(plain(cell).casefold())
        if split is None:
            raise CorpusError(
                expected="train, val or test in column 'split'",
                got=f"{plain(cell).lower()!r} in {table.place(row)}",
                where=table.where,
            )
        if given.setdefault(person, split) != split:
            came = f"'{person}' in two"
            raise CorpusError(expected="each candidate in one split", got=came, where=table.where)
    return given
