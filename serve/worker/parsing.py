"""Requests as they come, to candidates with answers.

Multipart: ``media_1``, ``transcript_1``, ``speaker_1``, ``question_1``, ``question_id_1``,
``clip_id_1`` and so on (``media`` is ``media_1``), ``candidate_id``, ``explain``, ``retain``. A
body that is no form and no JSON is one media file. JSON names files below the server's media
root::

    {"candidate_id": "ann", "explain": true, "answers": [
        {"path": "ann/q1.mp4", "transcript": "…", "question": "…"}]}

or several such objects under ``candidates``; or ``{"forget": "ann"}``, with ``"everyone": true``
for all callers.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from trifold.codes import Code
from trifold.serve.problems import Problem, bad_field
from trifold.serve.settings import Settings

BODY = "body"  # what TorchServe calls a body that is no form
ANONYMOUS = "candidate"
DUPLICATED = "\0duplicated"  # a form field that came more than once, see handler
MOST_ID_CHARS, MOST_QUESTION_CHARS = 200, 2000
_NUMBERED = re.compile(
    r"(media|transcript|speaker|question_id|question|clip_id)(?:_([1-9]\d{0,2}))?"
)
_OF_ANSWER = {
    "path",
    "transcript",
    "transcript_path",
    "speaker",
    "question",
    "question_id",
    "clip_id",
}
_AS_BYTES = ("media", "transcript")  # read by their content, whatever they are
_OF_CANDIDATE = {"candidate_id", "answers", "explain", "retain"}

Fields = Mapping[str, bytes]


@dataclass(frozen=True)
class AnswerRequest:
    """One answer of a request: bytes, or a path below the server's media root, or words alone."""

    name: str
    media: bytes | None = None
    path: str | None = None
    transcript: bytes | None = None
    transcript_path: str | None = None
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
class ScoreRequest:
    """What a request asks for: scores of candidates, or that one is forgotten."""

    candidates: tuple[CandidateRequest, ...] = ()
    many: bool = False
    forget: str | None = None
    everyone: bool = False  # forget the candidates of this id of all callers


def read_request(fields: Fields, content_type: str, settings: Settings) -> ScoreRequest:
    """Understand one request.

    Args:
        fields: name to bytes, as TorchServe hands them over.
        content_type: of the request.
        settings: its limits.

    Raises:
        Problem: 400 where a field is wrong, 413 where there is too much.
    """
    if len(fields) > settings.max_fields + 1:  # a marker beside them
        raise Problem(413, Code.TOO_MANY_FIELDS, f"expected at most {settings.max_fields} fields")
    if DUPLICATED in fields:
        name = fields[DUPLICATED].decode("utf-8", "replace")
        raise bad_field(name, "every field once (media_1, media_2, …)", "several")
    if BODY in fields:
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "application/json" or kind.endswith("+json"):
            return _limited(_from_json(fields[BODY]), settings)
        wanted = CandidateRequest(ANONYMOUS, (AnswerRequest("media_1", media=bytes(fields[BODY])),))
        return _limited(ScoreRequest((wanted,)), settings)
    return _limited(ScoreRequest((_from_form(fields),)), settings)


def _from_form(fields: Fields) -> CandidateRequest:
    numbered: dict[int, dict[str, Any]] = {}
    plain: dict[str, str] = {}
    for name, value in fields.items():
        match = _NUMBERED.fullmatch(name)
        if match:
            column, number = match.group(1), int(match.group(2) or 1)
            answer = numbered.setdefault(number, {})
            if column in answer:
                raise bad_field(name, "every field once (media is media_1)", "both")
            answer[column] = bytes(value) if column in _AS_BYTES else _text(name, value)
        elif name in ("candidate_id", "explain", "retain"):
            plain[name] = _text(name, value)
        else:
            raise bad_field(name, "a field that the description of the service names", "another")
    answers = tuple(_answer(f"media_{n}", numbered[n]) for n in sorted(numbered))
    return CandidateRequest(
        _person(plain.get("candidate_id")),
        answers,
        explain=_flag("explain", plain.get("explain", "false")),
        retain=_flag("retain", plain.get("retain", "false")),
    )


