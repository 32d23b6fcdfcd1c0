"""Verifying an audit log, line by line."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from trifold.serve.audit.chain import GENESIS, AuditError, canonical, line_hash, time_of

TOLERANCE_S = 5.0  # that clocks may differ or be corrected by without a word
_HEAD = re.compile(rb"^(\d{1,18}) ([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True)
class Verified:
    """A log that holds.

    Attributes:
        lines: how many there are.
        head: hash of the last one.
        recovered: lines that say that a torn end was set aside.
        set_back: lines that say that the clock had been set back.
    """

    lines: int = 0
    head: str = GENESIS
    recovered: int = 0
    set_back: int = 0

    def __str__(self) -> str:
        said = f"{self.lines} lines hold, head {self.head}"
        if self.recovered:
            said += f"; torn ends set aside: {self.recovered}"
        if self.set_back:
            said += f"; clock set back: {self.set_back}"
        return said


def verify(path: Path, key: bytes = b"", *, head: str | None = None) -> Verified:
    """Check every line of a log, and that what was noted beside it is there.

    Args:
        path: of the log.
        key: the one that the log was written with.
        head: hash that the last line, or an earlier one, had when it was noted; finds lines cut off
            at the end.

    Raises:
        AuditError: with the number of the first line that does not hold.
    """
    found, before = Verified(), None
    noted, seen = heads_beside(path), head is None
    try:
        with path.open("rb") as file:
            for raw in file:
                found, before = _next(found, raw, before, key, path)
                seen = seen or found.head == head
                if noted.pop(found.lines, found.head) != found.head:
                    raise AuditError(
                        expected="the hash that was noted of this line",
                        got="another: the log was written anew",
                        where=f"{path}:{found.lines}",
                    )
    except OSError as error:
        raise AuditError(expected="a readable log", got=str(error.strerror), where=path) from error
    if not seen:
        raise AuditError(
            expected=f"a line with hash {head}", got="none: lines are missing", where=path
        )
    if noted:
        raise AuditError(
            expected=f"at least {max(noted)} lines, as {path.name}.heads notes",
            got=f"{found.lines}: lines are missing",
            where=path,
        )
    return found


def heads_beside(path: Path) -> dict[int, str]:
    """Number to hash of the lines of a log that were noted in the file beside it."""
    try:
        content = path.with_name(f"{path.name}.heads").read_bytes()
    except FileNotFoundError:
        return {}
    return {int(number): head.decode() for number, head in _HEAD.findall(content)}


def _next(
    found: Verified, raw: bytes, before: datetime | None, key: bytes, path: Path
) -> tuple[Verified, datetime]:
    """What holds with one line more, and when that one was written.

    Raises:
        AuditError: when the line is not the one that follows.
    """
    number = found.lines + 1
    line = _checked_line(raw, number, found.head, key, f"{path}:{number}")
    now, said = time_of(line), "clock_set_back_s" in line
    went_back = before and now and (before - now).total_seconds() > TOLERANCE_S
    if now is None or (went_back and not said):
        raise AuditError(
            expected=f"a time after {before and before.isoformat()}",
            got=f"{line.get('time')}",
            where=f"{path}:{number}",
        )
    return replace(
        found,
        lines=number,
        head=str(line["hash"]),
        recovered=found.recovered + (line.get("event") == "recovered"),
        set_back=found.set_back + said,
    ), now


def _checked_line(
    raw: bytes, number: int, previous: str, key: bytes, where: str
) -> dict[str, object]:
    try:
        line = json.loads(raw)
        claimed = str(line["hash"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AuditError(expected="a line of the log", got="another text", where=where) from error
    if not raw.endswith(b"\n") or line.get("n") != number or line.get("previous") != previous:
        raise AuditError(
            expected=f"line {number} to follow the one before it",
            got="another: lines were removed or moved",
            where=where,
        )
    if raw != canonical(line) + b"\n":
        raise AuditError(
            expected="a line as this program writes it",
            got="another spelling, such as a name that comes twice",
            where=where,
        )
    if not hmac.compare_digest(claimed.encode("utf-8", "replace"), line_hash(line, key).encode()):
        raise AuditError(
            expected="the hash of the line's content",
            got="another: it was changed, or written with another key",
            where=where,
        )
    return dict(line)
