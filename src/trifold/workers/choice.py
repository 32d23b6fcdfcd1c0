"""The engine that settings ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from trifold.errors import InputError
from trifold.runtime.sandbox.mode import check_mode, use_mode
from trifold.workers.base import Engine, EngineSettings, Factory, Result, Task
from trifold.workers.inline import InlineEngine
from trifold.workers.local import LocalEngine

ENGINES = ("local", "ray", "inline")


def check_settings(settings: EngineSettings) -> None:
    """Refuse what no engine can do.

    Raises:
        InputError: for an unknown engine, less than one worker, or where ``sandbox`` is unknown or
            cannot be had here.
    """
    check_mode(settings.sandbox)
    if settings.engine not in ENGINES:
        raise InputError(expected=f"engine among {', '.join(ENGINES)}", got=repr(settings.engine))
    if settings.workers is not None and settings.workers < 1:
        raise InputError(expected="at least one worker", got=str(settings.workers))


def sized(settings: EngineSettings, *, default_workers: int, tasks: int) -> EngineSettings:
    """The settings with a number of workers on this machine; a single one is this process.

    Args:
        settings: as they are wanted.
        default_workers: where they name no number.
        tasks: that there are at most; more processes would start for nothing.

    Raises:
        InputError: see ``check_settings``.
    """
    check_settings(settings)
    if settings.engine != "local":
        return settings
    workers = settings.workers or default_workers
    if workers == 1:
        return replace(settings, engine="inline")
    return replace(settings, workers=max(1, min(workers, tasks)))


def make_engine(factory: Factory[Task, Result], settings: EngineSettings) -> Engine[Task, Result]:
    """An engine, not started yet.

    Args:
        factory: makes what does a task, in every worker once.
        settings: which engine, and how large; without a number, a process per core or an actor per
            CPU of the cluster.

    Raises:
        InputError: see ``check_settings``; or when Ray is asked for and not installed.
    """
    check_settings(settings)
    use_mode(settings.sandbox)
    factory = partial(_in_mode, settings.sandbox, factory)
    if settings.engine == "inline":
        return InlineEngine(factory, timeout_s=settings.timeout_s)
    if settings.engine == "local":
        workers = settings.workers or os.cpu_count() or 1
        return LocalEngine(factory, workers=workers, timeout_s=settings.timeout_s)
    from trifold.workers.ray import RayEngine  # an extra

    return RayEngine(
        factory,
        workers=settings.workers,
        address=settings.address,
        gpus_per_worker=settings.gpus_per_worker,
        timeout_s=settings.timeout_s,
    )


def _in_mode(sandbox: str, factory: Factory[Task, Result]) -> Callable[[Task], Result]:
    """What does a task, in a process that opens files as was asked for."""
    use_mode(sandbox)
    return factory()
