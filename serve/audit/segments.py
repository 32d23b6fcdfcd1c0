"""Closed parts of a log: exported as JSON lines, and removed after a while.

A part is closed by the first line of the next one, which names it and chains to its last line. A
part is on the disk before its lines leave the place where they were.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trifold.runtime.private import private_folder, write_atomically
from trifold.serve.audit.chain import End
from trifold.serve.audit.ends import end_of
from trifold.serve.audit.files import sync_folder

REMOVED = "segment_removed"


@dataclass(frozen=True)
class Segments:
    """What becomes of a log that grows.

    Attributes:
        folder: gets closed parts, one file each.
        lines: after which a part is closed; 0: never.
        keep_days: after which a closed part is removed; 0: never.
    """

    folder: Path
    lines: int = 0
    keep_days: int = 0

    def is_full(self, first: int, end: End) -> bool:
        """Whether the part from a line to the end of the log is to be closed."""
        return 0 < self.lines <= end.number - first + 1

    def export(self, content: bytes, first: int, end: End) -> dict[str, object]:
        """Write a part that is to be closed; returns what the line that closes it says of it.

        Raises:
            OSError: when that is not possible.
        """
        path = private_folder(self.folder) / f"{first:012d}-{end.number:012d}.jsonl"
        write_atomically(path, content)
        sync_folder(self.folder)
        for other in self.folder.glob(f"{first:012d}-*.jsonl"):
            if other != path:  # of one who was killed before it was closed
                other.unlink()
        return {"closed": path.name, "closed_sha256": hashlib.sha256(content).hexdigest()}

    def outdated(self) -> Iterator[tuple[Path, dict[str, object]]]:
        """Parts that are too old, each with what the log is to say of its removal."""
        if not self.keep_days:
            return
        before = datetime.now(UTC) - timedelta(days=self.keep_days)
        for path in self.parts():
            end = _end_in(path)
            if end.time is None or end.time >= before:
                break
            yield path, {"removed": path.name, "removed_head": end.head}

    def parts(self) -> list[Path]:
        """Closed parts that are here, in their order."""
        return sorted(self.folder.glob("[0-9]*-[0-9]*.jsonl"))


def _end_in(path: Path) -> End:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return end_of(descriptor, path)
    finally:
        os.close(descriptor)
