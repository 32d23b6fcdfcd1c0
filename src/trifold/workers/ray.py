"""Actors on a Ray cluster, for those who outgrow one machine; results are those of processes."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from typing import Any

from trifold.errors import InputError
from trifold.runtime.private import take_umask
from trifold.workers.base import (
    Engine,
    Factory,
    Lost,
    Part,
    Result,
    Task,
    died,
    outcomes,
    patience_s,
    timed_out,
)
from trifold.workers.devices import use_device

_QUIET = {  # nothing is sent anywhere, no port is opened for a dashboard
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # as it is; unset, Ray warns that it may change
}


class Actor:
    """A worker that Ray keeps alive between tasks.

    Args:
        factory: makes what does a task.
        device: to compute on; empty for the one that Ray gives.
    """

    def __init__(self, factory: Factory[Any, Any], device: str) -> None:
        take_umask()  # which it has from its cluster, not from us
        use_device(device)
        self._do = factory()

    def ready(self) -> bool:
        """Answers when all models are loaded."""
        return True

    def do(self, task: Any) -> list[Any]:
        """One task; nothing but a dying process makes this fail. Its parts come all at once."""
        return list(outcomes(self._do, task))


@dataclass
class Started:
    """An actor, and what resolves when it has loaded its models."""

    actor: Any
    ready: Any


@dataclass
class Held:
    """A task that an actor holds, and since when it could work on it."""

    key: int
    by: Started
    since_s: float


class RayEngine(Engine[Task, Result]):
    """Stateful actors, each with its own models.

    Every machine of the cluster must have Trifold installed and see media and features under the
    same paths, for example on a shared file system.

    Args:
        factory: makes what does a task, in every actor once.
        workers: actors; None takes one per CPU of the cluster, or as many as its GPUs hold.
        address: of a running cluster, ``auto`` for the one of this machine; None starts one here
            and ends it afterwards.
        gpus_per_worker: share of a GPU per actor, such as 0.25; 0 keeps to CPUs.
        timeout_s: a task that takes longer is given up and its actor ended; None waits for ever.

    Raises:
        InputError: when Ray is not installed, the cluster does not answer, or actors cannot start.
    """

    def __init__(
        self,
        factory: Factory[Task, Result],
        *,
        workers: int | None = None,
        address: str | None = None,
        gpus_per_worker: float = 0.0,
        timeout_s: float | None = None,
    ) -> None:
        self._ray = _import_ray()
        self.factory, self.workers, self.address = factory, workers, address
        self.gpus_per_worker, self.timeout_s = gpus_per_worker, timeout_s
        self._free: list[Started] = []
        self._held: dict[Any, Held] = {}

    def start(self) -> None:
        """Join or start the cluster and make its actors ready."""
        self._connect()
        options = {"num_cpus": 1, "num_gpus": self.gpus_per_worker, "max_restarts": 0}
        self._actor = self._ray.remote(**options)(Actor)
        self._handed = self._ray.put(self.factory)
        self._free = [self._start() for _ in range(self._n_workers())]
        try:
            self._ray.get([started.ready for started in self._free])
        except self._ray.exceptions.RayError as error:
            self._ray.shutdown()
            got = str(error).strip().splitlines()[-1]
            raise InputError(expected="actors that start", got=got, where="ray") from error

    def stop(self, *, at_once: bool) -> None:
        """Leave the cluster; actors end with their driver, and a cluster of our own with them."""
        for started in (*self._free, *(held.by for held in self._held.values())):
            self._ray.kill(started.actor)
        self._ray.shutdown()

    def idle(self) -> int:
        """Actors without a task."""
        return len(self._free)

    def submit(self, key: int, task: Task) -> None:
        """Give a task to an idle actor."""
        started = self._free.pop()
        self._held[started.actor.do.remote(task)] = Held(key, started, time.monotonic())

    def done(self) -> list[tuple[int, Result | Lost | Part]]:
        """Wait for outcomes of any actor; those that died are replaced."""
        found: list[tuple[int, Result | Lost | Part]] = []
        while not found:
            ready, _ = self._ray.wait(list(self._held), timeout=patience_s(self.timeout_s))
            found = [pair for one in ready for pair in self._hear(one)] or self._late()
        return found

    def _hear(self, reference: Any) -> list[tuple[int, Result | Lost | Part]]:
        held = self._held.pop(reference)
        try:
            told: list[Result | Lost | Part] = self._ray.get(reference)
        except self._ray.exceptions.RayError:
            self._replace(held.by)
            return [(held.key, died())]
        self._free.append(held.by)
        return [(held.key, outcome) for outcome in told]

    def _late(self) -> list[tuple[int, Result | Lost | Part]]:
        """Give up what takes too long."""
        limit_s = self.timeout_s
        if limit_s is None:
            return []
        now_s = time.monotonic()
        for held in self._held.values():
            if not self._ray.wait([held.by.ready], timeout=0)[0]:
                held.since_s = now_s  # it still loads its models
        late = [r for r, held in self._held.items() if now_s - held.since_s > limit_s]
        given_up = [self._held.pop(reference) for reference in late]
        for held in given_up:
            self._replace(held.by)
        return [(held.key, timed_out(limit_s)) for held in given_up]

    def _replace(self, started: Started) -> None:
        self._ray.kill(started.actor)
        self._free.append(self._start())

    def _start(self) -> Started:
        actor = self._actor.remote(self._handed, "" if self.gpus_per_worker else "cpu")
        return Started(actor, actor.ready.remote())

    def _connect(self) -> None:
        os.environ.update(_QUIET)
        here = {} if self.address else {"num_cpus": self.workers, "include_dashboard": False}
        try:
            self._ray.init(
                address=self.address or "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                **here,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            where = self.address or "ray"
            raise InputError(expected="a Ray cluster", got=reason, where=where) from error

    def _n_workers(self) -> int:
        if self.workers is not None:
            return self.workers
        there = self._ray.cluster_resources()
        if self.gpus_per_worker:
            return max(1, int(there.get("GPU", 0) / self.gpus_per_worker))
        return max(1, int(there.get("CPU", 1)))


def _import_ray() -> Any:
    """Ray, which is an extra.

    Raises:
        InputError: when it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise InputError(
            expected="Ray for engine=ray (pip install 'trifold[ray]')", got="no module 'ray'"
        ) from error
    return ray
