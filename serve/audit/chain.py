"""Logs in which every line carries the hash of the one before, wherever they are kept."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trifold.codes import Code
from trifold.errors import TrifoldError
from trifold.serve.audit.files import append_bytes
from trifold.serve.audit.verifier import CONTEXT, GENESIS, Verified, canonical, line_hash
from trifold.serve.problems import Problem

if TYPE_CHECKING:
    from trifold.serve.audit.segments import Segments

Signer = Callable[[bytes], bytes]
CLOCK_TOLERANCE_S = 5.0  # a clock that is corrected by more than this is said to have been


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
        size: bytes up to its end, of a file.
    """

    number: int = 0
    head: str = GENESIS
    time: datetime | None = None
    size: int = 0


class ChainedLog(ABC):
    """Appends lines; any number of processes may write one log.

    Args:
        key: makes the hashes keyed (HMAC-SHA-256).
        heads: file that gets the head now and then.
        signer: signs what is noted there.
        segments: what becomes of a log that grows; None keeps it in one.
    """

    def __init__(
        self, key: bytes, heads: Path, signer: Signer | None, segments: Segments | None
    ) -> None:
        self._key, self._signer, self._noted = key, signer, 0
        self.heads, self.segments = heads, segments

    @abstractmethod
    def append(self, event: str, **facts: object) -> str:
        """Write one line, so that a power cut does not take it away; returns its hash.

        Raises:
            AuditError: when that is not possible; the log is then as it was before.
        """

    @abstractmethod
    def check(self) -> None:
        """Find out whether a line could be written, without writing one.

        Raises:
            AuditError: when none could, or the log cannot be opened or is none.
        """

    @abstractmethod
    def rotate(self) -> None:
        """Close the part that is open where it is long enough, and remove parts that are too old.

        Raises:
            AuditError: when that is not possible; nothing is lost then.
        """

    @abstractmethod
    def verified(self) -> Verified:
        """Verify the part that is open, and that what was noted is there.

        Raises:
            AuditError: when it does not hold.
        """

    @abstractmethod
    def lines(self) -> Iterator[bytes]:
        """The part that is open, as it would be closed."""

    @abstractmethod
    def _end(self) -> End: ...

    def note_head(self) -> None:
        """Write number and hash of the last line to the file of heads, if it is another by now.

        Raises:
            AuditError: when that is not possible.
        """
        end = self._end()
        if end.number == self._noted:
            return
        said = f"{end.number} {end.head}"
        if self._signer is not None:
            signature = self._signer(CONTEXT + said.encode())
            said += f" {base64.b64encode(signature).decode()}"
        with writable(self.heads):
            append_bytes(self.heads, f"{said}\n".encode())
        self._noted = end.number

    def _line_after(self, end: End, event: str, facts: Mapping[str, object]) -> tuple[End, bytes]:
        """The line that follows, and where the log then ends."""
        now = datetime.now(UTC)
        time = now.isoformat(timespec="milliseconds")
        line = {"n": end.number + 1, "time": time, "event": event, **facts, "previous": end.head}
        back_s = (end.time - now).total_seconds() if end.time else 0.0
        if back_s > CLOCK_TOLERANCE_S:
            line["clock_set_back_s"] = round(back_s, 3)
        line["hash"] = line_hash(line, self._key)
        content = canonical(line) + b"\n"
        return End(end.number + 1, str(line["hash"]), now, end.size + len(content)), content


@contextmanager
def writable(path: object) -> Iterator[None]:
    """What the system refuses is an error of the log.

    Raises:
        AuditError: naming the path.
    """
    try:
        yield
    except OSError as error:
        raise AuditError(
            expected="an audit log that can be written",
            got=str(error.strerror),
            where=path,
        ) from error


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
