"""The built-in engine: models of the gateway's own workers, the next version beside the old one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from trifold.drift.profile import read_profile
from trifold.errors import InputError, TrifoldError
from trifold.serve.engine.metrics import Metrics
from trifold.serve.engine.pool import Pool
from trifold.serve.engine.store import Store, StoredModel
from trifold.serve.engine.workers import Workers
from trifold.serve.gateway.upstream import (
    Upstream,
    UpstreamRequest,
    UpstreamResponse,
    late,
    no_such_model,
    not_ready,
)
from trifold.serve.settings import Settings
from trifold.serve.shadow.pairs import FILE as PAIRS
from trifold.serve.shadow.pairs import Pairs
from trifold.serve.shadow.shadow import Shadow, Shadows
from trifold.serve.telemetry.drift import FILE as DRIFT
from trifold.serve.telemetry.drift import DriftWatch
from trifold.serve.telemetry.exposition import Family, Source
from trifold.serve.worker.folders import sweep

# name and meaning of what is told of each version, and how it is read
POOLS: tuple[tuple[str, str, Callable[[Workers], float]], ...] = (
    ("trifold_queue_length", "Requests that no worker has yet.", lambda pool: pool.line.queued),
    (
        "trifold_queue_oldest_seconds",
        "How long the first of the queue has waited.",
        lambda pool: pool.line.oldest_s,
    ),
    ("trifold_workers", "Workers that are warm.", lambda pool: len(pool.pids)),
    (
        "trifold_workers_wanted",
        "Workers that there should be.",
        lambda pool: pool.model.serving.workers,
    ),
)
# starts workers of a version; how many at first, where not all
MakeWorkers = Callable[[StoredModel, Settings, Metrics, int | None], Workers]


class Models(Upstream):
    """All models of a store, each version with workers of its own.

    Args:
        store: holds what is served.
        settings: limits and folders.
        make: starts the workers of a version, which are the gateway's own by default.

    Attributes:
        metrics: of all workers.
        drift: of who was scored, against each model's training.
        on_leave: called when the gateway that comes next takes over.
    """

    def __init__(self, store: Store, settings: Settings, make: MakeWorkers = Pool) -> None:
        self._store, self._settings, self._make = store, settings, make
        self.drift = DriftWatch(store.folder / DRIFT, settings.drift_window_h)
        self.metrics = Metrics(self.drift)
        self._pools: dict[tuple[str, str], Workers] = {}
        self._defaults: dict[str, str] = {}
        self._shadows = Shadows(store.folder / PAIRS)
        self.on_leave: Callable[[], Awaitable[None]] | None = None
        self._is_left = False
        for model in store.models():
            self._pools[model.name, model.version] = self._pool_of(model)
            self._defaults[model.name] = store.default(model.name) or model.version
        if make is Pool:  # nobody else tries versions
            self._shadows.go_on(self._pools, self._defaults)

    def _pool_of(
        self, model: StoredModel, metrics: Metrics | None = None, workers: int | None = None
    ) -> Workers:
        """Workers of a version, and what it was trained on, to tell drift by."""
        profile = None
        with suppress(TrifoldError):  # a worker that cannot read it says so
            profile = read_profile(model.bundle)
        self.drift.watch(model.name, model.version, model.bundle_id, profile)
        return self._make(model, self._settings, metrics or self.metrics, workers)

    async def once(self, ask: UpstreamRequest) -> UpstreamResponse:
        """Have a request answered; see ``Workers.ask``."""
        _, _, name, *version = ask.path.split("/")
        pool = self.pool(name, *version)
        try:
            async with asyncio.timeout(self._settings.patience_s):
                answer = await pool.ask(ask)
        except TimeoutError as error:
            raise late() from error
        if not version:
            self._shadows.follow(name, ask, answer, pool)
        return answer

    async def healthy(self) -> bool:
        """Whether every model has a worker."""
        pools = [self.pool(name) for name in self._defaults]
        return bool(pools) and all(pool.pids for pool in pools)

    async def versions(self, model: str) -> dict[str, bool]:
        """See ``Upstream.versions``."""
        meant = self.pool(model)
        pools = [meant, *(pool for pool in self.all_of(model) if pool is not meant)]
        return {pool.model.version: bool(pool.pids) for pool in pools}

    def pool(self, name: str, version: str = "") -> Workers:
        """The workers of a model's version; of the one that is meant where none is named.

        Raises:
            Problem: 404; 503 where a model has no version yet.
        """
        found = self._pools.get((name, version or self._defaults.get(name, "")))
        if found is None:
            if not self._pools:
                raise not_ready()
            raise no_such_model()
        return found

    def families(self) -> Source:
        """What Prometheus reads of queues, workers and what they measured."""
        yield from self.metrics.families()
        yield from self.drift.families()
        yield from self._shadows.families()
        for name, meaning, value in POOLS:
            samples = [
                ("", {"model": model, "version": version}, float(value(pool)))
                for (model, version), pool in sorted(self._pools.items())
            ]
            yield Family(name, "gauge", meaning, samples)

    def all_of(self, name: str) -> list[Workers]:
        """All versions of a model that answer."""
        return [pool for (own, _), pool in self._pools.items() if own == name]

    def all(self) -> list[Workers]:
        """Those of all models."""
        return list(self._pools.values())

    async def add(self, model: StoredModel, share: float = 0.0) -> None:
        """Serve another version; returns when its workers are warm.

        Args:
            model: the version.
            share: of requests to the default that it scores too, by one worker, until it is chosen
                or removed; 0 for none.

        Raises:
            InputError: when the version is served already, or another is tried.
            ServerError: when its workers cannot load it, which is as if it had not been added.
        """
        key = model.name, model.version
        if key in self._pools:
            raise InputError(expected="another version", got=model.version, where=model.name)
        if share:
            self._shadows.check(model.name, model.version)
        # what is tried must not count among what callers got
        pool = self._pool_of(model, Metrics(self.drift), 1) if share else self._pool_of(model)
        try:
            await pool.warm()
        except BaseException:
            await pool.close()
            raise
        self._pools[key] = pool
        self._defaults.setdefault(*key)
        if share:
            pairs = Pairs(model.name, self._defaults[model.name], model.version, share)
            self._shadows.begin(pool, pairs)

    def shadow(self, name: str) -> Shadow:
        """The version of a model that is tried.

        Raises:
            InputError: when there is none.
        """
        return self._shadows.of(name)

    async def promote(self, name: str) -> None:
        """Let the version that is tried answer, with all its workers.

        Raises:
            InputError: when there is none.
            ServerError: when its workers cannot load it; the old one then still answers.
        """
        shadow = self.shadow(name)
        await shadow.pool.grow(self.metrics)
        self.choose(name, shadow.pairs.new)
        await self._shadows.end(name)

    async def abort(self, name: str) -> None:
        """Remove the version that is tried.

        Raises:
            InputError: when there is none.
        """
        version = self.shadow(name).pairs.new
        await self._shadows.end(name)
        await self.remove(name, version)

    def choose(self, name: str, version: str) -> None:
        """From now on this version is meant where none is named."""
        self.pool(name, version)
        self._store.set_default(name, version)
        self._defaults[name] = version

    def tell(self) -> None:
        """Log drift, and write what is counted, unless another gateway does by now."""
        if self._is_left:
            return
        self.drift.tell()
        self._shadows.write()

    async def leave(self) -> None:
        """Listen no more beside the gateway's port, and write no more of what is counted."""
        self.tell()
        self._is_left = True
        if self.on_leave is not None:
            await self.on_leave()

    async def remove(self, name: str, version: str) -> None:
        """Answer what this version still has to answer, and end its workers.

        Raises:
            InputError: for the version that is meant where none is named.
            Problem: 404.
        """
        pool = self.pool(name, version)
        if self._defaults[name] == version:
            raise InputError(expected="a version that is not the default", got=version, where=name)
        del self._pools[name, version]
        self.drift.leave(name, version)
        await pool.drain()
        await pool.close()
        await asyncio.to_thread(self._store.remove, pool.model)

    async def close(self) -> None:
        """End all workers and remove what they held."""
        await self._shadows.close()
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        with suppress(OSError):
            self.tell()
            await asyncio.to_thread(sweep, self._settings)
