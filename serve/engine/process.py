"""A worker process as the gateway sees it: started, asked, ended."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from typing import Any

from trifold.runtime.framing import Buffer, Message
from trifold.serve.engine.frames import receive_soon, send_soon
from trifold.serve.engine.worker import FAILED, READY, WorkerTask, main
from trifold.serve.operations.server import ServerError
from trifold.serve.settings import MIB
from trifold.workers.processes import worker_context

LOADS = ("trifold.serve.worker.ready", "trifold.serve.engine.worker")  # before any is forked
START_S, REAP_S = 300.0, 10.0
MOST_ANSWER_BYTES = 32 * MIB


class WorkerGoneError(Exception):
    """A worker ended, or said what none of ours says, before it answered."""


class WorkerProcess:
    """One worker.

    Args:
        task: what it is for.
        together: requests that it may get at a time.

    Attributes:
        ended: done once nothing more can come from it.
    """

    def __init__(self, task: WorkerTask, together: int) -> None:
        self._task, self._together = task, together
        self._process: BaseProcess | None = None
        self._handle: int | None = None
        self._line: socket.socket | None = None
        self._answer: asyncio.Future[Message] | None = None
        self._reading: asyncio.Task[None] | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int | None:
        """Process id, once there is one."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Return when the worker is warm.

        Raises:
            ServerError: with what the worker says, when its model cannot be loaded.
            WorkerGoneError: when it ended without a word, or is not ready in time.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._line = ours
        most_bytes = self._together * self._task.settings.max_request_mib * MIB
        # who stops the gateway tells its whole group, and its workers are to finish what they do
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            context = worker_context(*LOADS)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        with theirs:
            self._process = context.Process(
                target=main, args=(theirs, self._task, most_bytes), daemon=True
            )
            await _whatever_happens(asyncio.to_thread(self._process.start))
        with suppress(OSError, AttributeError):  # of Linux
            self._handle = os.pidfd_open(self._process.pid or 0)
        first = await self._exchange(None, START_S)
        failed = first.facts.get(FAILED)
        if isinstance(failed, dict):
            said = {name: str(failed.get(name))[:1000] for name in ("expected", "got", "where")}
            raise ServerError(**said)
        if READY not in first.facts:
            raise WorkerGoneError

    async def ask(
        self, facts: Mapping[str, Any], bodies: Sequence[Buffer], limit_s: float
    ) -> Message:
        """Hand over what is to be done together and wait for what is said to it.

        Raises:
            WorkerGoneError: when it ended.
            TimeoutError: when nothing was said in time; the worker is ended then.
        """
        return await self._exchange((facts, bodies), limit_s)

    def end(self) -> None:
        """End it at once, whatever it does."""
        with suppress(OSError):
            if self._handle is not None:  # of this process, also once its number is another's
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            elif self._process is not None and self._process.is_alive():
                self._process.kill()
        if self._reading is not None:
            self._reading.cancel()
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)  # wakes who still sends, as closing does not
        if not self.ended.done():
            self.ended.set_result(None)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(WorkerGoneError())

    async def reap(self) -> None:
        """End it and wait until the system has taken it away."""
        self.end()
        if self._process is not None and self._process.pid is not None:
            if self._handle is not None:  # whoever forked it may have ended before
                poller = select.poll()
                poller.register(self._handle, select.POLLIN)
                await asyncio.to_thread(poller.poll, 1000 * REAP_S)
                os.close(self._handle)
                self._handle = None
            await asyncio.to_thread(self._process.join, REAP_S)
        if self._line is not None:
            self._line.close()

    async def _exchange(
        self, what: tuple[Mapping[str, Any], Sequence[Buffer]] | None, limit_s: float
    ) -> Message:
        if self._line is None or self.ended.done():
            raise WorkerGoneError
        self._answer = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(self._line))
        try:
            async with asyncio.timeout(limit_s):
                if what is not None:
                    with suppress(OSError):  # the reader notices the end as well
                        await send_soon(self._line, *what)
                return await self._answer
        except BaseException as error:
            if not isinstance(error, WorkerGoneError):  # it may say later what nobody waits for
                self.end()
            raise

    async def _read(self, line: socket.socket) -> None:
        """Whatever comes, for as long as it comes and somebody waits for it."""
        with suppress(OSError, EOFError, ValueError):
            while True:
                message = await receive_soon(line, self._together * MOST_ANSWER_BYTES)
                if self._answer is None or self._answer.done():
                    break
                self._answer.set_result(message)
        self.end()


async def _whatever_happens(work: Any) -> None:
    """Wait to the end of something that must not be left half done, also when cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
