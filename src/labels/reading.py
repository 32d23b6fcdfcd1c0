"""Comparisons from a table (CSV, JSONL or Parquet).

One row per judgement: ``left`` and ``right`` (clip ids), ``winner`` (``left``, ``right``, ``tie``,
or the winner's id) and, where there is more than one, ``dimension``, ``question``, ``rater`` and
``weight``. Or one row per pair: a column for each of the named ``dimensions`` in place of
``winner``. A cell without an answer is no judgement; such cells are counted and left out. Which
clip was shown left matters only for side bias.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from src.contracts import Array
from src.errors import InputError
from src.labels.comparisons import LEFT_WINS, NO_RATER, RIGHT_WINS, TIE, Comparisons

SUFFIXES = (".csv", ".jsonl", ".parquet")
ANSWERS = {"left": LEFT_WINS, "right": RIGHT_WINS}
ANSWERS |= dict.fromkeys(("tie", "tied", "equal", "none", "draw", "both", "neither"), TIE)
NAMES = ("left", "right", "winner", "dimension", "question", "rater", "weight")
ONLY_DIMENSION, ONLY_QUESTION = "score", "all"


@dataclass(frozen=True)
class Reading:
    """What a table held: the comparisons, and one line per thing that was found in it."""

    data: Comparisons
    findings: tuple[str, ...]


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
    table = _renamed(_read(file), columns or {}, file)
    _require(table, ["left", "right", *(dimensions or ["winner"])], file)
    table = _one_row_per_judgement(table, dimensions).reset_index(drop=True)
    _check_pairs(table, file)
    outcome = _outcomes(table, file)
    answered = ~np.isnan(outcome)
    if not answered.any():
        raise InputError(expected="at least one judgement", got="none", where=file)
    kept = table[answered].reset_index(drop=True)
    data = _assemble(kept, outcome[answered], file)
    return Reading(data, tuple(_findings(table, kept, data)))


def _read(path: Path) -> pd.DataFrame:
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(expected=f"a table ({', '.join(SUFFIXES)})", got=path.name, where=path)
    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        elif path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = pd.read_json(path, lines=True, dtype=False, encoding="utf-8-sig")
    except (ValueError, OSError, pd.errors.ParserError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(expected="a readable table", got=reason, where=path) from error
    if table.empty:
        raise InputError(expected="at least one row", got="none", where=path)
    text = table.astype(object).where(table.notna(), "").astype(str)
    return text.apply(lambda column: column.str.strip()).assign(row=np.arange(1, len(table) + 1))


def _renamed(table: pd.DataFrame, columns: Mapping[str, str], path: Path) -> pd.DataFrame:
    unknown = sorted(set(columns) - set(NAMES))
    if unknown:
        raise InputError(expected=f"columns among {', '.join(NAMES)}", got=repr(unknown[0]))
    _require(table, list(columns.values()), path)
    return table.rename(columns={theirs: ours for ours, theirs in columns.items()})


def _require(table: pd.DataFrame, columns: Sequence[str], path: Path) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        came = ", ".join(str(c) for c in table.columns[:12] if c != "row")
        raise InputError(expected=f"a column '{missing[0]}'", got=f"columns {came}", where=path)


def _one_row_per_judgement(table: pd.DataFrame, dimensions: Sequence[str] | None) -> pd.DataFrame:
    if dimensions:
        others = [c for c in ("left", "right", "question", "rater", "weight", "row") if c in table]
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


def _outcomes(table: pd.DataFrame, path: Path) -> Array:
    """(rows,) 1, .5 or 0; NaN where nothing was answered."""
    winner = table["winner"]
    outcome = winner.str.casefold().map(ANSWERS).to_numpy(dtype=np.float64, copy=True)
    outcome[(winner == table["left"]).to_numpy()] = LEFT_WINS
    outcome[(winner == table["right"]).to_numpy()] = RIGHT_WINS
    wrong = pd.Series(np.isnan(outcome)) & (winner != "")
    _refuse(table, wrong, "left, right, tie or one of the two clips as winner", "winner", path)
    return outcome


def _refuse(table: pd.DataFrame, wrong: pd.Series, expected: str, column: str, path: Path) -> None:
    """Raise about the first wrong row; rows count from 1 after the header."""
    if wrong.any():
        row = table[wrong.to_numpy()].iloc[0]
        raise InputError(expected=expected, got=f"{row[column]!r} in row {row['row']}", where=path)


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
    weights = pd.to_numeric(table["weight"], errors="coerce")
    wrong = ~(np.isfinite(weights) & (weights > 0))
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
