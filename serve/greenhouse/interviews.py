"""Interviews that Greenhouse asked for, in the database: who, which test, and what came.

What they say of a candidate is sealed with a key of each interview's own: with its row all of it is
gone for good, wherever copies of it lie. Calls take as long as a database does.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy.orm import Session

from trifold.database.engine import Database
from trifold.serve.database.sealing import SALT_BYTES, Sealer
from trifold.serve.database.tables import InterviewRow
from trifold.serve.worker.retention import one_spelling

REQUESTED, SCORING, NOT_SCORED, COMPLETE = "requested", "scoring", "not scored", "complete"
FORGOTTEN = "interview_forgotten"  # event of the audit log
MOST_ERRORS = 20
LOCK = 7_240_125
CONTENT = "interview"
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Interview:
    """One interview.

    Attributes:
        id: Greenhouse's ``partner_interview_id``.
        test: which one was sent.
        url: where it is said that it is done.
        person: name and address of the candidate, as Greenhouse sent them.
        requested_s: when, in seconds since 1970.
        status: how far it is.
        job: that scores its answers, while it does.
        result: the row of scores, once there is one, or the code of why there is none.
        errors: what Greenhouse said about answers of ours.
    """

    id: str
    test: str
    url: str
    person: Mapping[str, str]
    requested_s: float
    status: str
    job: str
    result: Mapping[str, Any]
    errors: tuple[str, ...]


Tell = Callable[[Session, Interview], bool]


class Interviews:
    """All of them.

    Args:
        database: that holds them; several gateways may share it.
        sealer: of what they say.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer

    def request(self, test: str, url: str, person: Mapping[str, str], now_s: float) -> str:
        """Keep a new interview; of one that was asked for before, its id again."""
        request, salt = self._sealer.pseudonym("interview", url), secrets.token_bytes(SALT_BYTES)
        with self._database.writing(lock=LOCK) as session:
            before = select(InterviewRow.id).where(InterviewRow.request == request)
            name = session.scalar(before)
            if name is None:
                name = secrets.token_urlsafe(16)
                facts = {"url": url, "person": dict(person), "result": {}, "errors": []}
                row = InterviewRow(id=name, test=test, request=request, status=REQUESTED, salt=salt)
                row.requested_s, row.content = now_s, self._sealed(salt, facts)
                session.add(row)
        return name

    def find(self, name: str) -> Interview | None:
        """One of them."""
        if not _ID.fullmatch(name):
            return None
        with self._database.reading() as session:
            row = session.get(InterviewRow, name)
            return None if row is None else self._opened(row)

    def waiting(self, most: int = 1000) -> list[Interview]:
        """Those without scores, the first one first."""
        wanted = select(InterviewRow).where(InterviewRow.status != COMPLETE)
        return self._all(wanted.order_by(InterviewRow.requested_s).limit(most))

    def begin(self, name: str, job: str, candidate: str) -> None:
        """Answers, of a candidate of this id as far as that is known, are being scored as a job."""
        with self._database.writing() as session:
            row = session.get(InterviewRow, name, with_for_update=True)
            if row is not None:
                row.status, row.job = SCORING, job
                row.candidate = self._whom(candidate) if candidate else ""
                self._change(row, result={})

    def of_job(self, job: str) -> Interview | None:
        """The one whose answers a job scores."""
        return next(iter(self._all(select(InterviewRow).where(InterviewRow.job == job))), None)

    def end(self, job: str, status: str, result: Mapping[str, Any], tell: Tell) -> bool | None:
        """The job that scores an interview is done: with scores, or without.

        Args:
            job: its id.
            status: of the interview from now on.
            result: what came.
            tell: writes to whom that is told, so that it is once for both or for neither.

        Returns:
            What that returns; None where no interview waits for this job, or not any more.
        """
        wanted = select(InterviewRow).where(InterviewRow.job == job)
        with self._database.writing() as session:
            row = session.scalar(wanted.with_for_update())
            if row is None:
                return None
            row.status, row.job = status, ""
            self._change(row, result=dict(result))
            return tell(session, self._opened(row))

    def note(self, name: str, errors: list[str]) -> None:
        """What Greenhouse said about an answer of ours."""
        if not _ID.fullmatch(name):
            return
        with self._database.writing() as session:
            row = session.get(InterviewRow, name, with_for_update=True)
            if row is not None:
                said = [*self._opened(row).errors, *(error[:500] for error in errors)]
                self._change(row, errors=said[-MOST_ERRORS:])

    def about(self, who: str) -> list[Interview]:
        """Those under an interview's or a candidate's id."""
        return self._all(select(InterviewRow).where(self._is_about(who)))

    def forget(self, who: str) -> int:
        """Remove what is kept under an interview's or a candidate's id; returns how much."""
        return _removed(self._database, self._is_about(who))

    def expire(self, before_s: float) -> None:
        """Remove those that were asked for before."""
        _removed(self._database, InterviewRow.requested_s < before_s)

    def _all(self, wanted: Select[Any]) -> list[Interview]:
        with self._database.reading() as session:
            return [self._opened(row) for row in session.scalars(wanted)]

    def _is_about(self, who: str) -> ColumnElement[bool]:
        same = InterviewRow.candidate == self._whom(who)  # an empty id stands for nobody
        return or_(same, InterviewRow.id == who) if _ID.fullmatch(who) else same

    def _whom(self, candidate: str) -> str:
        return self._sealer.pseudonym("interviewed", one_spelling(candidate))

    def _sealed(self, salt: bytes, facts: Mapping[str, Any]) -> bytes:
        return self._sealer.seal(json.dumps(dict(facts)).encode(), salt, CONTENT)

    def _change(self, row: InterviewRow, **facts: Any) -> None:
        before = json.loads(self._sealer.open(row.content, row.salt, CONTENT))
        row.content = self._sealed(row.salt, before | facts)

    def _opened(self, row: InterviewRow) -> Interview:
        facts = json.loads(self._sealer.open(row.content, row.salt, CONTENT))
        head = (row.id, row.test, facts["url"], facts["person"], row.requested_s, row.status)
        return Interview(*head, row.job, facts["result"], tuple(facts["errors"]))


def forget_interviews(database: Database, names: Collection[str]) -> int:
    """Remove interviews by their ids, which needs no key; returns how many."""
    return sum(_removed(database, InterviewRow.id == name) for name in names)


def _removed(database: Database, which: ColumnElement[bool]) -> int:
    with database.writing() as session:
        gone = session.execute(delete(InterviewRow).where(which)).rowcount  # type: ignore[attr-defined]
    if gone:
        database.shred()
    return int(gone)
