"""How worker processes come to be: forked from one that has loaded everything, where that is safe.

Loading PyTorch and transformers takes longer than encoding an answer; so it is done once for all
workers, and again for none that replaces one that died.
"""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing import connection, forkserver, get_context, parent_process, resource_tracker
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

LOADS = "trifold.workers.preload"
# what a GPU's driver has opened survives no fork
GPU_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def worker_context(*also: str) -> SpawnContext | ForkServerContext:
    """Starts processes that have loaded what encoders need, at the latest when they work.

    Forked on Linux without a GPU, else started afresh each.

    Args:
        also: further modules to load before; heard at the first call in a process.
    """
    if not _can_fork():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([LOADS, *also])
    _start_server()
    return context


def start_ahead() -> None:
    """Begin loading what workers need beside this process, which goes on with its own work."""
    if _can_fork():
        worker_context()


def end_with_parent() -> None:
    """Wait for the end of the parent process, then end this one."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _start_server() -> None:
    """Start the process that workers are forked from, deaf to Ctrl-C, which is ours to answer."""
    resource_tracker.ensure_running()  # else the server would start it, and it hears again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def has_gpu_driver() -> bool:
    """Whether there may be a GPU, which PyTorch would know for sure."""
    return any(Path(driver).exists() for driver in GPU_DRIVERS)


def _can_fork() -> bool:
    return sys.platform == "linux" and not has_gpu_driver()
