"""What is taken from a process before it opens what strangers sent."""

from __future__ import annotations

import ctypes
import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trifold.runtime.sandbox.landlock import forbid_paths
from trifold.runtime.sandbox.seccomp import filter_calls

LIMITS, CALLS, PATHS = "limits", "calls", "paths"  # of what holds
HANDLES = 16  # descriptors that may be open: those that there are, and one for a moment
SPARE_S = 5  # of processor time between the word and the end
PR_SET_DUMPABLE, PR_SET_PDEATHSIG, SIGKILL = 4, 1, 9
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


@dataclass(frozen=True)
class Bounds:
    """What a process may use up.

    Attributes:
        memory_mib: of addresses, beyond what it has.
        cpu_s: of processor time, in all.
    """

    memory_mib: int
    cpu_s: int


def leave_network() -> bool:
    """A network of its own with nothing in it, for this process and its children.

    Returns:
        False where that is not allowed, as in many containers.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with suppress(AttributeError):
        # root keeps its user namespace: in another it could not read what belongs to others
        return bool(libc.unshare(CLONE_NEWNET | (CLONE_NEWUSER if os.geteuid() else 0)) == 0)
    return False


def confine(bounds: Bounds) -> list[str]:
    """Take from this process what it needs no more, for ever; returns what holds.

    Limits of memory and time hold everywhere; files, network, programs and other processes are out
    of reach where the kernel can see to it.
    """
    end_with_parent()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    held = pages * resource.getpagesize()
    for what, most in (
        (resource.RLIMIT_AS, held + (bounds.memory_mib << 20)),
        (resource.RLIMIT_CPU, bounds.cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, HANDLES),
        (resource.RLIMIT_NPROC, 0),
    ):
        # SIGXCPU says why; a little later SIGKILL would come, which does not
        _limit(what, most, last=most + SPARE_S if what == resource.RLIMIT_CPU else most)
    paths = forbid_paths()
    calls = filter_calls()
    return [LIMITS, *([PATHS] if paths else []), *([CALLS] if calls else [])]


def _limit(what: int, most: int, *, last: int) -> None:
    """Set a limit and the one that it may be raised to, within those that there are."""
    hard = resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY:
        most, last = min(most, hard), min(last, hard)
    resource.setrlimit(what, (most, last))


def end_with_parent() -> None:
    """End when the parent does, and be no process that others of this account may look into."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != parent or parent == 1:
        os._exit(1)
