"""An append-only log in which every line carries the hash of the one before.

``trifold serve audit FILE [key=FILE] [head=HASH]`` verifies one. Lines hold hashes and ids of the
caller's choosing, nothing of a candidate.

Without a key, whoever may write the file can also write another consistent one: keep the head (the
last line's hash) elsewhere, or give the servers a key file that the log's keepers do not hold. A
running server notes the head in ``FILE.heads`` now and then, and a log that lost lines since then
does not verify.

A line that cannot be written whole is taken back. What a power cut leaves of one is moved to
``FILE.torn`` by the next line, and a line ``recovered`` says so.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from trifold.codes import Code
from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.audit.chain import GENESIS, AuditError, End, canonical, end_of, line_hash
from trifold.serve.audit.check import Verified, verify
from trifold.serve.problems import Problem

__all__ = ["GENESIS", "AuditError", "AuditLog", "Verified", "line_hash", "read_key", "verify"]

CLOCK_TOLERANCE_S = 5.0  # a clock that is corrected by more than this is said to have been
ROOM_BYTES = 1 << 14  # more than any line


class AuditLog:
    """Appends lines; any number of processes may share one file.

    Args:
        path: of the log; its folder must exist.
        key: makes the hashes keyed (HMAC-SHA-256).
    """

    def __init__(self, path: Path, key: bytes = b"") -> None:
        self.path, self._key, self._noted = path, key, 0

    def append(self, event: str, **facts: object) -> str:
        """Write one line and flush it to the disk; returns its hash.

        Raises:
            AuditError: when that is not possible; the log is then as it was before.
        """
        with self._open() as descriptor:
            end = end_of(descriptor, self.path)
            torn = os.fstat(descriptor).st_size - end.size
            if torn:
                end = self._recover(descriptor, end, torn)
            return self._write(descriptor, end, event, facts).head

    def check(self) -> None:
        """Find out whether there is room for a line, without writing one.

        Raises:
            AuditError: when there is none, or the log cannot be opened or is none.
        """
        with self._open() as descriptor:
            end_of(descriptor, self.path)
            with tempfile.TemporaryFile(dir=self.path.parent, buffering=0) as trial:
                trial.write(bytes(ROOM_BYTES))  # it has no name that a kill could leave

    def note_head(self) -> None:
        """Write number and hash of the last line to a file beside, if it is another by now.

        Raises:
            AuditError: when that is not possible.
        """
        with self._open() as descriptor:
            end = end_of(descriptor, self.path)
            if end.number != self._noted:
                _append(_beside(self.path, "heads"), b"%d %s\n" % (end.number, end.head.encode()))
                self._noted = end.number

    @contextmanager
    def _open(self) -> Iterator[int]:
        """The file, with nobody else in it."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.fchmod(descriptor, 0o600)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            raise AuditError(
                expected="an audit log that can be written",
                got=str(error.strerror),
                where=self.path,
            ) from error

    def _recover(self, descriptor: int, end: End, torn: int) -> End:
        """Set aside what lies behind the last line, and say so in its place."""
        content = os.pread(descriptor, torn, end.size)
        _append(_beside(self.path, "torn"), content)
        facts = {"torn_bytes": torn, "torn_sha256": hashlib.sha256(content).hexdigest()}
        return self._write(descriptor, end, "recovered", facts)

    def _write(self, descriptor: int, end: End, event: str, facts: dict[str, object]) -> End:
        now = datetime.now(UTC)
        time = now.isoformat(timespec="milliseconds")
        line = {"n": end.number + 1, "time": time, "event": event, **facts, "previous": end.head}
        back_s = (end.time - now).total_seconds() if end.time else 0.0
        if back_s > CLOCK_TOLERANCE_S:
            line["clock_set_back_s"] = round(back_s, 3)
        head = line["hash"] = line_hash(line, self._key)
        stop = _put(descriptor, canonical(line) + b"\n", end.size)
        return End(end.number + 1, str(head), now, stop)


@contextmanager
def auditing() -> Iterator[None]:
    """A log that cannot be written is a refusal: what leaves no line is not done.

    Raises:
        Problem: 503.
    """
    try:
        yield
    except AuditError as error:
        message = "the audit log cannot be written at the moment"
        raise Problem(503, Code.AUDIT_UNAVAILABLE, message) from error


def read_key(path: str) -> bytes:
    """The secret in a key file; empty without one.

    Raises:
        InputError: when the file is missing or holds fewer than 16 bytes.
    """
    if not path:
        return b""
    try:
        secret = Path(path).read_bytes().strip()
    except OSError as error:
        raise InputError(expected="a key file", got=str(error.strerror), where=path) from error
    if len(secret) < 16:
        raise InputError(expected="a key of 16 bytes or more", got=str(len(secret)), where=path)
    return secret


def _put(descriptor: int, content: bytes, at: int) -> int:
    """Write to the disk as the end of a file, or leave the file as long as it was.

    Returns:
        The size of the file.
    """
    before = os.fstat(descriptor).st_size
    try:
        done = 0
        while done < len(content):
            done += os.pwrite(descriptor, content[done:], at + done)
        os.ftruncate(descriptor, at + done)
        os.fsync(descriptor)
    except BaseException:  # also where the time of a request ends here
        with suppress(OSError):
            os.ftruncate(descriptor, before)
        raise
    return at + done


def _append(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _put(descriptor, content, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name}.{kind}")


def main(arguments: list[str]) -> int:
    """Entry point: print what was verified, or one line about what does not hold and exit 2."""
    return code_of(_verified, arguments, __doc__ or "")


def _verified(arguments: list[str]) -> list[str]:
    if not arguments:
        raise InputError(expected="a log: trifold serve audit FILE", got="none")
    given = values_of(arguments[1:], ["key", "head"])
    key = read_key(given.get("key", ""))
    return [str(verify(Path(arguments[0]), key, head=given.get("head")))]


if __name__ == "__main__":
    run_main(main)
