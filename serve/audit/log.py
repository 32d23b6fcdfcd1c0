"""The audit log in a file, which is all that one gateway needs.

Lines hold hashes and ids of the caller's choosing, nothing of a candidate. Without a key, whoever
may write the file can also write another consistent one: keep the head (the last line's hash)
elsewhere, or give the servers a key file that the log's keepers do not hold.

A line that cannot be written whole is taken back. What a power cut leaves of one is moved to
``FILE.torn`` by the next line, and a line ``recovered`` says so.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trifold.serve.audit.chain import AuditError, ChainedLog, End, Signer, writable
from trifold.serve.audit.check import verify
from trifold.serve.audit.ends import TAIL_BYTES, end_of
from trifold.serve.audit.files import append_bytes, put, sync_folder
from trifold.serve.audit.segments import REMOVED, Segments
from trifold.serve.audit.verifier import GENESIS, SEGMENT, Verified

__all__ = ["GENESIS", "AuditError", "AuditLog", "Verified", "verify"]

ROOM_BYTES = 1 << 14  # more than any line


class AuditLog(ChainedLog):
    """A log in a file.

    Args:
        path: of the log; its folder must exist.
        key: makes the hashes keyed (HMAC-SHA-256).
        heads: file that gets the head now and then; by default one beside.
        signer: signs what is noted there.
        segments: where parts of the log go once they are closed; None keeps it in one.
    """

    def __init__(
        self,
        path: Path,
        key: bytes = b"",
        *,
        heads: Path | None = None,
        signer: Signer | None = None,
        segments: Segments | None = None,
    ) -> None:
        super().__init__(key, heads or _beside(path, "heads"), signer, segments)
        self.path = path

    def append(self, event: str, **facts: object) -> str:
        """Write one line and flush it to the disk; see ``ChainedLog``."""
        with self._open() as descriptor:
            end = end_of(descriptor, self.path)
            torn = os.fstat(descriptor).st_size - end.size
            if torn:
                end = self._recover(descriptor, end, torn)
            return self._write(descriptor, end, event, facts).head

    def check(self) -> None:
        """Find out whether there is room for a line; see ``ChainedLog``."""
        with self._open() as descriptor:
            end_of(descriptor, self.path)
            require_room(self.path.parent)

    def rotate(self) -> None:
        """Close the file and begin another; see ``ChainedLog``."""
        segments = self.segments
        if segments is None:
            return
        with self._open() as descriptor:
            end = end_of(descriptor, self.path)
            line = os.pread(descriptor, TAIL_BYTES, 0).partition(b"\n")[0]
            first = int(json.loads(line)["n"]) if end.number else 1
            if segments.is_full(first, end) and os.fstat(descriptor).st_size == end.size:
                facts = segments.export(os.pread(descriptor, end.size, 0), first, end)
                _, line = self._line_after(end, SEGMENT, facts)
                fresh = self.path.with_name(f".{self.path.name}.next")
                fresh.unlink(missing_ok=True)
                append_bytes(fresh, line)
                fresh.replace(self.path)
                sync_folder(self.path.parent)
        for path, facts in segments.outdated():
            self.append(REMOVED, **facts)
            path.unlink()

    def verified(self) -> Verified:
        """Verify the file; see ``ChainedLog``."""
        if not self.path.exists():
            return Verified()
        return verify(self.path, self._key, heads=self.heads)

    def lines(self) -> Iterator[bytes]:
        """The lines of the file."""
        with writable(self.path), self.path.open("rb") as file:
            yield from file

    def _end(self) -> End:
        with self._open() as descriptor:
            return end_of(descriptor, self.path)

    @contextmanager
    def _open(self) -> Iterator[int]:
        """The file, with nobody else in it."""
        with writable(self.path):
            descriptor = self._locked()
            try:
                yield descriptor
            finally:
                os.close(descriptor)

    def _locked(self) -> int:
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.fchmod(descriptor, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(descriptor), self.path.stat()):
                return descriptor
            os.close(descriptor)  # it was closed as a part of the log while we waited

    def _recover(self, descriptor: int, end: End, torn: int) -> End:
        """Set aside what lies behind the last line, and say so in its place."""
        content = os.pread(descriptor, torn, end.size)
        append_bytes(_beside(self.path, "torn"), content)
        facts = {"torn_bytes": torn, "torn_sha256": hashlib.sha256(content).hexdigest()}
        return self._write(descriptor, end, "recovered", facts)

    def _write(self, descriptor: int, end: End, event: str, facts: dict[str, object]) -> End:
        after, line = self._line_after(end, event, facts)
        put(descriptor, line, end.size)
        return after


def require_room(folder: Path) -> None:
    """Find out whether there is room for a line in a folder.

    Raises:
        OSError: when there is none.
    """
    with tempfile.TemporaryFile(dir=folder, buffering=0) as trial:
        trial.write(bytes(ROOM_BYTES))  # it has no name that a kill could leave


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name}.{kind}")
