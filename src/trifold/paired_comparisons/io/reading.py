"""Comparisons from a table (CSV, spreadsheet, JSON or Parquet).

One row per judgement: ``left`` and ``right`` (clip ids), ``winner`` (``left``, ``right``, ``tie``,
the winner's id, or what ``answers`` reads) and, where there is more than one, ``dimension``,
``question``, ``rater`` and ``weight``. Or one row per pair: a column for each of the named
``dimensions`` in place of ``winner``. A cell without an answer is no judgement; such cells are
counted and left out. Which clip was shown left matters only for side bias.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.paired_comparisons.io.answers import ANSWERS, outcomes
from trifold.paired_comparisons.model.comparisons import NO_RATER, Comparisons
from trifold.tables.cells import is_missing, plain
from trifold.tables.headers import match
from trifold.tables.ids import id_key, one_spelling, refuse_own_moments, whole
from trifold.tables.numbers import read_numbers, refuse_codes
from trifold.tables.reading import read_table

NAMES = ("left", "right", "winner", "dimension", "question", "rater", "weight")
_THINGS = ("clip", "video", "item", "option", "stimulus", "candidate", "person", "model", "answer")
_FIRST = ("a", *(f"{thing}{mark}" for thing in _THINGS for mark in "a1"))
_SECOND = ("b", *(f"{thing}{mark}" for thing in _THINGS for mark in "b2"))
ALIASES = {  # what annotation tools call the same things
    "left": ("leftid", "leftclip", "leftvideo", "videoleft", "clipleft", *_FIRST),
    "right": ("rightid", "rightclip", "rightvideo", "videoright", "clipright", *_SECOND),
    "winner": ("winnerid", "preferred", "preference", "choice", "chosen"),
    "dimension": ("trait", "attribute", "construct"),
    "rater": ("judge", "annotator", "coder", "assessor", "raterid", "ratername"),
}
KNOWN = (*NAMES, *(other for others in ALIASES.values() for other in others))
ONLY_DIMENSION, ONLY_QUESTION = "score", "all"


@dataclass(frozen=True)
class Reading:
    """What a table held: the comparisons, a line per thing that was found, and its columns."""

    data: Comparisons
    findings: tuple[str, ...]
    columns: tuple[str, ...] = ()


def read_comparisons(
    path: str | Path,
    *,
    dimensions: Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> Reading:
    """Read and check a table of judgements.

    Args:
        path: of the table.
        dimensions: columns that hold the winner on each dimension, for one row per pair.
        columns: what the table calls ``left``, ``right``, ``winner``, … where it differs.

    Raises:
        InputError: when the table cannot be read or lacks a column, a clip is compared with itself
            or occurs in two questions, a winner is neither of the two nor a tie, a weight is not
            positive, or no judgement is left.
    """
    file = Path(path)
    frame, notes, named, sides = _read(file, columns or {}, dimensions)
    table = _one_row_per_judgement(frame, dimensions).reset_index(drop=True)
    _check_pairs(table, file)
    outcome, read_as = outcomes(table, sides)
    wrong = pd.Series(np.isnan(outcome)) & (table["winner"] != "")
    _refuse(table, wrong, "left, right, tie or one of the two clips as winner", "winner", file)
    answered = ~np.isnan(outcome)
    if not answered.any():
        raise InputError(expected="at least one judgement", got="none", where=file)
    kept = table[answered].reset_index(drop=True)
    data = _assemble(kept, outcome[answered], file)
    return Reading(data, (*notes, *read_as, *_findings(table, kept, data)), named)


def _read(
    path: Path, columns: Mapping[str, str], dimensions: Sequence[str] | None
) -> tuple[pd.DataFrame, list[str], tuple[str, ...], tuple[str, str]]:
    """Cells as text, empty where they hold nothing, and lines about guesses.

    Then all columns, and what the table calls those of the two clips.
    """
    theirs = _theirs(columns)
    known = (*KNOWN, *theirs, *(dimensions or ()))
    table = match(read_table(path, known=known), tuple(theirs), required=theirs)
    renamed = table.renamed([theirs.get(column, column) for column in table.columns])
    required = ["left", "right", *(dimensions or ["winner"])]
    names = dict.fromkeys((*NAMES, *(dimensions or ())))
    table = match(renamed, tuple(names), required=required, aliases=ALIASES)
    if "rater" in table.columns:
        refuse_own_moments(table, "rater", list(map(str, range(len(table.rows)))))
    left, right = (renamed.columns[table.columns.index(side)] for side in ("left", "right"))
    cells = {
        name: ["" if is_missing(cell) else plain(cell) for cell in table.cells(name)]
        for name in names
        if name in table.columns
    }
    notes = [*table.notes, *_join_spellings(cells, dimensions)]
    rows = [table.place(i) for i in range(len(table.rows))]
    order = {name: i for i, name in enumerate(rows)}
    frame = pd.DataFrame(cells, dtype="str").assign(place=rows, row=[order[name] for name in rows])
    return frame, notes, renamed.columns, (left, right)


def _theirs(columns: Mapping[str, str]) -> dict[str, str]:
    """The table's name of a column to ours."""
    unknown = sorted(set(columns) - set(NAMES))
    if unknown:
        raise InputError(expected=f"columns among {', '.join(NAMES)}", got=repr(unknown[0]))
    return {theirs: ours for ours, theirs in columns.items()}


