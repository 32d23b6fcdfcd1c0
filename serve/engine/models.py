"""The built-in engine: models of the gateway's own workers, the next version beside the old one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from trifold.codes import Code
from trifold.errors import InputError
from trifold.serve.engine.metrics import Metrics
from trifold.serve.engine.pool import Pool
from trifold.serve.engine.store import Store, StoredModel
from trifold.serve.engine.workers import Workers
from trifold.serve.gateway.upstream import (
    Upstream,
    UpstreamRequest,
    UpstreamResponse,
    late,
    not_ready,
)
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.folders import sweep

MakeWorkers = Callable[[StoredModel, Settings, Metrics], Workers]


class Models(Upstream):
    """All models of a store, each version with workers of its own.

    Args:
        store: holds what is served.
        settings: limits and folders.
        make: starts the workers of a version, which are the gateway's own by default.

    Attributes:
        metrics: of all workers.
    """

    def __init__(self, store: Store, settings: Settings, make: MakeWorkers = Pool) -> None:
        self._store, self._settings, self._make, self.metrics = store, settings, make, Metrics()
        self._pools: dict[tuple[str, str], Workers] = {}
        self._defaults: dict[str, str] = {}
        for model in store.models():
            self._pools[model.name, model.version] = make(model, settings, self.metrics)
            self._defaults[model.name] = store.default(model.name) or model.version

    async def once(self, ask: UpstreamRequest) -> UpstreamResponse:
        """Have a request answered; see ``Workers.ask``."""
        _, _, name, *version = ask.path.split("/")
        pool = self.pool(name, *version)
        try:
            async with asyncio.timeout(self._settings.patience_s):
                return await pool.ask(ask)
        except TimeoutError as error:
            raise late() from error

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
            raise Problem(404, Code.NO_SUCH_MODEL, "no such model or version")
        return found

    def all_of(self, name: str) -> list[Workers]:
        """All versions of a model that answer."""
        return [pool for (own, _), pool in self._pools.items() if own == name]

    def all(self) -> list[Workers]:
        """Those of all models."""
        return list(self._pools.values())

    async def add(self, model: StoredModel) -> None:
        """Serve another version; returns when all its workers are warm.

        Raises:
            InputError: when the version is served already.
            ServerError: when its workers cannot load it, which is as if it had not been added.
        """
        key = model.name, model.version
        if key in self._pools:
            raise InputError(expected="another version", got=model.version, where=model.name)
        pool = self._make(model, self._settings, self.metrics)
        try:
            await pool.warm()
        except BaseException:
            await pool.close()
            raise
        self._pools[key] = pool
        self._defaults.setdefault(*key)

    def choose(self, name: str, version: str) -> None:
        """From now on this version is meant where none is named."""
        self.pool(name, version)
        self._store.set_default(name, version)
        self._defaults[name] = version

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
        await pool.drain()
        await pool.close()
        await asyncio.to_thread(self._store.remove, pool.model)

    async def close(self) -> None:
        """End all workers and remove what they held."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        with suppress(OSError):
            await asyncio.to_thread(sweep, self._settings)
