"""Rows of jobs as they are meant: bodies, answers and names of candidates are sealed in them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.serve.database.sealing import Sealer
from trifold.serve.database.tables import BodyPart, JobRow
from trifold.serve.gateway.queued import QueuedJob
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.worker.forgotten import ForgottenCandidate, people_of, without

PART_BYTES = 1 << 20
ANSWER, FORGETS = "answer", "forgets"
Forget = tuple[UpstreamRequest, ForgottenCandidate]


class SealedJobs:
    """Reads and writes what is sealed.

    Args:
        sealer: with the endpoint's key.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self.pseudonym = sealer.pseudonym

    def shown(self, job: JobRow, ask: UpstreamRequest | None = None) -> QueuedJob:
        """A job as its caller may see it."""
        answer = None if job.answer is None else self.answer(job)
        return QueuedJob(job.id, job.caller, job.state, answer, ask, job.losses, job.is_read)

    def body_parts(self, job: JobRow, body: bytes) -> Iterator[BodyPart]:
        """A body in pieces; each is sealed for its place alone."""
        for number, start in enumerate(range(0, len(body), PART_BYTES)):
            content = body[start : start + PART_BYTES]
            sealed = self._sealer.seal(content, job.salt, f"{job.id} {number}")
            yield BodyPart(job_id=job.id, number=number, content=sealed)

    def ask(self, session: Session, job: JobRow) -> UpstreamRequest:
        """What a job asks for."""
        parts = select(BodyPart.number, BodyPart.content).where(BodyPart.job_id == job.id)
        body = bytearray()
        for number, content in session.execute(parts.order_by(BodyPart.number)):
            body += self._sealer.open(content, job.salt, f"{job.id} {number}")
        return UpstreamRequest(**job.ask, body=bytes(body))

    def answer(self, job: JobRow) -> UpstreamResponse:
        """The answer of a job that has one."""
        opened = self._sealer.open(job.answer or b"", job.salt, ANSWER)
        head, _, body = opened.partition(b"\n")
        return UpstreamResponse(**json.loads(head), body=body)

    def set_answer(self, job: JobRow, answer: UpstreamResponse) -> None:
        """Note the answer of a job, and whom it is about."""
        head = {
            "status": answer.status,
            "content_type": answer.content_type,
            "headers": dict(answer.headers),
        }
        content = json.dumps(head).encode() + b"\n" + answer.body
        job.answer = self._sealer.seal(content, job.salt, ANSWER)
        job.people = sorted(self._whom(job, name) for name in people_of(answer.body))

    def is_about(self, job: JobRow, candidate_id: str) -> bool:
        """Whether the answer of a job holds something of a candidate."""
        return self._whom(job, candidate_id) in job.people

    def strip(self, job: JobRow, candidate_id: str) -> bool:
        """Take a candidate out of an answer; False where it is about nobody else."""
        answer = self.answer(job)
        left = without(answer.body, candidate_id)
        if left is None:
            return False
        self.set_answer(job, replace(answer, body=left))
        return True

    def forgets(self, job: JobRow) -> list[Forget]:
        """Who was to be forgotten while a job was under way."""
        if job.forgets is None:
            return []
        found = json.loads(self._sealer.open(job.forgets, job.salt, FORGETS))
        return [
            (
                UpstreamRequest(**ask | {"body": base64.b64decode(ask["body"])}),
                ForgottenCandidate(**whom),
            )
            for ask, whom in found
        ]

    def add_forget(self, job: JobRow, ask: UpstreamRequest, whom: ForgottenCandidate) -> None:
        """Somebody is to be forgotten once a job is done."""
        held = self.forgets(job)
        if (ask, whom) in held:
            return
        plain = [
            (plain_of(a) | {"body": base64.b64encode(a.body).decode()}, asdict(w))
            for a, w in [*held, (ask, whom)]
        ]
        job.forgets = self._sealer.seal(json.dumps(plain).encode(), job.salt, FORGETS)

    def _whom(self, job: JobRow, candidate_id: str) -> str:
        return self.pseudonym("candidate", job.id, candidate_id)


def plain_of(ask: UpstreamRequest) -> dict[str, Any]:
    """A request without its body, for JSON."""
    return {name: value for name, value in asdict(replace(ask, body=b"")).items() if name != "body"}
