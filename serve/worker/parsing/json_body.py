"""A JSON body to what it asks for; it names files below the server's media root, or URLs.

::

    {"candidate_id": "ann", "explain": true, "answers": [
        {"path": "ann/q1.mp4", "transcript": "…", "question": "…"}]}

or several such objects under ``candidates``; or ``{"forget": "ann"}``, with ``"everyone": true``
for all callers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trifold.serve.problems import bad_field
from trifold.serve.worker.parsing.asked import (
    BODY,
    AnswerRequest,
    CandidateRequest,
    ScoreRequest,
    answer_of,
    candidate_id_of,
    identifier,
    kind_of,
)

_OF_ANSWER = {
    "path",
    "url",
    "transcript",
    "transcript_path",
    "transcript_url",
    "speaker",
    "question",
    "question_id",
    "clip_id",
}
_OF_CANDIDATE = {"candidate_id", "answers", "explain", "retain"}


def request_of_json(body: bytes) -> ScoreRequest:
    """The candidates of a JSON body, or whom to forget.

    Raises:
        Problem: 400 where it is no JSON, or a field is unknown or wrong.
    """
    facts = json_object(body)
    if "forget" in facts and set(facts) <= {"forget", "everyone"}:
        everyone = _switch(facts, "everyone")
        return ScoreRequest(forget=_required_id("forget", facts["forget"]), everyone=everyone)
    if set(facts) == {"candidates"}:
        entries = facts["candidates"]
        if not isinstance(entries, list) or not entries:
            raise bad_field("candidates", "a list of objects", kind_of(entries))
        many = [_one(entry, f"candidates[{i}]") for i, entry in enumerate(entries)]
        return ScoreRequest(tuple(many), many=True)
    return ScoreRequest((_one(facts, ""),))


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds.

    Raises:
        Problem: 400 where it is no JSON, or another value.
    """
    try:
        facts = json.loads(bytes(body).decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise bad_field(BODY, "JSON", type(error).__name__) from error
    if not isinstance(facts, dict):
        raise bad_field(BODY, "a JSON object", type(facts).__name__)
    return facts


def _one(facts: object, where: str) -> CandidateRequest:
    """One candidate of a JSON body."""
    if not isinstance(facts, dict):
        raise bad_field(where, "an object", kind_of(facts))
    _only(facts, _OF_CANDIDATE, where)
    entries = facts.get("answers")
    if not isinstance(entries, list) or not entries:
        raise bad_field(f"{where}.answers".lstrip("."), "a list of objects", kind_of(entries))
    answers = [
        _json_answer(e, f"{where}.answers[{i}]".lstrip("."), i) for i, e in enumerate(entries)
    ]
    return CandidateRequest(
        candidate_id_of(facts.get("candidate_id")),
        tuple(answers),
        explain=_switch(facts, "explain"),
        retain=_switch(facts, "retain"),
    )


def _switch(facts: Mapping[str, Any], name: str) -> bool:
    value = facts.get(name, False)
    if not isinstance(value, bool):
        raise bad_field(name, "true or false", kind_of(value))
    return value


def _json_answer(facts: object, where: str, number: int) -> AnswerRequest:
    if not isinstance(facts, dict):
        raise bad_field(where, "an object", kind_of(facts))
    _only(facts, _OF_ANSWER, where)
    for name, value in facts.items():
        if value is not None and not isinstance(value, str):
            raise bad_field(f"{where}.{name}", "text", kind_of(value))
    columns = {k: v for k, v in facts.items() if v is not None}
    for name, text in columns.items():
        if not is_unicode(text):  # JSON can name half a character, which no file can hold
            raise bad_field(f"{where}.{name}", "Unicode text", "half a character")
    if "transcript" in columns:
        columns["transcript"] = columns["transcript"].encode()
    return answer_of(f"answer_{number + 1}", columns)


def _only(facts: Mapping[str, object], known: set[str], where: str) -> None:
    unknown = sorted(str(name) for name in set(facts) - known)
    if unknown:
        raise bad_field(
            f"{where}.{unknown[0]}".lstrip("."),
            f"fields among {', '.join(sorted(known))}",
            "another",
        )


def _required_id(name: str, value: object) -> str:
    found = identifier(name, value)
    if found is None:
        raise bad_field(name, "a candidate id", "none")
    return found


def is_unicode(text: str) -> bool:
    """False where JSON named half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_constant(name: str) -> object:
    raise ValueError(name)
