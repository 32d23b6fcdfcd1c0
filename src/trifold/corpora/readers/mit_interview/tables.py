"""The four tables of MIT Interview: their columns, and what each says about an interview."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from trifold.corpora.tables import numbers, read_columns, unique_ids
from trifold.errors import CorpusError
from trifold.tables.cells import is_missing, plain

RATINGS, TRANSCRIPTS, AUDIO, FACE = "ratings.csv", "transcripts.csv", "audio.csv", "face.csv"
KEYS = ("id", "person", "session")
TRAITS = {
    "overall": "Overall",
    "recommend_hiring": "RecommendHiring",
    "colleague": "Colleague",
    "engaged": "Engaged",
    "excited": "Excited",
    "eye_contact": "EyeContact",
    "smiled": "Smiled",
    "speaking_rate": "SpeakingRate",
    "no_fillers": "NoFillers",
    "friendly": "Friendly",
    "paused": "Paused",
    "engaging_tone": "EngagingTone",
    "structured_answers": "StructuredAnswers",
    "calm": "Calm",
    "not_stressed": "NotStressed",
    "focused": "Focused",
    "authentic": "Authentic",
    "not_awkward": "NotAwkward",
}
ACOUSTIC = [f"a{number:02d}" for number in range(1, 75)]
FACIAL = ["abs_yaw", "abs_roll", "abs_pitch"]
FACIAL += [f"landmark{number}_{axis}" for number in range(1, 7) for axis in "xy"]
COLUMNS = {
    RATINGS: list(TRAITS.values()),
    TRANSCRIPTS: ["transcript"],
    AUDIO: ACOUSTIC,
    FACE: FACIAL,
}
Whose = dict[str, tuple[str, str]]  # interview to person and session


def read_tables(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Whose]]:
    """The tables and whose interviews are in each, by file name.

    Raises:
        CorpusError: when a table or column is missing, an id or a person's session occurs twice, or
            an interview is another person's in another table.
    """
    tables = {name: read_columns(folder / name, [*KEYS, *own]) for name, own in COLUMNS.items()}
    whose = {name: _whose(table, folder / name) for name, table in tables.items()}
    _check_same(whose, folder)
    return tables, whose


def measures_of(
    tables: Mapping[str, pd.DataFrame], whose: Mapping[str, Whose], folder: Path
) -> dict[str, dict[str, float]]:
    """Rated interview to its 74 acoustic and 15 facial measures.

    Raises:
        CorpusError: when it has none, or one is no number.
    """
    found: dict[str, dict[str, float]] = {interview: {} for interview in whose[RATINGS]}
    for name, columns in ((AUDIO, ACOUSTIC), (FACE, FACIAL)):
        values = numbers(tables[name], columns, folder / name)
        rows = dict(zip(whose[name], values.tolist(), strict=True))
        for interview, own in found.items():
            if interview not in rows:
                raise CorpusError(
                    expected=f"measures of '{interview}'", got="no row", where=folder / name
                )
            own |= dict(zip(columns, rows[interview], strict=True))
    return found


def _whose(table: pd.DataFrame, path: Path) -> Whose:
    """Interview to person and session."""
    ids = unique_ids(table, "id", path)
    pairs = [tuple(map(plain, row)) for row in table[["person", "session"]].to_numpy()]
    seen: dict[tuple[str, ...], str] = {}
    for interview, pair in zip(ids, pairs, strict=True):
        if any(map(is_missing, pair)):
            raise CorpusError(
                expected=f"person and session of '{interview}'", got="none", where=path
            )
        if pair in seen:
            came = f"'{seen[pair]}' and '{interview}' of person {pair[0]}, session {pair[1]}"
            raise CorpusError(expected="one interview per session", got=came, where=path)
        seen[pair] = interview
    return {interview: (pair[0], pair[1]) for interview, pair in zip(ids, pairs, strict=True)}


def _check_same(whose: Mapping[str, Whose], folder: Path) -> None:
    """Refuse an interview that is another person's or session's in another table."""
    for name, rows in whose.items():
        for interview, pair in rows.items():
            rated = whose[RATINGS].get(interview, pair)
            if rated != pair:
                raise CorpusError(
                    expected=f"'{interview}' of person {rated[0]}, session {rated[1]}",
                    got=f"person {pair[0]}, session {pair[1]}",
                    where=folder / name,
                )
