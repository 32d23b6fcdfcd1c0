"""The next version of a model beside the one that answers: it scores a share of requests too.

That is done once the caller has the answer, while nobody waits for either version, and one request
at a time. What comes of it changes no answer and is kept nowhere but in pairs of scores.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import replace
from pathlib import Path

from trifold.serve.engine.pool import Pool
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.problems import Problem, place_of
from trifold.serve.shadow.pairs import FAILED, Pairs
from trifold.serve.telemetry.exposition import Family, Source
from trifold.serve.telemetry.identifiers import CURRENT
from trifold.serve.worker.parsing.shadowed import HEADER

logger = logging.getLogger(__name__)


class Shadow:
    """Follows a model's answers with another version.

    Args:
        pool: workers of the other version.
        pairs: what was found so far.
        path: of the file of it.
    """

    def __init__(self, pool: Pool, pairs: Pairs, path: Path) -> None:
        self.pool, self.pairs, self._path = pool, pairs, path
        self._task: asyncio.Task[None] | None = None
        self._draws = random.Random()  # noqa: S311  (a share of requests, nobody's secret)

    def follow(self, ask: UpstreamRequest, answer: UpstreamResponse, answers: Pool) -> None:
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

    def families(self) -> Source:
        """What Prometheus reads."""
        labels = {"model": self.pairs.model, "version": self.pairs.new}
        samples = [
            ("", {**labels, "outcome": name}, float(count))
            for name, count in sorted(self.pairs.outcomes.items())
        ]
        meaning = "People whom the next version scored too, by who gave scores."
        yield Family("trifold_shadow_candidates_total", "counter", meaning, samples)

    def write(self) -> None:
        """Write what was found."""
        self.pairs.write(self._path)

    async def close(self) -> None:
        """Stop following; what is under way is dropped."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.to_thread(self.write)


def _work_s(answer: UpstreamResponse) -> float:
    """Seconds of all stages but explaining, which the shadow never does."""
    parts = [part.partition(";dur=") for part in answer.headers.get("Server-Timing", "").split(",")]
    return sum(float(ms) / 1000 for name, _, ms in parts if ms and name.strip() != "explain")
