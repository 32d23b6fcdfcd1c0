"""A multipart form to what it asks for.

``media_1``, ``transcript_1``, ``speaker_1``, ``question_1``, ``question_id_1``, ``clip_id_1`` and
so on (``media`` is ``media_1``), ``candidate_id``, ``explain``, ``retain``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from trifold.serve.problems import bad_field
from trifold.serve.worker.parsing.asked import CandidateRequest, answer_of, candidate_id_of

_NUMBERED = re.compile(
    r"(media|transcript|speaker|question_id|question|clip_id)(?:_([1-9]\d{0,2}))?"
)


def candidate_of_form(fields: Mapping[str, bytes | memoryview]) -> CandidateRequest:
    """The one candidate of a form.

    Raises:
        Problem: 400 for a field that is unknown, comes twice or is not what it should be.
    """
    numbered: dict[int, dict[str, Any]] = {}
    plain: dict[str, str] = {}
    for name, value in fields.items():
        match = _NUMBERED.fullmatch(name)
        if match:
            column, number = match.group(1), int(match.group(2) or 1)
            answer = numbered.setdefault(number, {})
            if column in answer:
                raise bad_field(name, "every field once (media is media_1)", "both")
            if column == "media":
                answer[column] = value  # large, so not copied
            else:  # of a transcript, its content says how it is to be read
                answer[column] = bytes(value) if column == "transcript" else _text(name, value)
        elif name in ("candidate_id", "explain", "retain"):
            plain[name] = _text(name, value)
        else:
            raise bad_field(name, "a field that the description of the service names", "another")
    answers = tuple(answer_of(f"media_{n}", numbered[n]) for n in sorted(numbered))
    return CandidateRequest(
        candidate_id_of(plain.get("candidate_id")),
        answers,
        explain=_flag("explain", plain.get("explain", "false")),
        retain=_flag("retain", plain.get("retain", "false")),
    )


def _text(name: str, value: bytes | memoryview) -> str:
    try:
        return bytes(value).decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad_field(name, "UTF-8 text", "other bytes") from error


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise bad_field(name, "true or false", repr(text))
    return text.lower() == "true"
