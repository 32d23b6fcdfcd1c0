"""What the endpoint answers, as types; ``openapi.yaml`` describes the same, and a test compares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

ENDS = ("_low", "_high", "_spread")  # a percentile has no spread


class Row(TypedDict):
    """A candidate's or an answer's row.

    It also has a number under the name of each target, and under ``<target>_low`` and
    ``<target>_high``: see ``scores_in``.
    """

    candidate_id: str
    status: Literal["scored", "withheld", "error"]
    error_code: str | None
    error_message: str | None
    modalities: NotRequired[str | None]
    missing: NotRequired[str | None]
    coverage: float | None
    decision_support_only: Literal[True]
    bundle_id: str


class Piece(TypedDict):
    """A piece of an answer, and how far it moved a score."""

    answer: int
    clip_id: str | None
    modality: Literal["text", "audio", "video"]
    streams: list[str]
    start_s: float
    end_s: float
    text: str | None
    contribution: float
    error: float


class TargetEvidence(TypedDict):
    """What moved one score."""

    target: str
    score: float
    reference: float
    by_modality: dict[str, float]
    pieces: list[Piece]
    expert_weight: dict[str, float] | None
    path_weight: dict[str, float] | None


class Evidence(TypedDict):
    """What moved the scores."""

    candidate_id: str
    bundle_id: str
    method: str
    reference: str
    targets: list[TargetEvidence]
    cues: list[dict[str, Any]]


class Scores(TypedDict):
    """Of one candidate."""

    candidate: Row
    answers: list[Row]
    evidence: NotRequired[Evidence | None]
    bundle_id: str
    model_version: str
    schema_version: str
    pipeline_version: str


class ManyScores(TypedDict):
    """Of several candidates: each has scores, or a problem with ``code`` and ``detail``."""

    candidates: list[dict[str, Any]]


class ForgottenFiles(TypedDict):
    """What was removed: names and SHA-256, and how much is left."""

    files: dict[str, str]
    remaining: int


class Forgotten(TypedDict):
    """The proof that somebody was forgotten."""

    forgotten: ForgottenFiles
    pseudonym: str | None
    audit_hash: str | None
    job_answers: int


UsedAmounts = TypedDict(
    "UsedAmounts",
    {"from": str, "until": str, "requests": int, "jobs": int, "minutes": float},
)


class Usage(TypedDict):
    """What a caller used, and may use."""

    caller: str
    day: UsedAmounts
    month: UsedAmounts
    quota: dict[str, int]


@dataclass(frozen=True)
class Score:
    """A score and its range."""

    value: float
    low: float
    high: float


def scores_in(row: Mapping[str, Any]) -> dict[str, Score]:
    """The scores of a row by target; none where the row has none."""
    targets = [name for name in row if all(f"{name}{end}" in row for end in ENDS)]
    return {
        name: Score(*(float(row[key]) for key in (name, f"{name}_low", f"{name}_high")))
        for name in targets
        if row[name] is not None
    }