def _join_spellings(cells: dict[str, list[str]], dimensions: Sequence[str] | None) -> list[str]:
    """Give ids that differ in capital letters only one spelling; returns what was joined."""
    n = len(cells["left"])
    answers = tuple(dimensions or ("winner",))
    written = whole([cell for name in ("left", "right", *answers) for cell in cells[name]])
    clips, notes = one_spelling(written[: 2 * n])
    cells["left"], cells["right"] = clips[:n], clips[n:]
    known = {id_key(clip): clip for clip in clips}
    for i, name in enumerate(answers, start=2):
        cells[name] = [known.get(id_key(cell), cell) for cell in written[i * n : (i + 1) * n]]
    for name in ("rater", "question", "dimension"):
        if name in cells:
            cells[name], more = one_spelling(cells[name])
            notes += more
    return notes


def _one_row_per_judgement(table: pd.DataFrame, dimensions: Sequence[str] | None) -> pd.DataFrame:
    if dimensions:
        others = [
            c
            for c in ("left", "right", "question", "rater", "weight", "place", "row")
            if c in table
        ]
        table = table.melt(others, list(dimensions), "dimension", "winner").sort_values(
            "row", kind="stable"
        )
    defaults = {"dimension": ONLY_DIMENSION, "question": ONLY_QUESTION, "rater": "", "weight": "1"}
    return table.assign(**{k: v for k, v in defaults.items() if k not in table.columns})


def _check_pairs(table: pd.DataFrame, path: Path) -> None:
    for side in ("left", "right"):
        _refuse(table, table[side] == "", f"a clip id in column '{side}'", side, path)
    _refuse(table, table["left"] == table["right"], "two different clips", "left", path)
    clips = pd.concat([table["left"], table["right"]])
    reserved = clips[clips.str.casefold().isin(ANSWERS)]
    if len(reserved):
        raise InputError(
            expected="clip ids that are no answers", got=repr(reserved.iloc[0]), where=path
        )
    asked = pd.DataFrame({"clip": clips, "question": pd.concat([table["question"]] * 2)})
    twice = asked.drop_duplicates()["clip"]
    twice = twice[twice.duplicated()]
    if len(twice):
        raise InputError(
            expected="each clip in one question", got=f"'{twice.iloc[0]}' in two", where=path
        )


def _refuse(table: pd.DataFrame, wrong: pd.Series, expected: str, column: str, path: Path) -> None:
    """Raise about the first wrong row."""
    if wrong.any():
        row = table[wrong.to_numpy()].iloc[0]
        raise InputError(expected=expected, got=f"{row[column]!r} in {row['place']}", where=path)


def _assemble(table: pd.DataFrame, outcome: Array, path: Path) -> Comparisons:
    both = pd.concat([table["left"], table["right"]], ignore_index=True)
    ends, clips = pd.factorize(both)
    dimension, dimensions = pd.factorize(table["dimension"])
    question, questions = pd.factorize(table["question"])
    rater, raters = pd.factorize(table["rater"].where(table["rater"] != "", None))
    n = len(table)
    of_clip = np.zeros(len(clips), dtype=np.int64)
    of_clip[ends] = np.tile(question, 2)
    return Comparisons(
        left=ends[:n],
        right=ends[n:],
        dimension=dimension,
        outcome=outcome,
        rater=np.where(rater < 0, NO_RATER, rater),
        weight=_weights(table, path),
        question=of_clip,
        clips=tuple(map(str, clips)),
        questions=tuple(map(str, questions)),
        dimensions=tuple(map(str, dimensions)),
        raters=tuple(map(str, raters)),
    )


def _weights(table: pd.DataFrame, path: Path) -> Array:
    cells, rows = table["weight"].tolist(), table["place"].tolist()
    found = read_numbers([("weight", cells)], place=rows.__getitem__, where=path)[0]
    refuse_codes(found, column="weight", cells=cells, place=rows.__getitem__, where=path)
    weights = pd.Series(found, dtype=np.float64)
    wrong = ~(weights.map(np.isfinite) & (weights > 0))
    _refuse(table, wrong, "a positive number in column 'weight'", "weight", path)
    return weights.to_numpy(dtype=np.float64)


def _findings(table: pd.DataFrame, kept: pd.DataFrame, data: Comparisons) -> list[str]:
    """What was left out, and what is worth knowing about the rest."""
    repeated, agreeing = _repeats(data)
    lines = {
        f"{len(table) - len(kept)} of {len(table)} cells hold no judgement": len(table) - len(kept),
        f"{int((data.rater < 0).sum())} of {len(data)} judgements name no rater": (
            int((data.rater < 0).sum()) if data.raters else 0
        ),
        f"raters judged {repeated} pairs again and agreed with themselves in {agreeing}": repeated,
    }
    return [line for line, count in lines.items() if count]


def _repeats(data: Comparisons) -> tuple[int, int]:
    """How often a rater judged a pair on a dimension again, and how often to the same effect."""
    lower_first = np.where(data.left < data.right, data.outcome, 1 - data.outcome)
    frame = pd.DataFrame(
        {"pair": data.pair, "k": data.dimension, "rater": data.rater, "outcome": lower_first}
    )
    frame = frame[frame["rater"] >= 0]
    groups = frame.groupby(["pair", "k", "rater"])["outcome"]
    again = groups.cumcount() > 0
    same = frame["outcome"] == groups.transform("first")
    return int(again.sum()), int((again & same).sum())
