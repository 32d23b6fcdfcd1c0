"""An append-only log of scorings in which every line carries the hash of the one before.

``python -m serve.audit FILE [key=FILE] [head=HASH]`` verifies one. Lines hold hashes and ids of the
caller's choosing, nothing of a candidate.

Without a key, whoever may write the file can also write another consistent one: keep the head (the
last line's hash) elsewhere, or give the servers a key file that the log's keepers do not hold.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from src.endings import code_of, run_main, values_of
from src.errors import InputError, TrifoldError

GENESIS = "0" * 64
TAIL_BYTES = 1 << 16  # more than any line


class AuditError(TrifoldError):
    """A log was changed, or cannot be read."""

    code = "AUDIT_ERROR"


@dataclass(frozen=True)
class Verified:
    """A log that holds: how many lines, and the hash of the last one."""

    lines: int
    head: str


class AuditLog:
    """Appends lines; any number of processes may share one file.

    Args:
        path: of the log; its folder must exist.
        key: makes the hashes keyed (HMAC-SHA-256).
    """

    def __init__(self, path: Path, key: bytes = b"") -> None:
        self.path, self._key = path, key

    def append(self, event: str, **facts: object) -> str:
        """Write one line and flush it to the disk; returns its hash."""
        with self.path.open("a+b") as file:
            os.chmod(self.path, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            number, previous = _end_of(file.fileno(), self.path)
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = {"n": number + 1, "time": now, "event": event, **facts, "previous": previous}
            line["hash"] = line_hash(line, self._key)
            file.write(_canonical(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return str(line["hash"])


def verify(path: Path, key: bytes = b"", *, head: str | None = None) -> Verified:
    """Check every line of a log.

    Args:
        path: of the log.
        key: that the log was written with.
        head: hash that the last line, or an earlier one, had when it was noted; finds lines cut off
            at the end.

    Raises:
        AuditError: with the number of the first line that does not hold.
    """
    previous, count, seen = GENESIS, 0, head is None
    try:
        with path.open("rb") as file:
            for count, raw in enumerate(file, start=1):
                previous = _verify_line(raw, count, previous, key, path)
                seen = seen or previous == head
    except OSError as error:
        raise AuditError(expected="a readable log", got=str(error.strerror), where=path) from error
    if not seen:
        raise AuditError(expected=f"a line with hash {head}", got="none: lines are missing",
                         where=path)  # fmt: skip
    return Verified(count, previous)


def line_hash(line: dict[str, object], key: bytes = b"") -> str:
    """64 hex digits over a line without its own hash."""
    content = _canonical({name: value for name, value in line.items() if name != "hash"})
    if key:
        return hmac.new(key, content, "sha256").hexdigest()
    return hashlib.sha256(content).hexdigest()


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


def _verify_line(raw: bytes, number: int, previous: str, key: bytes, path: Path) -> str:
    where = f"{path}:{number}"
    try:
        line = json.loads(raw)
        claimed = str(line["hash"])
    except (ValueError, KeyError, TypeError) as error:
        raise AuditError(expected="a line of the log", got="another text", where=where) from error
    if not raw.endswith(b"\n") or line.get("n") != number or line.get("previous") != previous:
        raise AuditError(expected=f"line {number} to follow the one before it",
                         got="another: lines were removed or moved", where=where)  # fmt: skip
    if not hmac.compare_digest(claimed, line_hash(line, key)):
        raise AuditError(expected="the hash of the line's content",
                         got="another: it was changed, or written with another key",
                         where=where)  # fmt: skip
    return claimed


def _end_of(descriptor: int, path: Path) -> tuple[int, str]:
    """Number and hash of the last line."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        return 0, GENESIS
    tail = os.pread(descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES))
    try:
        last = json.loads(tail.splitlines()[-1])
        return int(last["n"]), str(last["hash"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise AuditError(expected="a whole last line", got="a damaged one", where=path) from error


def _canonical(line: dict[str, object]) -> bytes:
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def main(arguments: list[str]) -> int:
    """Entry point: print what was verified, or one line about what does not hold and exit 2."""
    return code_of(_verified, arguments, __doc__ or "")


def _verified(arguments: list[str]) -> list[str]:
    if not arguments:
        raise InputError(expected="a log: python -m serve.audit FILE", got="none")
    given = values_of(arguments[1:], ["key", "head"])
    key = read_key(given.get("key", ""))
    found = verify(Path(arguments[0]), key, head=given.get("head"))
    return [f"{found.lines} lines hold, head {found.head}"]


if __name__ == "__main__":
    run_main(main)
