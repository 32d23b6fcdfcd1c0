"""Greenhouse's Assessment API (developers.greenhouse.io/assessment.html), and its other side.

Greenhouse lists tests, sends one to a candidate, and asks how it stands. The interviews are held by
somebody else, the provider: it is told of each (``interview.requested``), brings the answers under
its id, and they are scored as a job of the provider's.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from trifold.codes import Code
from trifold.serve.access.identity import SCORE
from trifold.serve.database.asking import asked
from trifold.serve.database.opened import reachable
from trifold.serve.gateway.http import response
from trifold.serve.gateway.routes import Gateway
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.greenhouse.interviews import COMPLETE, FORGOTTEN, SCORING, Interview, Interviews
from trifold.serve.greenhouse.results import status_of
from trifold.serve.greenhouse.settings import GreenhouseSettings
from trifold.serve.outbound.addresses import Hosts, UrlRefused, checked_url
from trifold.serve.outbound.telling import Telling
from trifold.serve.problems import Problem, bad_field, shown
from trifold.serve.worker.forgotten import ForgottenCandidate
from trifold.serve.worker.parsing.body import fields_of
from trifold.serve.worker.parsing.reading import read_request

REQUESTED_EVENT = "interview.requested"
CALLS = ("list_tests", "send_test", "test_status")
ERROR_COUNT = "GREENHOUSE_ERROR"  # in the audit log's counts
OF_PERSON = ("first_name", "last_name", "email")
MOST_CHARS = 300


class Greenhouse:
    """Routes.

    Args:
        settings: what the owner says.
        interviews: that were asked for.
        gateway: takes the answers.
        private: hosts that may be internal.

    Attributes:
        telling: tells the provider, while the gateway runs.
    """

    def __init__(
        self,
        settings: GreenhouseSettings,
        interviews: Interviews,
        gateway: Gateway,
        private: Hosts,
    ) -> None:
        self._settings, self._interviews = settings, interviews
        self._gateway, self._private = gateway, private
        self.telling: Telling

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        own, others = "/greenhouse", "/v1/interviews"
        return [
            web.get(f"{own}/list_tests", self.list_tests),
            web.post(f"{own}/send_test", self.send_test),
            web.get(f"{own}/test_status", self.test_status),
            web.post(f"{own}/request_errors", self.request_errors),
            web.get(others, self.waiting),
            web.get(f"{others}/{{interview}}", self.interview),
            web.post(f"{others}/{{interview}}/answers", self.answers),
            web.delete(f"{others}/{{interview}}", self.forget),
        ]

    async def list_tests(self, request: web.Request) -> web.Response:
        """What can be sent."""
        self._caller(request, self._settings.caller)
        tests = self._settings.tests.values()
        named = [{"partner_test_id": test.id, "partner_test_name": test.name} for test in tests]
        return _json(200, named)

    async def send_test(self, request: web.Request) -> web.Response:
        """Somebody is to be interviewed; asked again for the same, it is the same interview."""
        caller = self._caller(request, self._settings.caller)
        facts = await self._gateway.facts_of(request, caller)
        test, url = _text(facts, "partner_test_id"), _text(facts, "url", 4096)
        if test not in self._settings.tests:
            raise bad_field("partner_test_id", "a test of list_tests", shown(test))
        try:
            checked_url(url, self._private, self._settings.hosts)
        except UrlRefused as error:
            raise bad_field("url", "an address of Greenhouse's", "another one") from error
        person = facts.get("candidate")
        if not isinstance(person, dict):
            raise bad_field("candidate", "an object", "another value")
        named = {name: _text(person, name) for name in OF_PERSON}
        found = await asked(self._interviews.request, test, url, named, time.time())
        await self._gateway.events.note("interview_requested", interview=found, caller=caller)
        with reachable():
            provider = self._settings.provider
            await self.telling.caller(provider, REQUESTED_EVENT, interview=found, test=test)
        return _json(200, {"partner_interview_id": found})

    async def test_status(self, request: web.Request) -> web.Response:
        """How an interview stands; with its scores once it is complete."""
        caller = self._caller(request, self._settings.caller)
        self._gateway.rules.admit(caller)
        found = await self._known(request.query.get("partner_interview_id", ""))
        said = status_of(found, self._settings)
        if found.status == COMPLETE:
            await self._gateway.events.note("interview_read", interview=found.id, caller=caller)
        return _json(200, said)

    async def request_errors(self, request: web.Request) -> web.Response:
        """What Greenhouse did not understand of our answers, kept with the interview."""
        caller = self._caller(request, self._settings.caller)
        facts = await self._gateway.facts_of(request, caller)
        call, errors = facts.get("api_call"), facts.get("errors")
        said = [str(error) for error in errors] if isinstance(errors, list) else []
        if call in CALLS:
            name = str(facts.get("partner_interview_id", ""))
            await asked(self._interviews.note, name, said)
        self._gateway.events.count(caller, ERROR_COUNT)
        return _json(200, {"status": 200})

    async def waiting(self, request: web.Request) -> web.Response:
        """Interviews that the provider has still to hold, or whose scores are not there."""
        self._caller(request, self._settings.provider)
        found = await asked(self._interviews.waiting)
        return _json(200, {"interviews": [_facts(one) for one in found]})

    async def interview(self, request: web.Request) -> web.Response:
        """One interview, for its provider."""
        self._caller(request, self._settings.provider)
        return _json(200, _facts(await self._known(request.match_info["interview"])))

    async def answers(self, request: web.Request) -> web.Response:
        """Have an interview's answers scored; the body is that of any request for scores."""
        caller = self._caller(request, self._settings.provider)
        found = await self._known(request.match_info["interview"])
        if found.status == SCORING and await self._is_under_way(found.job, caller):
            raise Problem(409, Code.UNDER_WAY, "its answers are being scored already")
        test = self._settings.tests.get(found.test)
        request.match_info.update(model=test.model if test else "trifold", version="")
        ask, taken = await self._gateway.take(request)
        job, about = taken.job_id, await asyncio.to_thread(self._candidate_of, ask)
        await asked(self._interviews.begin, found.id, job, about)
        with reachable():  # it may be done already, here or at another gateway
            await self.telling.interview_done(await self._gateway.jobs.find(job, caller))
        return _json(202, {"interview": found.id, "job": job, "status": SCORING})

    async def forget(self, request: web.Request) -> web.Response:
        """Remove an interview and its scores, for Greenhouse's caller or the provider."""
        caller = self._caller(request, self._settings.provider, self._settings.caller)
        found = await self._known(request.match_info["interview"])
        await self._gateway.events.note(FORGOTTEN, interview=found.id, caller=caller)
        await asked(self._interviews.forget, found.id)
        return web.Response(status=204)

    async def forgotten(self, ask: UpstreamRequest, whom: ForgottenCandidate) -> None:
        """Remove interviews of somebody whom one of both callers had forgotten."""
        if not whom.everyone and ask.caller not in (self._settings.provider, self._settings.caller):
            return
        for one in await asked(self._interviews.about, whom.candidate_id):
            await self._gateway.events.note(FORGOTTEN, interview=one.id, caller=ask.caller)
            await asked(self._interviews.forget, one.id)

    async def held(self, candidate_id: str, caller: str, everyone: bool) -> list[object]:
        """A copy of the interviews about somebody, for one of both callers."""
        if not everyone and caller not in (self._settings.provider, self._settings.caller):
            return []
        return [_facts(one) for one in await asked(self._interviews.about, candidate_id)]

    async def _is_under_way(self, job: str, caller: str) -> bool:
        """Whether there is a job still: its caller may have deleted it, or its answer be gone."""
        try:
            await self._gateway.jobs.find(job, caller)
        except Problem as problem:
            if problem.code != Code.NO_SUCH_JOB:
                raise
            return False
        return True

    def _candidate_of(self, ask: UpstreamRequest) -> str:
        """The id of the one candidate that a request is about; empty where it is no such request.

        It is known before there is an answer, so that whoever is forgotten meanwhile is forgotten
        here too.
        """
        try:
            fields = fields_of(ask.body, ask.content_type)
            request = read_request(fields, ask.content_type, self._gateway.settings)
        except Problem:  # which becomes the job's answer
            return ""
        ids = [wanted.candidate_id for wanted in request.candidates]
        return ids[0] if len(ids) == 1 else ""

    def _caller(self, request: web.Request, *names: str) -> str:
        """Whose key it is, if this is for that caller; to others it is no address at all."""
        caller = self._gateway.caller_of(request, SCORE).name
        if caller not in names:
            raise Problem(404, Code.NOT_FOUND, "no such address")
        return caller

    async def _known(self, name: str) -> Interview:
        found = await asked(self._interviews.find, name)
        if found is None:
            raise Problem(404, Code.NOT_FOUND, "no such interview")
        return found


def _facts(one: Interview) -> dict[str, Any]:
    requested = datetime.fromtimestamp(one.requested_s, UTC).isoformat(timespec="seconds")
    found: dict[str, Any] = {
        "interview": one.id,
        "test": one.test,
        "status": one.status,
        "requested": requested,
        "candidate": dict(one.person),
    }
    known = {name: one.result[name] for name in ("code", "scores") if name in one.result}
    return found | known | ({"errors": list(one.errors)} if one.errors else {})


def _text(facts: Mapping[str, Any], name: str, most: int = MOST_CHARS) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise bad_field(name, f"printable text of at most {most} characters", "another value")
    return value


def _json(status: int, facts: object) -> web.Response:
    body = json.dumps(facts, ensure_ascii=False).encode()
    return response(UpstreamResponse(status, body, "application/json", {}))
