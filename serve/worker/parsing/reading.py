"""Requests as they come, to candidates with answers, within the server's limits.

Multipart forms are read by ``form``, JSON by ``json_body``, tensors of the Open Inference Protocol
by a package of their own. Any other body is one media file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from trifold.codes import Code
from trifold.serve.inference_protocol.tensors import CONTENT_TYPE as TENSORS
from trifold.serve.inference_protocol.tensors import request_of_tensors
from trifold.serve.problems import Problem, bad_field
from trifold.serve.settings import Settings
from trifold.serve.worker.parsing.asked import (
    ANONYMOUS,
    BODY,
    AnswerRequest,
    CandidateRequest,
    ScoreRequest,
)
from trifold.serve.worker.parsing.form import candidate_of_form
from trifold.serve.worker.parsing.json_body import request_of_json

# no fields, but what is wrong with a form: a field that came more than once; all of it
DUPLICATED, MALFORMED = "\0duplicated", "\0malformed"
Field = bytes | memoryview
Fields = Mapping[str, Field]


def read_request(fields: Fields, content_type: str, settings: Settings) -> ScoreRequest:
    """Understand one request.

    Args:
        fields: name to bytes.
        content_type: of the request.
        settings: its limits.

    Raises:
        Problem: 400 where a field is wrong, 413 where there is too much.
    """
    if len(fields) > settings.max_fields + 1:  # a marker beside them
        raise Problem(413, Code.TOO_MANY_FIELDS, f"expected at most {settings.max_fields} fields")
    if MALFORMED in fields:
        raise Problem(400, Code.BAD_FORM, "expected a form that can be read")
    if DUPLICATED in fields:
        name = bytes(fields[DUPLICATED]).decode("utf-8", "replace")
        raise bad_field(name, "every field once (media_1, media_2, …)", "several")
    if BODY in fields:
        kind, _, model = content_type.partition(";")
        kind = kind.strip().lower()
        if kind == TENSORS:
            return _limited(request_of_tensors(bytes(fields[BODY]), model), settings)
        if kind == "application/json" or kind.endswith("+json"):
            return _limited(request_of_json(bytes(fields[BODY])), settings)
        wanted = CandidateRequest(ANONYMOUS, (AnswerRequest("media_1", media=fields[BODY]),))
        return _limited(ScoreRequest((wanted,)), settings)
    return _limited(ScoreRequest((candidate_of_form(fields),)), settings)


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
