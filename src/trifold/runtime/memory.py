"""Memory: how much there is for processes to come, and giving back what is free."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from functools import cache
from pathlib import Path

MACHINE = "proc/meminfo"
GROUP = "sys/fs/cgroup"  # of a container


def available_bytes(root: Path = Path("/")) -> int | None:
    """What the machine has left, or this container where that is less; None where nobody tells.

    Files that the system keeps in memory to read them faster count as left.

    Args:
        root: of the file system.
    """
    left = []
    with suppress(OSError, KeyError, ValueError):
        left.append(1024 * _counts(root / MACHINE)["MemAvailable:"])
    group = root / GROUP
    with suppress(OSError, KeyError, ValueError):  # ``max`` where there is no limit
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        left.append(limit - used + _counts(group / "memory.stat")["inactive_file"])
    return min(left, default=None)


def _counts(path: Path) -> dict[str, int]:
    """First word of each line to the number behind it."""
    lines = [line.split() for line in path.read_text().splitlines()]
    return {words[0]: int(words[1]) for words in lines if len(words) > 1}


def settle() -> None:
    """Say that what this process holds now stays: models, that is, and libraries.

    Later searches for garbage leave it out, so that ``give_back`` takes milliseconds.
    """
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Give what is free back to the system; for a process that has just finished a piece of work.

    Otherwise what refers to itself stays until Python happens to look for it, the next piece of
    work is laid behind it, and the process grows in steps for hours. Where the C library is not
    GNU's, only garbage is collected.
    """
    gc.collect()
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> ctypes._NamedFuncPointer | None:
    with suppress(OSError, AttributeError, TypeError):  # another system, another library
        return ctypes.CDLL(None).malloc_trim
    return None
