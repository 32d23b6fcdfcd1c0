"""How the gateway learns that a candidate was forgotten, and what then becomes of jobs' answers.

The worker, which reads the request, says whom in a header of its answer, which goes no further.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from trifold.codes import Code
from trifold.serve.problems import Problem
from trifold.serve.worker.parsing.asked import ScoreRequest
from trifold.serve.worker.retention import one_spelling

HEADER = "X-Trifold-Forgotten"
OWN, EVERYONE = "own", "everyone"


@dataclass(frozen=True)
class ForgottenCandidate:
    """Who was forgotten, and whether for every caller."""

    candidate_id: str
    everyone: bool


def headers_of(request: ScoreRequest) -> dict[str, str]:
    """What a worker's answer to a request says."""
    if request.forget is None:
        return {}
    return header_of(ForgottenCandidate(request.forget, request.everyone))


def header_of(forgotten: ForgottenCandidate | None) -> dict[str, str]:
    """The header that names somebody; none where nobody was forgotten."""
    if forgotten is None:
        return {}
    whose = EVERYONE if forgotten.everyone else OWN
    return {HEADER: f"{whose} {quote(forgotten.candidate_id, safe='')}"}


def read_header(headers: Mapping[str, str]) -> ForgottenCandidate | None:
    """What ``headers_of`` said."""
    whose, _, name = headers.get(HEADER, "").partition(" ")
    return ForgottenCandidate(one_spelling(unquote(name)), whose == EVERYONE) if name else None


def people_of(body: bytes) -> frozenset[str]:
    """Ids of the candidates in an answer's body."""
    facts = json.loads(body)
    entries = [facts, *facts.get("candidates", [])]
    return frozenset(one_spelling(name) for name in map(_id_of, entries) if name)


def entries_of(body: bytes, candidate_id: str) -> list[object]:
    """What an answer's body says of one candidate."""
    facts = json.loads(body)
    entries = facts.get("candidates", [facts])
    return [entry for entry in entries if one_spelling(_id_of(entry) or "") == candidate_id]


def without(body: bytes, candidate_id: str) -> bytes | None:
    """An answer of several candidates without one of them; None where it is about nobody else."""
    facts = json.loads(body)
    if "candidates" not in facts:
        return None
    gone = Problem(410, Code.FORGOTTEN, "this candidate was forgotten").to_dict()
    facts["candidates"] = [
        gone if one_spelling(_id_of(entry) or "") == candidate_id else entry
        for entry in facts["candidates"]
    ]
    return json.dumps(facts, ensure_ascii=False).encode()


def _id_of(entry: Mapping[str, Any]) -> str | None:
    """Of one candidate's scores, or of the problem with them."""
    row = entry.get("candidate", entry)
    name = row.get("candidate_id") if isinstance(row, dict) else None
    return name if isinstance(name, str) else None
