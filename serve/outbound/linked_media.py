"""Requests whose JSON names URLs: files are read first, and the workers find them as paths.

The gateway reads them, so that workers, which open what strangers sent, need no network. They lie
in a folder of the request's own for as long as it is answered. Consents are looked at before.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from trifold.serve.access.identity import MEDIA, SCORE, caller_of
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.governance.consent import ConsentGate
from trifold.serve.outbound.addresses import Lookup
from trifold.serve.outbound.fetching import Fetcher
from trifold.serve.outbound.sessions import outbound_session
from trifold.serve.problems import Problem, bad_field
from trifold.serve.settings import MIB, Settings
from trifold.serve.worker.folders import workspace
from trifold.serve.worker.parsing.asked import BODY, AnswerRequest, CandidateRequest, ScoreRequest
from trifold.serve.worker.parsing.reading import read_request

AT_ONCE = 4  # files of one request
Then = Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]


class LinkedMedia:
    """Reads what a request links to.

    Args:
        settings: hosts and limits.
        lookup: as for ``outbound_session``.

    Raises:
        InputError: when hosts or certificates are none, or consents cannot be read.
    """

    def __init__(self, settings: Settings, lookup: Lookup | None = None) -> None:
        self._settings, self._lookup = settings, lookup
        self._fetcher, self._consent = Fetcher(settings), ConsentGate(settings)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """While the block lasts, files can be read."""
        settings = self._settings
        async with outbound_session(settings, settings.media_url_s, self._lookup) as self._session:
            yield

    async def ask(self, ask: UpstreamRequest, then: Then) -> UpstreamResponse:
        """Read what a request links to and pass it on; one that links to nothing as it is.

        Raises:
            Problem: where the one candidate of a request cannot be read, or ``then`` says so.
        """
        request = await self._linking(ask)
        if request is None or self._session is None:
            return await then(ask)
        with workspace(self._settings) as folder:
            facts, problems = await self._read(ask, request, folder)
            if not request.many:
                for problem in problems.values():
                    raise problem
            if len(problems) == len(request.candidates):
                entries: list[object] = []
                answer = UpstreamResponse(200, b"", "application/json", {})
            else:
                rights = {**ask.rights, MEDIA: quote(str(folder.absolute()), safe="/")}
                answer = await then(replace(ask, body=json.dumps(facts).encode(), rights=rights))
                entries = json.loads(answer.body).get("candidates", []) if problems else []
        if not problems or answer.status != 200:
            return answer
        for i, problem in sorted(problems.items()):
            named = {"candidate_id": request.candidates[i].candidate_id}
            entries.insert(i, problem.to_dict() | named)
        body = json.dumps({"candidates": entries}, ensure_ascii=False).encode()
        return replace(answer, body=body)

    async def _linking(self, ask: UpstreamRequest) -> ScoreRequest | None:
        """What a request asks for, where it has URLs that its key may have read."""
        kind = ask.content_type.partition(";")[0].strip().lower()
        is_json = kind == "application/json" or kind.endswith("+json")
        rights = caller_of({name.lower(): value for name, value in ask.rights.items()})
        if not is_json or b'url"' not in ask.body or SCORE not in rights.scopes:
            return None
        request = await asyncio.to_thread(read_request, {BODY: ask.body}, kind, self._settings)
        answers = [answer for wanted in request.candidates for answer in wanted.answers]
        if not any(answer.url or answer.transcript_url for answer in answers):
            return None
        if any(answer.path or answer.transcript_path for answer in answers):
            raise bad_field("url", "URLs or paths in one request", "both")
        return request

    async def _read(
        self, ask: UpstreamRequest, request: ScoreRequest, folder: Path
    ) -> tuple[dict[str, Any], dict[int, Problem]]:
        """The request with paths instead of URLs; what is wrong with candidates, who are left out.

        Args:
            ask: as it came.
            request: what it asks for.
            folder: gets the files.
        """
        facts = json.loads(ask.body)
        entries, turn = facts["candidates"] if request.many else [facts], asyncio.Semaphore(AT_ONCE)
        problems: dict[int, Problem] = {}

        async def read(i: int, wanted: CandidateRequest, entry: dict[str, Any]) -> None:
            try:
                self._consent.check(wanted.candidate_id)
                for k, answer in enumerate(wanted.answers):
                    async with turn:
                        files = await self._files(answer, folder / f"{i}_{k}")
                    kept = {n: v for n, v in entry["answers"][k].items() if not n.endswith("url")}
                    entry["answers"][k] = {**kept, **files}
            except Problem as problem:
                problems[i] = problem

        async with asyncio.TaskGroup() as group:
            for i, (wanted, entry) in enumerate(zip(request.candidates, entries, strict=True)):
                group.create_task(read(i, wanted, entry))
        if request.many:
            facts["candidates"] = [e for i, e in enumerate(entries) if i not in problems]
        return facts, problems

    async def _files(self, answer: AnswerRequest, target: Path) -> Mapping[str, str]:
        """Read the files of one answer; the fields that name them to a worker."""
        limits = {
            "path": (answer.url, self._settings.max_file_mib * MIB),
            "transcript_path": (answer.transcript_url, 4 * self._settings.max_text_chars),
        }
        named = {}
        for field, (url, most) in limits.items():
            if url is not None and self._session is not None:
                file = target.with_name(f"{target.name}.{field}")
                await self._fetcher.fetch(self._session, url, file, most=most, field=answer.name)
                named[field] = file.name
        return named