def _from_json(body: bytes) -> ScoreRequest:
    try:
        facts = json.loads(bytes(body).decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise bad_field(BODY, "JSON", type(error).__name__) from error
    if not isinstance(facts, dict):
        raise bad_field(BODY, "a JSON object", type(facts).__name__)
    if "forget" in facts and set(facts) <= {"forget", "everyone"}:
        everyone = _switch(facts, "everyone")
        return ScoreRequest(forget=_required_id("forget", facts["forget"]), everyone=everyone)
    if set(facts) == {"candidates"}:
        entries = facts["candidates"]
        if not isinstance(entries, list) or not entries:
            raise bad_field("candidates", "a list of objects", _kind(entries))
        many = [_one(entry, f"candidates[{i}]") for i, entry in enumerate(entries)]
        return ScoreRequest(tuple(many), many=True)
    return ScoreRequest((_one(facts, ""),))


def _one(facts: object, where: str) -> CandidateRequest:
    """One candidate of a JSON body."""
    if not isinstance(facts, dict):
        raise bad_field(where, "an object", _kind(facts))
    _only(facts, _OF_CANDIDATE, where)
    entries = facts.get("answers")
    if not isinstance(entries, list) or not entries:
        raise bad_field(f"{where}.answers".lstrip("."), "a list of objects", _kind(entries))
    answers = [
        _json_answer(e, f"{where}.answers[{i}]".lstrip("."), i) for i, e in enumerate(entries)
    ]
    return CandidateRequest(
        _person(facts.get("candidate_id")),
        tuple(answers),
        explain=_switch(facts, "explain"),
        retain=_switch(facts, "retain"),
    )


def _switch(facts: Mapping[str, Any], name: str) -> bool:
    value = facts.get(name, False)
    if not isinstance(value, bool):
        raise bad_field(name, "true or false", _kind(value))
    return value


def _json_answer(facts: object, where: str, number: int) -> AnswerRequest:
    if not isinstance(facts, dict):
        raise bad_field(where, "an object", _kind(facts))
    _only(facts, _OF_ANSWER, where)
    for name, value in facts.items():
        if value is not None and not isinstance(value, str):
            raise bad_field(f"{where}.{name}", "text", _kind(value))
    columns = {k: v for k, v in facts.items() if v is not None}
    for name, text in columns.items():
        if not _is_unicode(text):  # JSON can name half a character, which no file can hold
            raise bad_field(f"{where}.{name}", "Unicode text", "half a character")
    if "transcript" in columns:
        columns["transcript"] = columns["transcript"].encode()
    return _answer(f"answer_{number + 1}", columns)


def _answer(name: str, columns: Mapping[str, Any]) -> AnswerRequest:
    answer = AnswerRequest(name, **columns)
    if all(
        part is None
        for part in (answer.media, answer.path, answer.transcript, answer.transcript_path)
    ):
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
        question_id=_id("question_id", answer.question_id),
        clip_id=_id("clip_id", answer.clip_id),
        speaker=_id("speaker", answer.speaker),
    )


def _limited(request: ScoreRequest, settings: Settings) -> ScoreRequest:
    if len(request.candidates) > settings.max_candidates:
        raise Problem(
            413,
            Code.TOO_MANY_CANDIDATES,
            f"expected at most {settings.max_candidates} candidates, got {len(request.candidates)}",
        )
    for wanted in request.candidates:
        if not wanted.answers:
            raise bad_field("media_1", "a media file", "none")
        if len(wanted.answers) > settings.max_files:
            raise Problem(
                413,
                Code.TOO_MANY_FILES,
                f"expected at most {settings.max_files} answers, got {len(wanted.answers)}",
            )
        _unique_clips(wanted)
        for answer in wanted.answers:
            _check_sizes(answer, settings)
    return request


def _unique_clips(wanted: CandidateRequest) -> None:
    names = [answer.clip_id or answer.name for answer in wanted.answers]
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise bad_field("clip_id", "one answer per clip_id", f"'{twice}' twice")


def _check_sizes(answer: AnswerRequest, settings: Settings) -> None:
    if len(answer.media or b"") > settings.max_file_mib << 20:
        raise Problem(
            413,
            Code.FILE_TOO_LARGE,
            f"expected at most {settings.max_file_mib} MiB per file, "
            f"got {len(answer.media or b'') >> 20}",
            field=answer.name,
        )
    if len((answer.transcript or b"").decode("utf-8", "replace")) > settings.max_text_chars:
        raise Problem(
            413,
            Code.TOO_LONG,
            f"expected a transcript of at most {settings.max_text_chars} characters",
            field=answer.name,
        )


def _only(facts: Mapping[str, object], known: set[str], where: str) -> None:
    unknown = sorted(str(name) for name in set(facts) - known)
    if unknown:
        raise bad_field(
            f"{where}.{unknown[0]}".lstrip("."),
            f"fields among {', '.join(sorted(known))}",
            "another",
        )


def _text(name: str, value: bytes) -> str:
    try:
        return bytes(value).decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad_field(name, "UTF-8 text", "other bytes") from error


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise bad_field(name, "true or false", repr(text))
    return text.lower() == "true"


def _id(name: str, value: object) -> str | None:
    """An identifier: text without control characters; empty counts as absent."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise bad_field(name, "text", _kind(value))
    if len(value) > MOST_ID_CHARS or not value.isprintable():
        raise bad_field(name, f"at most {MOST_ID_CHARS} printable characters", "another text")
    return value


def _person(value: object) -> str:
    """Whose answers a request brings."""
    return _id("candidate_id", value) or ANONYMOUS


def _required_id(name: str, value: object) -> str:
    found = _id(name, value)
    if found is None:
        raise bad_field(name, "a candidate id", "none")
    return found


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean"}
    return "nothing" if value is None else names.get(type(value), "a number")
