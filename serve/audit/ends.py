"""Where a log in a file ends: after its last line that can be read.

What lies behind it was torn by a full disk, a power cut or by hand; whoever appends next sets it
aside.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from trifold.serve.audit.chain import AuditError, End
from trifold.serve.audit.verifier import GENESIS, time_of

HEAD_CHARS = len(GENESIS)
TAIL_BYTES = 1 << 16  # more than any line
_FIRST = b'{"'


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
    return End()


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
