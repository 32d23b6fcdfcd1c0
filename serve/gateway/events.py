"""What the gateway writes to the audit log: what it refuses, whose answers it hands out, callers.

Refusals are counted and written together, a line per caller and interval, so that a flood of them
fills no disk. The head of the log is noted at the same times.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from trifold.errors import TrifoldError
from trifold.serve.audit.chain import ChainedLog, auditing
from trifold.serve.problems import Problem

NOBODY = "unknown"
FRESH_S = 1.0  # for which a finding about the disk is good
logger = logging.getLogger(__name__)


class Events:
    """Lines of the gateway.

    Args:
        log: None where none is kept.
        callers: gives the callers as they are now, name to anything that changes with a key.
    """

    def __init__(self, log: ChainedLog | None, callers: Callable[[], Mapping[str, Any]]) -> None:
        self._log, self._callers = log, callers
        self._counts: dict[str, Counter[str]] = {}
        self._known: dict[str, str] | None = None
        self._checked_s = -FRESH_S
        self._found: Problem | None = None

    def count(self, caller: str, code: str) -> None:
        """Something small that happened: a refusal by its code."""
        self._counts.setdefault(caller or NOBODY, Counter())[code] += 1

    async def note(self, event: str, **facts: object) -> None:
        """A line of its own, at once.

        Raises:
            Problem: 503 where it cannot be written.
        """
        if self._log is not None:
            with auditing():
                await asyncio.to_thread(self._log.append, event, **facts)

    async def check(self) -> None:
        """Whether the log can be written.

        Raises:
            Problem: 503.
        """
        if self._log is None:
            return
        if time.monotonic() - self._checked_s >= FRESH_S:
            found = None
            try:
                with auditing():
                    await asyncio.to_thread(self._log.check)
            except Problem as problem:
                found = problem
            self._found, self._checked_s = found, time.monotonic()
        if self._found is not None:
            raise self._found

    async def run(self, every_s: float) -> None:
        """Write what was counted, again and again."""
        while True:
            await self.flush()
            await asyncio.sleep(every_s)

    async def flush(self) -> None:
        """Write what was counted and who may call, note the head, rotate; what fails waits."""
        if self._log is None:
            return
        try:
            await self._flush_callers()
            for caller in list(self._counts):
                await self._flush_counts(caller)
            await asyncio.to_thread(self._log.note_head)
            await asyncio.to_thread(self._log.rotate)
        except (Problem, TrifoldError, OSError) as error:
            logger.error("audit log: %s", type(error).__name__)

    async def _flush_counts(self, caller: str) -> None:
        counts = self._counts.pop(caller)
        try:
            await self.note("refused", caller=caller, counts=dict(counts))
        except Problem:
            self._counts.setdefault(caller, Counter()).update(counts)
            raise

    async def _flush_callers(self) -> None:
        now = {name: _digest(held) for name, held in self._callers().items()}
        before = self._known
        if before is None:
            await self.note("started", callers=len(now), callers_sha256=_digest(now))
        elif now != before:
            await self.note(
                "callers",
                added=sorted(now.keys() - before.keys()),
                removed=sorted(before.keys() - now.keys()),
                changed=sorted(n for n in now.keys() & before.keys() if now[n] != before[n]),
                callers_sha256=_digest(now),
            )
        self._known = now


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
