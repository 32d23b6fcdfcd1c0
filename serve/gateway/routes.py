"""What the gateway does at each of its addresses."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from trifold.codes import Code
from trifold.serve.access.api_keys import Callers
from trifold.serve.access.identity import ADMIN, AUDIT, FORGET, SCOPES, SCORE, Caller
from trifold.serve.gateway.bodies import checked_type, read_body
from trifold.serve.gateway.concurrency import WAITING, Quotas, Reservation
from trifold.serve.gateway.events import Events
from trifold.serve.gateway.http import CALLER, code_in, response
from trifold.serve.gateway.jobs import Jobs
from trifold.serve.gateway.queued import QueuedJob
from trifold.serve.gateway.upstream import Upstream, UpstreamRequest, UpstreamResponse
from trifold.serve.governance.people import MOST_BYTES, KeptPeople, digest_of, export_of, parsed
from trifold.serve.governance.rules import DESCRIPTION, ServingRules
from trifold.serve.interface.versions import MEDIA_SECONDS
from trifold.serve.outbound.linked_media import LinkedMedia
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.usage.quotas import Usage
from trifold.serve.worker.forgotten import ForgottenCandidate
from trifold.serve.worker.parsing.json_body import request_of_json
from trifold.serve.worker.records import verified

ASKING = (SCORE, FORGET, ADMIN)  # any of them may ask; for what, the worker reads in the body
_IDEMPOTENCY = re.compile(r"[\x21-\x7e]{1,200}")


class Gateway:
    """The application's routes.

    Args:
        callers: who may call.
        settings: limits.
        events: what of this is written down.
        usage: what callers used.

    Attributes:
        settings: limits.
        forgetting: what else has to forget somebody whom a worker forgot.
        interviews: of Greenhouse's about a candidate, for a caller or for all.
    """

    def __init__(self, callers: Callers, settings: Settings, events: Events, usage: Usage) -> None:
        self._callers, self.settings, self.events = callers, settings, events
        self._usage, self.links = usage, LinkedMedia(settings)
        self.rules, self._people = ServingRules(settings), KeptPeople(settings)
        self.rules.check()
        self._quotas, self._verifying = Quotas(settings), asyncio.Lock()
        self.forgetting: list[Callable[[UpstreamRequest, ForgottenCandidate], Awaitable[None]]] = []
        self.interviews: Callable[[str, str, bool], Awaitable[list[object]]] = _no_interviews
        self.upstream: Upstream
        self.jobs: Jobs

    async def score(self, request: web.Request) -> web.Response:
        """Pass a request on and its answer back."""
        return response(await self.answer(request))

    async def answer(self, request: web.Request, content_type: str = "") -> UpstreamResponse:
        """What a worker answers to a request; ``content_type`` says how it shall read the body."""
        caller = self.caller_of(request, *((SCORE,) if content_type else ASKING))
        with self._quotas.reserve(caller.name) as place:
            place.check(WAITING)
            ask = await self._ask_of(request, caller, place)
            if content_type:
                self.rules.admit(caller.name)
                await self._usage.admit(caller.name, job=False)
                ask = replace(ask, content_type=content_type)
            else:
                await self._admit(ask)
            place.take(WAITING)
            answer = await self._answered(ask, await self.links.ask(ask, self.upstream.ask))
        if answer.status >= 400:
            self.events.count(caller.name, code_in(answer))
        return answer

    async def versions(self, request: web.Request) -> dict[str, bool]:
        """What somebody with a key names of the model, see ``Upstream.named``."""
        self.caller_of(request, *SCOPES)
        return await self.upstream.named(*_named(request))

    async def once(self, ask: UpstreamRequest) -> UpstreamResponse:
        """As a job is answered."""
        return await self._answered(ask, await self.links.ask(ask, self.upstream.once))

    async def _answered(self, ask: UpstreamRequest, answer: UpstreamResponse) -> UpstreamResponse:
        """Media are counted; where a worker forgot somebody, jobs' answers are forgotten too."""
        self._usage.scored(ask.caller, answer.headers.get(MEDIA_SECONDS, ""))
        if answer.forgotten is None:
            return answer
        for forget in self.forgetting:
            await forget(ask, answer.forgotten)
        dropped = await self.jobs.forget(ask, answer.forgotten)
        return replace(answer, body=_body(json.loads(answer.body) | {"job_answers": dropped}))

    async def submit(self, request: web.Request) -> web.Response:
        """Take a job."""
        _, job = await self.take(request)
        return _json(202, job.to_dict(), Location=f"/jobs/{job.job_id}")

    async def take(self, request: web.Request) -> tuple[UpstreamRequest, QueuedJob]:
        """Take a job; what it asks for, and how it stands."""
        caller = self.caller_of(request, *ASKING)
        name = request.headers.get("Idempotency-Key")
        if name is not None and not _IDEMPOTENCY.fullmatch(name):
            said = "expected at most 200 printable ASCII characters"
            raise Problem(400, Code.BAD_FIELD, said, field="Idempotency-Key")
        await self.upstream.refuse_unknown(*_named(request))
        with self._quotas.reserve(caller.name) as place:
            ask = await self._ask_of(request, caller, place)
            await self._admit(ask, job=True)
            return ask, await self.jobs.submit(ask, name)  # bytes count until they are stored

    async def job(self, request: web.Request) -> web.Response:
        """What has become of a job; that its answer was handed out is written down."""
        caller = self.caller_of(request, *ASKING).name
        self.rules.admit(caller)
        job = await self.jobs.find(request.match_info["job"], caller)
        if job.answer is not None and not job.is_read:
            digest = hashlib.sha256(job.answer.body).hexdigest()
            await self.events.note("job_read", job=job.job_id, output_sha256=digest, caller=caller)
            await self.jobs.note_read(job.job_id)
        return _json(200, job.to_dict())

    async def remove(self, request: web.Request) -> web.Response:
        """Forget a job."""
        caller = self.caller_of(request, *ASKING).name
        job = await self.jobs.find(request.match_info["job"], caller)
        await self.events.note("job_deleted", job=job.job_id, caller=caller)
        await self.jobs.remove(job.job_id, caller)
        return web.Response(status=204)

    async def override(self, request: web.Request) -> web.Response:
        """Keep a reviewer's word beside a score, once that is written down."""
        caller = self.caller_of(request, SCORE).name
        self.rules.admit(caller)
        facts = await self.facts_of(request, caller)
        given = await asyncio.to_thread(self._people.override_of, facts, caller)
        whose = self._people.pseudonym(given.candidate_id, caller)
        digest = digest_of(given)
        await self.events.note("override", pseudonym=whose, override_sha256=digest, caller=caller)
        made = await asyncio.to_thread(self._people.write, given, caller)
        return _json(201, asdict(made))

    async def export(self, request: web.Request) -> web.Response:
        """Give out all that is held of a candidate, and write down that it was given."""
        caller = self.caller_of(request, FORGET, ADMIN)
        whom, everyone = export_of(await self.facts_of(request, caller.name))
        caller.require(ADMIN if everyone else FORGET)
        found = await asyncio.to_thread(self._people.export, whom, caller.name, everyone=everyone)
        held = await self.jobs.answers_about(whom, caller.name, everyone=everyone)
        found["interviews"] = await self.interviews(whom, caller.name, everyone)
        whose = self._people.pseudonym(whom, caller.name)
        await self.events.note("export", pseudonym=whose, everyone=everyone, caller=caller.name)
        return _json(200, {"candidate_id": whom, **found, "job_answers": held})

    async def ping(self, request: web.Request) -> web.Response:
        """Health, without a key."""
        self._callers.current()
        if not await self.upstream.healthy():
            raise Problem(503, Code.NOT_READY, "the server is not ready")
        await self.events.check()
        return _json(200, {"status": "Healthy"})

    async def audit(self, request: web.Request) -> web.Response:
        """Verify the audit log; its head is to be noted elsewhere."""
        self.caller_of(request, AUDIT)
        async with self._verifying:  # one at a time: a long log takes a while
            found = await asyncio.to_thread(verified, self.settings)
        return _json(200, {"lines": found.lines, "head": found.head})

    async def description(self, request: web.Request) -> web.Response:
        """The OpenAPI description, without a key."""
        return web.Response(
            text=DESCRIPTION.read_text(encoding="utf-8"), content_type="application/yaml"
        )

    async def _admit(self, ask: UpstreamRequest, *, job: bool = False) -> None:
        """Refuse what a policy refuses today, or is beyond a quota, and count what is not.

        Nobody is kept from having somebody forgotten.

        Raises:
            Problem: 403 or 429.
        """
        if not _is_to_forget(ask.body):
            self.rules.admit(ask.caller)
            await self._usage.admit(ask.caller, job=job)

    def caller_of(self, request: web.Request, *scopes: str) -> Caller:
        """Whose key it is, if it has one of the scopes; the worker looks at what is asked for."""
        caller = self._callers.of(request.headers.get("Authorization"))
        if caller is None:
            raise Problem(401, Code.UNAUTHORIZED, "expected a key: Authorization: Bearer KEY")
        request[CALLER] = caller.name
        caller.require(*scopes)
        return caller

    async def facts_of(self, request: web.Request, caller: str) -> dict[str, Any]:
        """The object in a small JSON body."""
        with self._quotas.reserve(caller) as place:
            return parsed(await read_body(request, place, self.settings))

    async def _ask_of(
        self, request: web.Request, caller: Caller, place: Reservation
    ) -> UpstreamRequest:
        """The request as it is passed on: its path without a query, which would be logged."""
        path = "/predictions/" + "/".join(filter(None, _named(request)))
        body = await read_body(request, place, self.settings)
        kind = request.headers.get("Content-Type", "application/octet-stream")
        kind = checked_type(body, kind, self.settings)
        return UpstreamRequest(path, body, kind, caller.name, caller.to_headers())


def _named(request: web.Request) -> tuple[str, str]:
    """Model and version of an address; no version where it has none."""
    return request.match_info["model"], request.match_info.get("version", "")


async def _no_interviews(*_: object) -> list[object]:
    return []


def _is_to_forget(body: bytes) -> bool:
    """Whether a body asks for somebody to be forgotten, and for nothing else."""
    if len(body) >= MOST_BYTES or b'"forget"' not in body:
        return False
    with suppress(Problem):  # which the worker says
        return request_of_json(body).forget is not None
    return False


def _json(status: int, facts: dict[str, object], **headers: str) -> web.Response:
    return response(UpstreamResponse(status, _body(facts), "application/json", headers))


def _body(facts: dict[str, object]) -> bytes:
    return json.dumps(facts, ensure_ascii=False).encode()
