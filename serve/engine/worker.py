"""What a worker process does: make its model ready, then answer what comes down its line.

The line is the only tie to the gateway. When it ends, however that comes about, the worker removes
what it holds on the disk and ends too.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NoReturn

from trifold.errors import TrifoldError
from trifold.runtime.framing import Message, receive, send
from trifold.runtime.memory import give_back
from trifold.runtime.private import take_umask
from trifold.serve.settings import Settings
from trifold.serve.telemetry.logs import configure
from trifold.serve.worker.folders import leave_nothing
from trifold.serve.worker.parsing.body import fields_of
from trifold.serve.worker.timings import Reply

GIVES_BACK_EVERY = 8  # answers, where one request follows the other
SOON_S = 0.05
READY, FAILED, ANSWERS = "ready", "failed", "answers"


@dataclass(frozen=True)
class WorkerTask:
    """What a worker is for.

    Attributes:
        bundle: its folder.
        version: of the model.
        settings: limits and folders.
        number: of this worker, from 0.
        of: how many workers the model has.
    """

    bundle: Path
    version: str
    settings: Settings
    number: int
    of: int


def main(line: socket.socket, task: WorkerTask, most_bytes: int) -> NoReturn:
    """Entry point of the process.

    Args:
        line: to the gateway.
        task: what this worker is for.
        most_bytes: of the bodies of requests that come together.
    """
    take_umask()
    configure(task.settings.log_format)
    tempfile.tempdir = task.settings.work_dir or None  # whatever a library leaves lies there
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to all; the gateway decides when to end
        signal.signal(number, signal.SIG_IGN)
    requests: SimpleQueue[Message] = SimpleQueue()
    threading.Thread(target=_listen, args=(line, most_bytes, requests), daemon=True).start()
    try:
        # not above, as the gateway names this function and does without PyTorch
        from trifold.serve.worker.ready import ready_service
        from trifold.workers.devices import devices_for, use_device

        use_device(devices_for(task.of)[task.number])
        service = ready_service(task.bundle, task.settings, version=task.version)
    except TrifoldError as error:
        failure = {"expected": error.expected, "got": error.got, "where": error.where}
        send(line, {FAILED: failure})
        _end()
    send(line, {READY: service.scorer.bundle_id})
    answered = 0
    while True:
        asked = next_of(requests, answered)
        replies = service.answer(
            [
                (fields_of(bytes(body), headers.get("content-type", "")), headers)
                for headers, body in zip(asked.facts["requests"], asked.bodies, strict=True)
            ]
        )
        del asked
        send(line, {ANSWERS: [_facts_of(r) for r in replies]}, [reply.body for reply in replies])
        del replies
        answered += 1


def next_of(requests: SimpleQueue[Message], answered: int) -> Message:
    """What is asked next. Memory is given back while nobody asks, else every few times.

    Args:
        requests: as they come down the line.
        answered: how many were before.
    """
    if answered % GIVES_BACK_EVERY:
        with suppress(Empty):
            return requests.get(timeout=SOON_S)
    give_back()
    return requests.get()


def _facts_of(reply: Reply) -> Mapping[str, Any]:
    return {
        "status": reply.status,
        "content_type": reply.content_type,
        "headers": {**reply.headers, "Server-Timing": reply.measured.header},
        "measured": asdict(reply.measured),
    }


def _listen(line: socket.socket, most_bytes: int, requests: SimpleQueue[Message]) -> None:
    """Hand on what comes until the line ends; a thread, so that this is noticed at any time."""
    try:
        while True:
            requests.put(receive(line, most_bytes))
    except (OSError, EOFError, ValueError, MemoryError):
        _end()


def _end() -> NoReturn:
    leave_nothing()
    sys.stderr.flush()
    os._exit(0)
