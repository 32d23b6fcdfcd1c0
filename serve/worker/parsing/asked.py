"""What a request asks for, and what holds for its fields however they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from trifold.codes import Code
from trifold.serve.problems import Problem, bad_field

BODY = "body"  # what TorchServe calls a body that is no form
ANONYMOUS = "candidate"
MOST_ID_CHARS, MOST_QUESTION_CHARS = 200, 2000


@dataclass(frozen=True)
class AnswerRequest:
    """One answer of a request: bytes, a path below the server's media root, a URL, or words alone.

    What lies at a URL the gateway reads, and the worker gets a path.
    """

    name: str
    media: bytes | memoryview | None = None
    path: str | None = None
    url: str | None = None
    transcript: bytes | None = None
    transcript_path: str | None = None
    transcript_url: str | None = None
    speaker: str | None = None
    question: str | None = None
    question_id: str | None = None
    clip_id: str | None = None


@dataclass(frozen=True)
class CandidateRequest:
    """One candidate of a request, and what is asked for."""

    candidate_id: str
    answers: tuple[AnswerRequest, ...]
    explain: bool = False
    retain: bool = False


@dataclass(frozen=True)
class TensorRequest:
    """How an answer in tensors shall look: names of outputs, of which none means all."""

    model: str
    request_id: str | None
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class ScoreRequest:
    """What a request asks for: scores of candidates, or that one is forgotten."""

    candidates: tuple[CandidateRequest, ...] = ()
    many: bool = False
    forget: str | None = None
    everyone: bool = False  # forget the candidates of this id of all callers
    tensors: TensorRequest | None = None


def answer_of(name: str, columns: Mapping[str, Any]) -> AnswerRequest:
    """One answer, of what a form or an object says of it.

    Args:
        name: of the answer, for messages.
        columns: fields of ``AnswerRequest``.

    Raises:
        Problem: 400 where there is neither media nor words, 413 for too long a question.
    """
    answer = AnswerRequest(name, **columns)
    words = (answer.transcript, answer.transcript_path, answer.transcript_url)
    if all(part is None for part in (answer.media, answer.path, answer.url, *words)):
        raise bad_field(name, "a media file or a transcript", "neither")
    if len(answer.question or "") > MOST_QUESTION_CHARS:
        raise Problem(
            413,
            Code.TOO_LONG,
            f"expected a question of at most {MOST_QUESTION_CHARS} characters",
            field=name,
        )
    return replace(
        answer,
        question_id=identifier("question_id", answer.question_id),
        clip_id=identifier("clip_id", answer.clip_id),
        speaker=identifier("speaker", answer.speaker),
    )


def identifier(name: str, value: object) -> str | None:
    """An identifier: text without control characters; empty counts as absent."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise bad_field(name, "text", kind_of(value))
    if len(value) > MOST_ID_CHARS or not value.isprintable():
        raise bad_field(name, f"at most {MOST_ID_CHARS} printable characters", "another text")
    return value


def candidate_id_of(value: object) -> str:
    """Whose answers a request brings; a name of ours where it does not say."""
    return identifier("candidate_id", value) or ANONYMOUS


def kind_of(value: object) -> str:
    """What kind of JSON value came, in words."""
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean"}
    return "nothing" if value is None else names.get(type(value), "a number")
