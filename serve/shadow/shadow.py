"""The next version of a model beside the one that answers: it scores a share of requests too.

That is done once the caller has the answer, while nobody waits for either version, and one request
at a time. What comes of it changes no answer and is kept nowhere but in pairs of scores.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from trifold.errors import InputError, TrifoldError
from trifold.serve.engine.workers import Workers
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.problems import Problem, place_of
from trifold.serve.shadow.pairs import FAILED, Pairs, read_pairs
from trifold.serve.telemetry.exposition import Family, Source
from trifold.serve.telemetry.identifiers import CURRENT
from trifold.serve.worker.parsing.shadowed import HEADER

logger = logging.getLogger(__name__)


class Shadow:
    """Follows a model's answers with another version.

    Args:
        pool: workers of the other version.
        pairs: what was found so far.
    """

    def __init__(self, pool: Workers, pairs: Pairs) -> None:
        self.pool, self.pairs = pool, pairs
        self._task: asyncio.Task[None] | None = None
        self._draws = random.Random()  # noqa: S311  (a share of requests, nobody's secret)

    def follow(self, ask: UpstreamRequest, answer: UpstreamResponse, answers: Workers) -> None:
        """Score a request again, by the other version, where there is room for that.

        Args:
            ask: the request.
            answer: that its caller gets.
            answers: workers of the version that gave it.
        """
        busy = self._task is not None and not self._task.done()
        scored = answer.status in (200, 422) and answer.forgotten is None
        idle = not answers.pending and not self.pool.pending and self.pool.pids
        if scored and idle and not busy and self._draws.random() < self.pairs.share:
            self._task = asyncio.create_task(self._score(ask, answer))

    async def _score(self, ask: UpstreamRequest, answer: UpstreamResponse) -> None:
        CURRENT.set(None)  # of this task alone: nobody's request waits for it
        try:
            other = await self.pool.ask(replace(ask, rights={**ask.rights, HEADER: "true"}))
            if other.status not in (200, 422):
                self.pairs.outcomes[FAILED] += 1
                return
            self.pairs.add(answer.body, other.body)
            for place, one in enumerate((answer, other)):
                self.pairs.seconds[place] += _work_s(one)
        except Problem:
            self.pairs.outcomes[FAILED] += 1
        except Exception as error:
            self.pairs.outcomes[FAILED] += 1
            logger.error("shadow: %s", place_of(error))

    async def close(self) -> None:
        """Stop following; what is under way is dropped."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


class Shadows:
    """The versions that are tried, at most one of each model.

    Args:
        path: of the file of what was found of the one that began last.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._shadows = path, dict[str, Shadow]()

    def go_on(self, pools: Mapping[tuple[str, str], Workers], defaults: Mapping[str, str]) -> None:
        """A version that was tried before a restart is tried on.

        Args:
            pools: name and version to workers.
            defaults: name to the version that answers.
        """
        with suppress(TrifoldError, OSError):
            pairs = read_pairs(self._path)
            pool = pools.get((pairs.model, pairs.new))
            if pool is not None and defaults.get(pairs.model) == pairs.old:
                self.begin(pool, pairs)

    def check(self, name: str, version: str) -> None:
        """Find out whether a version can be tried.

        Raises:
            InputError: when another is.
        """
        if self._shadows:
            expected = "one version to be tried at a time"
            raise InputError(expected=expected, got=version, where=name)

    def begin(self, pool: Workers, pairs: Pairs) -> None:
        """Try a version."""
        self._shadows[pairs.model] = Shadow(pool, pairs)

    def of(self, name: str) -> Shadow:
        """The version of a model that is tried.

        Raises:
            InputError: when there is none.
        """
        if name not in self._shadows:
            raise InputError(expected="a version that is tried", got="none", where=name)
        return self._shadows[name]

    def follow(
        self, name: str, ask: UpstreamRequest, answer: UpstreamResponse, answers: Workers
    ) -> None:
        """See ``Shadow.follow``; nothing where no version of the model is tried."""
        if name in self._shadows:
            self._shadows[name].follow(ask, answer, answers)

    async def end(self, name: str) -> None:
        """Try it no longer, and drop what was found."""
        await self._shadows.pop(name).close()
        self._path.unlink(missing_ok=True)

    def families(self) -> Source:
        """What Prometheus reads."""
        samples = [
            ("", {"model": name, "version": one.pairs.new, "outcome": outcome}, float(count))
            for name, one in self._shadows.items()
            for outcome, count in sorted(one.pairs.outcomes.items())
        ]
        meaning = "People whom the next version scored too, by who gave scores."
        yield Family("trifold_shadow_candidates_total", "counter", meaning, samples)

    def write(self) -> None:
        """Write what was found."""
        for shadow in self._shadows.values():
            shadow.pairs.write(self._path)

    async def close(self) -> None:
        """Stop following, and write what was found."""
        await asyncio.gather(*(shadow.close() for shadow in self._shadows.values()))
        with suppress(OSError):
            await asyncio.to_thread(self.write)


def _work_s(answer: UpstreamResponse) -> float:
    """Seconds of all stages but explaining, which the shadow never does."""
    parts = [part.partition(";dur=") for part in answer.headers.get("Server-Timing", "").split(",")]
    return sum(float(ms) / 1000 for name, _, ms in parts if ms and name.strip() != "explain")
