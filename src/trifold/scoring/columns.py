"""What the columns of scored tables are: one definition for rows, JSON Schema, Parquet and docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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


QUALITY = (
    Column("n_words", "number", "words of the transcript"),
    Column("speech_s", "number", "seconds in which somebody speaks"),
    Column("others_s", "number", "seconds of other people's turns that were left out"),
    Column("speech_fraction", "number", "share of the sound in which somebody speaks"),
    Column("level_db", "number", "mean level of the sound in dB re full scale"),
    Column("clipped_fraction", "number", "share of samples at full scale"),
    Column("face_fraction", "number", "share of frames with a face"),
    Column("several_faces_fraction", "number", "share of searched frames with several faces"),
    Column("brightness", "number", "mean brightness of the face, 0 to 1"),
)
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
    return (*_CANDIDATE_HEAD, *target_columns(targets), *_TAIL)


def target_columns(targets: Sequence[str]) -> tuple[Column, ...]:
    """Score, interval and spread of each target."""
    return tuple(column for target in targets for column in _of_target(target))


def _of_target(name: str) -> tuple[Column, ...]:
    return (
        Column(name, "number", "score on the target's scale"),
        Column(f"{name}_low", "number", "lower end of the interval"),
        Column(f"{name}_high", "number", "upper end of the interval"),
        Column(f"{name}_spread", "number", "standard deviation over an ensemble's members"),
    )
