"""What Ray keeps on its machines: a replica, which looks after one worker as the gateway does.

The worker is a process of its own, as with the gateway's own engine. So what opens strangers' files
has no tie to Ray, is ended when it takes too long or too much, and leaves nothing behind; the
replica only hands bytes on. It never raises for a request, as Ray would write down what it says.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trifold.bundle.integrity.checksums import sha256
from trifold.errors import InputError, TrifoldError
from trifold.runtime.private import take_umask
from trifold.serve.cluster.messages import of_response, request_in
from trifold.serve.engine.metrics import Metrics
from trifold.serve.engine.pool import Pool
from trifold.serve.engine.store import StoredModel
from trifold.serve.gateway.upstream import UpstreamResponse
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.telemetry.drift import DriftWatch
from trifold.serve.worker.timings import Measured

FAILED = "TRIFOLD_FAILED "  # before what is wrong with a bundle, in what Ray says of a replica
UPLOADS = "trifold-uploads"  # in a machine's folder for temporary files


@dataclass(frozen=True)
class ReplicaTask:
    """What a replica is for.

    Attributes:
        model: which bundle, and how many requests are read together.
        digests: file of the bundle to its SHA-256, as the gateway sees them.
        settings: limits and folders.
        here: the machine is the gateway's, and uploads go where its settings say.
    """

    model: StoredModel
    digests: dict[str, str]
    settings: Settings
    here: bool


class Replica:
    """Answers requests with one worker.

    Args:
        task: what it is for.

    Raises:
        RuntimeError: when the worker cannot load the bundle, or this machine does not see it.
    """

    async def __init__(self, task: ReplicaTask) -> None:  # type: ignore[misc]  # as Ray Serve has it
        take_umask()
        # or the worker would begin with Ray's own program, which is that of this process
        vars(sys.modules["__main__"]).pop("__file__", None)
        self._measured = _Collected()
        try:
            _check(task.model.bundle, task.digests)
            model = replace(task.model, serving=replace(task.model.serving, workers=1))
            self._pool = Pool(model, _settings_here(task), self._measured)
            await self._pool.warm()
        except TrifoldError as error:
            facts = {"expected": error.expected, "got": error.got, "where": str(error.where)}
            raise RuntimeError(FAILED + json.dumps(facts)) from None

    async def __call__(self, data: bytes) -> bytes:
        """Answer one request; see ``messages``."""
        answer: UpstreamResponse | Problem
        try:
            answer = await self._pool.ask(request_in(data))
        except Problem as problem:
            answer = problem
        return of_response(answer, *self._measured.taken())

    async def __del__(self) -> None:
        """Ray waits for this when it ends a replica."""
        await self._pool.close()


class _Collected(Metrics):
    """What the worker measured, until the gateway is told."""

    def __init__(self) -> None:
        super().__init__(DriftWatch(Path(os.devnull), 1.0))  # the gateway's learns of everybody
        self._waiting: list[Measured] = []

    def add(self, model: str, version: str, measured: Sequence[Measured]) -> None:
        self._waiting += measured

    def taken(self) -> tuple[list[Measured], int]:
        """Since this was asked last: what was measured, and how many workers ended."""
        found = self._waiting, self.ends
        self._waiting, self.ends = [], 0
        return found


def digests_of(bundle: Path) -> dict[str, str]:
    """File of a bundle to its SHA-256."""
    files = (path for path in sorted(bundle.rglob("*")) if path.is_file())
    return {path.relative_to(bundle).as_posix(): sha256(path) for path in files}


def _check(bundle: Path, wanted: dict[str, str]) -> None:
    """Whether this machine sees the bundle that the gateway sees.

    Raises:
        InputError: when it does not.
    """
    if digests_of(bundle) != wanted:
        raise InputError(
            expected="out=FOLDER on a file system that every machine of the cluster sees",
            got=f"another bundle or none on {os.uname().nodename}",
            where=bundle,
        )


def _settings_here(task: ReplicaTask) -> Settings:
    """Uploads stay on the machine that scores them."""
    if task.here:
        return task.settings
    folder = Path(tempfile.gettempdir(), f"{UPLOADS}-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise InputError(expected="a folder of this user", got="another's", where=folder)
    return replace(task.settings, work_dir=str(folder))
