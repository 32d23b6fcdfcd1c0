"""How much memory there is for processes that are not started yet."""

from __future__ import annotations

from contextlib import suppress
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
