"""What a client asks, and what an answer means, whoever carries it; nothing is sent here."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TRANSCRIPTS = (".vtt", ".srt", ".json", ".txt", ".docx", ".ass", ".sbv", ".ttml")
# a queue that is full and the like: the same request may well succeed later
WORTH_ANOTHER_TRY = {429, 500, 502, 503, 504}
# the server has tried twice, it may be what ends the workers; a quota lasts until tomorrow
NOT_AGAIN = ("WORKER_DIED", "QUOTA_USED")
NO_ANSWER, BAD_FIELD = "NO_ANSWER", "BAD_FIELD"


class ScoringError(Exception):
    """A request that was not answered with scores.

    Attributes:
        status: of HTTP; 0 where no answer came.
        code: stable identifier, e.g. ``NOTHING_USABLE``.
        detail: one line for people.
        body: the whole answer, with the rows of what could not be scored.
    """

    def __init__(self, status: int, code: str, detail: str, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.body = status, code, detail, body

    @property
    def is_worth_another_try(self) -> bool:
        """Whether the same request may succeed later."""
        if self.code in NOT_AGAIN:
            return False
        return self.status in WORTH_ANOTHER_TRY or (self.status, self.code) == (0, NO_ANSWER)


@dataclass(frozen=True)
class Call:
    """A request.

    Attributes:
        method: of HTTP.
        path: behind the address of the endpoint.
        json: body, where it is JSON.
        fields: of a form.
        files: of a form.
        headers: beside the key.
    """

    method: str
    path: str
    json: Mapping[str, Any] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def score_call(
    model: str,
    files: Sequence[Path],
    *,
    candidate_id: str,
    questions: Sequence[str | None],
    transcripts: Sequence[Path | None] | None,
    speaker: str,
    explain: bool,
    retain: bool,
) -> Call:
    """An upload of the answers of one candidate, see ``Client.score``.

    Raises:
        ScoringError: where transcripts are not as many as files, or questions more.
    """
    if transcripts is not None and len(transcripts) != len(files):
        raise _uneven(f"{len(files)} transcripts, one or None for each file", len(transcripts))
    if len(questions) > len(files):
        raise _uneven(f"at most {len(files)} questions, as there are files", len(questions))
    data = {
        "candidate_id": candidate_id,
        "explain": str(explain).lower(),
        "retain": str(retain).lower(),
    }
    asked = [*questions, *[None] * (len(files) - len(questions))]
    for number, (file, question) in enumerate(zip(files, asked, strict=True), start=1):
        data[f"clip_id_{number}"] = file.stem
        data |= {f"question_{number}": question} if question else {}
        data |= {f"speaker_{number}": speaker} if speaker else {}
    names = {f"media_{i}": file for i, file in enumerate(files, start=1)}
    said = [transcript_beside(f) for f in files] if transcripts is None else transcripts
    names |= {f"transcript_{i}": path for i, path in enumerate(said, start=1) if path}
    return Call("POST", f"/predictions/{model}", fields=data, files=names)


def _uneven(expected: str, got: int) -> ScoringError:
    return ScoringError(0, BAD_FIELD, f"expected {expected}, got {got}", {})


def submit_call(model: str, facts: Mapping[str, Any], idempotency_key: str) -> Call:
    """A request that is answered later."""
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    return Call("POST", f"/jobs/{model}", json=facts, headers=headers)


def forget_call(model: str, candidate_id: str, *, everyone: bool) -> Call:
    """Have somebody forgotten."""
    facts = {"forget": candidate_id} | ({"everyone": True} if everyone else {})
    return Call("POST", f"/predictions/{model}", json=facts)


def answer_of(status: int, headers: Mapping[str, str], body: bytes, reason: str) -> dict[str, Any]:
    """The object in an answer; an empty one where the answer has no body.

    Raises:
        ScoringError: for anything else than success.
    """
    try:
        found = json.loads(body) if body else {}
        facts = dict(found) if isinstance(found, dict) else {}
    except ValueError:
        facts = {}
    if status in (200, 201, 202, 204):
        return facts
    later = {name.lower(): value for name, value in headers.items()}.get("retry-after")
    facts |= {"retry_after": later} if later is not None else {}
    # a problem document, or what TorchServe itself says
    code = str(facts.get("type", "HTTP_ERROR") if "detail" not in facts else facts.get("code"))
    raise ScoringError(
        status, code, str(facts.get("detail") or facts.get("message") or reason), facts
    )


def scores_of(job: Mapping[str, Any]) -> dict[str, Any]:
    """What a job that is done was answered with.

    Raises:
        ScoringError: when it is none with scores.
    """
    result = dict(job["result"])
    if job["http_status"] != 200:
        raise ScoringError(
            job["http_status"], str(result.get("code")), str(result.get("detail")), result
        )
    return result


def wait_s(turn: int, retry_after: object = None) -> float:
    """Seconds before the next try: what the server says, else doubling, with some chance in it."""
    if isinstance(retry_after, str) and retry_after.isdecimal():
        return min(60.0, float(retry_after)) * (1 + random.random() / 4)  # noqa: S311
    return min(30.0, 0.5 * 2.0**turn) * (0.5 + random.random())  # noqa: S311


def transcript_beside(file: Path) -> Path | None:
    """The transcript of a media file, if one lies beside it."""
    found = (file.with_suffix(suffix) for suffix in TRANSCRIPTS)
    return next((path for path in found if path.is_file()), None)
