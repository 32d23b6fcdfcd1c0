"""Processes that tests kill."""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.context import ForkServerContext

from trifold.workers.processes import LOADS


def fork_context(*modules: str) -> ForkServerContext:
    """Starts processes that have loaded some modules, and what workers of ours need.

    Python has one server to fork from, which whoever comes first starts: the workers of later tests
    come from this one too.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([LOADS, *modules])
    return context
