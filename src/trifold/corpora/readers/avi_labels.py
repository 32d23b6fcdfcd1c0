"""The label tables of the AVI publications: which there are, what their columns are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from trifold.contracts import Array, Split, Target, TargetSchema
from trifold.corpora.splits import NAMES, alone, split_by_person
from trifold.corpora.tables import check_scale, numbers, read_columns, unique_ids
from trifold.errors import CorpusError

LABELS = "labels.csv"  # of everybody, in the layout of transcripts
MOST_NAMED = 40  # columns in an error


@dataclass(frozen=True)
class Release:
    """What sets one publication of the interviews apart from the others.

    Attributes:
        name: of the corpus, before the label set.
        label_sets: name to target to column.
        tables: part to the names that its table goes by.
        terms: of use.
        same_name: self-report to observers' rating of the trait that goes by the same name.
        other_names: column to other names of it.
        complete: whether all parts are published with labels, so that none may be missing.
        unconfirmed: columns that no public page names; errors about them say so.
    """

    name: str
    label_sets: Mapping[str, Mapping[str, str]]
    tables: Mapping[Split, tuple[str, ...]]
    terms: str
    same_name: Mapping[str, str]
    other_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = False
    unconfirmed: frozenset[str] = frozenset()

    def columns(self, labels: str, renamed: Mapping[str, str] | None = None) -> dict[str, str]:
        """Target to column of a label set.

        Args:
            labels: the set.
            renamed: target to column, where a download calls it otherwise.

        Raises:
            CorpusError: for an unknown set or target.
        """
        if labels not in self.label_sets:
            known = ", ".join(self.label_sets)
            raise CorpusError(expected=f"labels among {known}", got=repr(labels))
        columns = dict(self.label_sets[labels])
        unknown = [target for target in renamed or {} if target not in columns]
        if unknown:
            known = ", ".join(columns)
            raise CorpusError(expected=f"columns of targets among {known}", got=repr(unknown[0]))
        return columns | dict(renamed or {})

    def schema(self, labels: str) -> TargetSchema:
        """The targets of a label set."""
        source = "self_report" if labels.startswith("self_hexaco") else "observer"
        names = self.label_sets[labels]
        return TargetSchema(f"avi_{labels}", tuple(Target(n, 1.0, 5.0, source) for n in names))  # type: ignore[arg-type]


def label_tables(folder: Path, release: Release, columns: Sequence[str]) -> dict[str, pd.DataFrame]:
    """File name to table: ``labels.csv``, or the published parts that are there and labelled.

    Args:
        folder: the one that holds them.
        release: how this publication is laid out.
        columns: of the labels.

    Raises:
        CorpusError: when there is none, one of a complete release is missing, a table cannot be
            read, or a column is nearly called like one that is wanted.
    """
    there = {p: [n for n in ns if (folder / n).is_file()] for p, ns in release.tables.items()}
    names = [name for found in there.values() for name in found]
    if release.complete:
        _require_all(there, release, folder)
    elif (folder / LABELS).is_file() or not names:
        names = [LABELS]  # read_columns says so where it is missing
    tables = {}
    for name in names:
        table = read_columns(
            folder / name, ["id", *columns], required=["id"], aliases=release.other_names
        )
        unlabelled = not set(columns) <= set(table.columns)
        if unlabelled and name in release.tables["test"] and not release.complete:
            continue  # published without labels
        tables[name] = table
    return tables


def _require_all(there: Mapping[Split, list[str]], release: Release, folder: Path) -> None:
    lacking = [release.tables[part][0] for part, names in there.items() if not names]
    if lacking:
        every = ", ".join(names[0] for names in release.tables.values())
        raise CorpusError(expected=f"the tables {every}", got=f"no {lacking[0]}", where=folder)


def rated_people(
    tables: Mapping[str, pd.DataFrame],
    columns: Sequence[str],
    folder: Path,
    release: Release,
    schema: TargetSchema,
) -> tuple[dict[str, Array], dict[str, Split]]:
    """Person to labels, and to the published part where the table tells it.

    Args:
        tables: file name to table.
        columns: of the labels, in the order of the schema.
        folder: the one that holds them.
        release: how this publication is laid out.
        schema: the targets.

    Raises:
        CorpusError: for a missing column, somebody who occurs twice, or a label off the scale.
    """
    rated: dict[str, Array] = {}
    official: dict[str, Split] = {}
    for name, table in tables.items():
        path = folder / name
        _require(table, columns, path, release)
        ids = unique_ids(table, "id", path)
        twice = [person for person in ids if person in rated]
        if twice:
            came = f"'{twice[0]}' in another table too"
            raise CorpusError(expected="each candidate in one split", got=came, where=path)
        values = numbers(table, columns, path)
        check_scale(values, schema, columns, path, table)
        rated |= dict(zip(ids, values, strict=True))
        part = [split for split, names in release.tables.items() if name in names]
        official |= dict.fromkeys(ids, part[0]) if part else {}
    return rated, official


def _require(table: pd.DataFrame, columns: Sequence[str], path: Path, release: Release) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        unsure = "; its name is not public: corpora.columns says what it is called"
        wanted = f"a column '{missing[0]}'" + unsure * (missing[0] in release.unconfirmed)
        came = ", ".join(map(str, table.columns[:MOST_NAMED]))
        raise CorpusError(expected=wanted, got=f"columns {came}", where=path)


def published_split(
    ids: Sequence[str], official: Mapping[str, Split], *, seed: int
) -> dict[str, Split]:
    """The published split where it has several parts; otherwise dealt by person.

    Args:
        ids: who has answers and labels.
        official: person to published part.
        seed: of what is dealt.
    """
    parts = {official[person] for person in ids if person in official}
    if parts == set(NAMES):
        return {person: official[person] for person in ids}
    if parts == {"train", "val"}:
        train = [person for person in ids if official[person] == "train"]
        dealt = split_by_person(alone(train), fractions=(0.85, 0.15, 0.0), seed=seed)
        return {person: dealt.get(person, "test") for person in ids}
    return split_by_person(alone(ids), seed=seed)
