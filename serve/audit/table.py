"""The audit log in a database, for gateways on several machines: one chain, one writer at a time.

A line is there once its transaction is, so that nothing is ever torn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from trifold.database.engine import Database
from trifold.serve.audit.chain import AuditError, ChainedLog, End, Signer, writable
from trifold.serve.audit.check import damage, notes_in
from trifold.serve.audit.log import require_room
from trifold.serve.audit.segments import REMOVED, Segments
from trifold.serve.audit.verifier import SEGMENT, Verified, time_of, verify_lines
from trifold.serve.database.opened import reason_of
from trifold.serve.database.tables import AuditRow

LOCK = 7_240_124
NAME = "the table of the audit log"  # in messages
AT_ONCE = 1000  # rows that are read


class AuditTable(ChainedLog):
    """A log in a database.

    Args:
        database: that several may share.
        key: makes the hashes keyed (HMAC-SHA-256).
        heads: file that gets the head now and then.
        signer: signs what is noted there.
        segments: where parts of the log go once they are closed.
    """

    def __init__(
        self,
        database: Database,
        key: bytes,
        *,
        heads: Path,
        signer: Signer | None = None,
        segments: Segments | None = None,
    ) -> None:
        super().__init__(key, heads, signer, segments)
        self._database = database

    def append(self, event: str, **facts: object) -> str:
        """Write one line; see ``ChainedLog``."""
        with self._writing() as session:
            return self._add(session, _end_of(session), event, facts).head

    def check(self) -> None:
        """Find out whether a line could be written; see ``ChainedLog``."""
        with self._writing() as session:
            session.add(AuditRow(n=-1, line=" " * 1000))
            session.flush()
            session.rollback()
        if self._database.file is not None:  # SQLite asks the disk when it is too late
            with writable(self._database.file):
                require_room(self._database.file.parent)

    def rotate(self) -> None:
        """Export rows and remove them; see ``ChainedLog``."""
        segments = self.segments
        if segments is None:
            return
        with self._writing() as session:
            end, first = _end_of(session), session.scalar(select(func.min(AuditRow.n))) or 1
            if segments.is_full(first, end):
                content = b"".join(_lines(session))
                with writable(segments.folder):
                    facts = segments.export(content, first, end)
                self._add(session, end, SEGMENT, facts)
                session.execute(delete(AuditRow).where(AuditRow.n <= end.number))
        with writable(segments.folder):
            for path, facts in segments.outdated():
                self.append(REMOVED, **facts)
                path.unlink()

    def verified(self) -> Verified:
        """Verify all rows; see ``ChainedLog``."""
        with damage(self.heads):
            notes = notes_in(self.heads)
            numbered = ((line, f"{NAME}:{_number(line)}") for line in self.lines())
            return verify_lines(numbered, secret=self._key, notes=notes)

    def lines(self) -> Iterator[bytes]:
        """The lines of all rows."""
        with self._reachable(), self._database.reading() as session:
            yield from _lines(session)

    def _end(self) -> End:
        with self._reachable(), self._database.reading() as session:
            return _end_of(session)

    def _add(self, session: Session, end: End, event: str, facts: dict[str, object]) -> End:
        after, line = self._line_after(end, event, facts)
        session.add(AuditRow(n=after.number, line=line.decode("ascii").rstrip("\n")))
        session.flush()
        return after

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self._reachable(), self._database.writing(lock=LOCK) as session:
            yield session

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise AuditError(
                expected="an audit log that can be written",
                got=reason_of(error),
                where=self._database.engine.url.render_as_string(),
            ) from error


def _end_of(session: Session) -> End:
    last = session.scalar(select(AuditRow).order_by(AuditRow.n.desc()).limit(1))
    if last is None:
        return End()
    line = json.loads(last.line)
    return End(last.n, str(line["hash"]), time_of(line))


def _lines(session: Session) -> Iterator[bytes]:
    rows = select(AuditRow.line).order_by(AuditRow.n).execution_options(yield_per=AT_ONCE)
    for line in session.scalars(rows):
        yield line.encode() + b"\n"


def _number(line: bytes) -> object:
    """The number that a line says it has."""
    try:
        return json.loads(line).get("n")
    except (ValueError, AttributeError):
        return "?"
