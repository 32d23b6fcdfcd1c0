"""Lines of the audit log: how one is written and hashed, and where a log ends.

A log ends after its last line that can be read. What lies behind it was torn by a full disk, a
power cut or by hand; whoever appends next sets it aside.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trifold.codes import Code
from trifold.errors import TrifoldError

GENESIS = "0" * 64
HEAD_CHARS = len(GENESIS)
TAIL_BYTES = 1 << 16  # more than any line
_FIRST = b'{"'


class AuditError(TrifoldError):
    """A log was changed, or cannot be read or written."""

    code = Code.AUDIT_ERROR


@dataclass(frozen=True)
class End:
    """Where a log ends.

    Attributes:
        number: of the last line; 0 without one.
        head: its hash.
        time: when it was written; None where it does not say so.
        size: bytes up to its end.
    """

    number: int
    head: str
    time: datetime | None
    size: int


def canonical(line: dict[str, object]) -> bytes:
    """The one way to write a line."""
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def line_hash(line: dict[str, object], key: bytes = b"") -> str:
    """64 hex digits over a line without its own hash."""
    content = canonical({name: value for name, value in line.items() if name != "hash"})
    if key:
        return hmac.new(key, content, "sha256").hexdigest()
    return hashlib.sha256(content).hexdigest()


def time_of(line: dict[str, object]) -> datetime | None:
    """When a line was written; None where it does not say so with a time zone."""
    try:
        found = datetime.fromisoformat(str(line.get("time")))
    except ValueError:
        return None
    return found if found.tzinfo else None


def read_line(raw: bytes) -> dict[str, object] | None:
    """The members of a line; None where it is not one of the log."""
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict) or not raw.endswith(b"\n"):
        return None
    whole = isinstance(line.get("n"), int) and len(str(line.get("hash"))) == HEAD_CHARS
    return line if whole else None


def end_of(descriptor: int, path: Path) -> End:
    """Look for the last whole line from the end of a file.

    Args:
        descriptor: of the file, open for reading.
        path: its name, for messages.

    Raises:
        AuditError: when a file that is not empty holds no line at all, so that it is no log.
    """
    size = os.fstat(descriptor).st_size
    window, begin = TAIL_BYTES, size
    tail = b""
    while begin > 0:
        begin = max(0, size - window)
        tail = os.pread(descriptor, size - begin, begin)
        end = _last_line(tail, begin)
        if end is not None:
            return end
        window *= 8
    if b"\n" in tail or not (tail.startswith(_FIRST) or not tail.strip(b"\0")):
        raise AuditError(expected="an audit log", got="another file", where=path)
    return End(0, GENESIS, None, 0)


def _last_line(tail: bytes, begin: int) -> End | None:
    """The last line that lies wholly in the tail of a file; ``begin`` is where the tail starts."""
    stop = tail.rfind(b"\n") + 1
    while stop > 0:
        start = tail.rfind(b"\n", 0, stop - 1) + 1
        if start == 0 and begin > 0:
            return None
        line = read_line(tail[start:stop])
        if line is not None:
            return End(int(str(line["n"])), str(line["hash"]), time_of(line), begin + stop)
        stop = start
    return None
