"""What the columns of scored tables are: one definition for rows, JSON Schema, Parquet and docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trifold.contracts import MEASURES

Kind = Literal["string", "number", "integer", "boolean"]
STATUSES = ("scored", "withheld", "error")
WORDS_SOURCES = ("given", "recognised")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: as it stands in CSV, JSONL and Parquet.
        kind: of its values, in JSON Schema's words.
        meaning: one line for people.
        nullable: whether it may be empty (CSV) or null (JSON).
        among: the values that it may take, where they are few.
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = True
    among: tuple[str, ...] = ()


QUALITY = tuple(Column(one.name, "number", one.meaning) for one in MEASURES)
_OUTCOME = (
    Column("status", "string", "whether there are scores", nullable=False, among=STATUSES),
    Column("error_code", "string", "why there are none; the first reason"),
    Column("error_message", "string", "the same for people"),
    Column("reasons", "string", "all codes for which scores are withheld, joined by ;"),
    Column("flags", "string", "codes of doubt that withhold nothing, joined by ;"),
)
_SEEN = (
    Column("modalities", "string", "what was there, e.g. text+audio+video"),
    Column("missing", "string", "modality:code of what was not, joined by ;"),
)
_WORDS = Column(
    "words_source", "string", "whether the words were given or recognised", among=WORDS_SOURCES
)
_CODECS = (
    Column("picture_codec", "string", "what the picture is encoded as, e.g. h264"),
    Column("sound_codec", "string", "what the sound is encoded as, e.g. aac"),
)
_NOTICED = Column("remarks", "string", "what was noticed in reading, code: line, joined by ' | '")
_ANSWER_HEAD = (
    Column("candidate_id", "string", "whose answer it is", nullable=False),
    Column("clip_id", "string", "the media file", nullable=False),
    Column("question_id", "string", "identifier of the question, from the manifest"),
    Column("question", "string", "its text, from the manifest"),
    *_OUTCOME,
    Column("duration_s", "number", "length of the file in seconds"),
    *_SEEN,
    _WORDS,
    *_CODECS,
    _NOTICED,
    *QUALITY,
)
_CANDIDATE_HEAD = (
    Column("candidate_id", "string", "who", nullable=False),
    Column("n_files", "integer", "media files of the candidate", nullable=False),
    Column("n_answers", "integer", "files that the scores rest on", nullable=False),
    *_OUTCOME,
    *_SEEN,
    Column("distance", "number", "share of training candidates nearer to the rest, 0 to 1"),
)
NORM = (
    Column("norm_id", "string", "the norm group that percentiles are of"),
    Column("norm_n", "integer", "its people"),
)
_TAIL = (
    Column("coverage", "number", "probability with which an interval holds a new person's rating"),
    Column("decision_support_only", "boolean", "always true: no verdict about a person", False),
    Column("bundle_id", "string", "the model", nullable=False),
)


def answer_columns(targets: Sequence[str]) -> tuple[Column, ...]:
    """Columns of the table with one row per media file, in order."""
    return (*_ANSWER_HEAD, *target_columns(targets), *_TAIL)


def candidate_columns(targets: Sequence[str]) -> tuple[Column, ...]:
    """Columns of the table with one row per candidate, in order."""
    beside = tuple(column for target in targets for column in standing_columns(target))
    return (*_CANDIDATE_HEAD, *target_columns(targets), *beside, *NORM, *_TAIL)


def target_columns(targets: Sequence[str]) -> tuple[Column, ...]:
    """Score, interval and spread of each target."""
    return tuple(column for target in targets for column in _of_target(target))


def standing_columns(name: str) -> tuple[Column, ...]:
    """What stands beside a candidate's score on one target, never instead of its interval."""
    return (
        Column(f"{name}_sem", "number", "standard error of measurement, from the answers given"),
        Column(f"{name}_rank_low", "integer", "best rank among the people of this run"),
        Column(f"{name}_rank_high", "integer", "worst rank among the people of this run"),
        Column(f"{name}_percentile", "number", "per cent of the norm group below the score"),
        Column(f"{name}_percentile_low", "number", "lower end of the percentile's interval"),
        Column(f"{name}_percentile_high", "number", "upper end of the percentile's interval"),
    )


def _of_target(name: str) -> tuple[Column, ...]:
    return (
        Column(name, "number", "score on the target's scale"),
        Column(f"{name}_low", "number", "lower end of the interval"),
        Column(f"{name}_high", "number", "upper end of the interval"),
        Column(f"{name}_spread", "number", "standard deviation over an ensemble's members"),
    )
