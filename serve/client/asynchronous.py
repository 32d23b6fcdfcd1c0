"""The client for ``asyncio``, on ``aiohttp``: the same calls, retries and errors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import aiohttp

from trifold.serve.client.answers import Forgotten, ManyScores, Scores, Usage
from trifold.serve.client.calls import (
    NO_ANSWER,
    Call,
    ScoringError,
    answer_of,
    forget_call,
    score_call,
    scores_of,
    submit_call,
    wait_s,
)


class AsyncClient:
    """Calls one endpoint: ``async with AsyncClient(address, key) as client: …``.

    Args:
        address: of the endpoint, without a path.
        key: inference key.
        model: name, or ``name/version``.
        tries: in all, where the server is overloaded or a worker died.
        timeout_s: longest time for one try.
    """

    def __init__(
        self,
        address: str,
        key: str,
        *,
        model: str = "trifold",
        tries: int = 5,
        timeout_s: float = 300.0,
    ) -> None:
        self._address, self._model, self._tries = address, model, tries
        self._head = {"Authorization": f"Bearer {key}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open a pool of connections."""
        self._session = aiohttp.ClientSession(headers=self._head, timeout=self._timeout)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def score(
        self,
        files: Sequence[Path],
        *,
        candidate_id: str,
        questions: Sequence[str | None] = (),
        transcripts: Sequence[Path | None] | None = None,
        speaker: str = "",
        explain: bool = False,
        retain: bool = False,
    ) -> Scores:
        """As ``Client.score``.

        Raises:
            ScoringError: when no scores come back.
        """
        call = score_call(
            self._model,
            files,
            candidate_id=candidate_id,
            questions=questions,
            transcripts=transcripts,
            speaker=speaker,
            explain=explain,
            retain=retain,
        )
        return cast(Scores, await self.ask(call))

    async def send(self, facts: Mapping[str, Any]) -> Scores | ManyScores:
        """As ``Client.send``.

        Raises:
            ScoringError: when no scores come back.
        """
        found = await self.ask(Call("POST", f"/predictions/{self._model}", json=facts))
        return cast(ManyScores, found) if "candidates" in found else cast(Scores, found)

    async def submit(self, facts: Mapping[str, Any], *, idempotency_key: str = "") -> str:
        """As ``Client.submit``.

        Raises:
            ScoringError: when it is not taken.
        """
        return str((await self.ask(submit_call(self._model, facts, idempotency_key)))["job"])

    async def result(
        self, job: str, *, wait_s: float = 600.0, every_s: float = 1.0
    ) -> dict[str, Any]:
        """As ``Client.result``.

        Raises:
            ScoringError: when it is none with scores, or does not come in time.
        """
        end_s = time.monotonic() + wait_s
        while time.monotonic() < end_s:
            facts = await self.ask(Call("GET", f"/jobs/{job}"))
            if facts["status"] == "done":
                return scores_of(facts)
            await asyncio.sleep(every_s)
        raise ScoringError(0, NO_ANSWER, f"job not done within {wait_s:g} s", {})

    async def delete(self, job: str) -> None:
        """Stop and forget a job.

        Raises:
            ScoringError: when there is none.
        """
        await self.ask(Call("DELETE", f"/jobs/{job}"))

    async def forget(self, candidate_id: str, *, everyone: bool = False) -> Forgotten:
        """As ``Client.forget``.

        Raises:
            ScoringError: when the server refuses.
        """
        call = forget_call(self._model, candidate_id, everyone=everyone)
        return cast(Forgotten, await self.ask(call))

    async def usage(self) -> Usage:
        """What this caller used, and may use.

        Raises:
            ScoringError: when the server refuses.
        """
        return cast(Usage, await self.ask(Call("GET", "/usage")))

    async def ask(self, call: Call) -> dict[str, Any]:
        """Ask, again where that may help, with growing waits.

        Raises:
            ScoringError: when it does not succeed.
        """
        error = ScoringError(0, NO_ANSWER, "nothing was tried", {})
        for turn in range(self._tries):
            if turn:
                await asyncio.sleep(wait_s(turn, error.body.get("retry_after")))
            try:
                return await self._once(call)
            except (aiohttp.ClientError, TimeoutError) as failure:
                error = ScoringError(0, NO_ANSWER, type(failure).__name__, {})
            except ScoringError as failure:
                error = failure
                if not error.is_worth_another_try:
                    break
        raise error

    async def _once(self, call: Call) -> dict[str, Any]:
        if self._session is None:
            raise RuntimeError("expected to be used within `async with`")
        with ExitStack() as open_files:
            form = aiohttp.FormData(dict(call.fields), default_to_multipart=True)
            for name, path in call.files.items():
                form.add_field(name, open_files.enter_context(path.open("rb")), filename="media")
            body: dict[str, Any] = {"json": call.json} if call.json is not None else {}
            body |= {"data": form} if call.files or call.fields else {}
            async with self._session.request(
                call.method, self._address + call.path, headers=dict(call.headers), **body
            ) as found:
                content = await found.read()
        return answer_of(found.status, found.headers, content, found.reason or "")
