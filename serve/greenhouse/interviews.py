"""Interviews that Greenhouse asked for, in the file of state: who, which test, and what came."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trifold.serve.state import State
from trifold.serve.worker.retention import one_spelling

REQUESTED, SCORING, NOT_SCORED, COMPLETE = "requested", "scoring", "not scored", "complete"
FORGOTTEN = "interview_forgotten"  # event of the audit log
MOST_ERRORS = 20
_TABLE = """CREATE TABLE IF NOT EXISTS interviews (id TEXT PRIMARY KEY, test TEXT, url TEXT UNIQUE,
    person TEXT, requested_s REAL, status TEXT, job TEXT, candidate TEXT, result TEXT,
    errors TEXT)"""


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
        candidate: id under which answers were scored.
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
    candidate: str
    result: Mapping[str, Any]
    errors: tuple[str, ...]


class Interviews:
    """All of them.

    Args:
        state: where they are kept.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        state.run(_TABLE)

    def request(self, test: str, url: str, person: Mapping[str, str], now_s: float) -> str:
        """Keep a new interview; of one that was asked for before, its id again."""
        name = secrets.token_urlsafe(16)
        self._state.run(
            "INSERT INTO interviews VALUES (?, ?, ?, ?, ?, ?, '', '', '{}', '[]') "
            "ON CONFLICT (url) DO NOTHING",
            (name, test, url, json.dumps(dict(person)), now_s, REQUESTED),
        )
        (row,) = self._state.run("SELECT id FROM interviews WHERE url = ?", (url,))
        return str(row["id"])

    def find(self, name: str) -> Interview | None:
        """One of them."""
        rows = self._state.run("SELECT * FROM interviews WHERE id = ?", (name,))
        return _interview(rows[0]) if rows else None

    def waiting(self, most: int = 1000) -> list[Interview]:
        """Those without scores, the first one first."""
        rows = self._state.run(
            "SELECT * FROM interviews WHERE status != ? ORDER BY requested_s LIMIT ?",
            (COMPLETE, most),
        )
        return [_interview(row) for row in rows]

    def begin(self, name: str, job: str, candidate: str) -> None:
        """Answers, of a candidate of this id as far as that is known, are being scored as a job."""
        self._state.run(
            "UPDATE interviews SET status = ?, job = ?, candidate = ?, result = '{}' WHERE id = ?",
            (SCORING, job, one_spelling(candidate), name),
        )

    def of_job(self, job: str) -> Interview | None:
        """The one whose answers a job scores."""
        rows = self._state.run("SELECT * FROM interviews WHERE job = ?", (job,))
        return _interview(rows[0]) if rows and job else None

    def end(self, name: str, status: str, result: Mapping[str, Any]) -> None:
        """The job is done: with scores, or without."""
        self._state.run(
            "UPDATE interviews SET status = ?, job = '', result = ? WHERE id = ?",
            (status, json.dumps(dict(result)), name),
        )

    def note(self, name: str, errors: list[str]) -> None:
        """What Greenhouse said about an answer of ours."""
        found = self.find(name)
        if found is not None:
            kept = [*found.errors, *(error[:500] for error in errors)][-MOST_ERRORS:]
            self._state.run(
                "UPDATE interviews SET errors = ? WHERE id = ?", (json.dumps(kept), name)
            )

    def about(self, who: str) -> list[Interview]:
        """Those under an interview's or a candidate's id."""
        rows = self._state.run(
            "SELECT * FROM interviews WHERE id = ? OR candidate = ?", (who, one_spelling(who))
        )
        return [_interview(row) for row in rows]

    def forget(self, who: str) -> int:
        """Remove what is kept under an interview's or a candidate's id; returns how much."""
        rows = self._state.run(
            "DELETE FROM interviews WHERE id = ? OR candidate = ? RETURNING id",
            (who, one_spelling(who)),
        )
        if rows:
            self._state.truncate()
        return len(rows)

    def expire(self, before_s: float) -> None:
        """Remove those that were asked for before."""
        old = "DELETE FROM interviews WHERE requested_s < ? RETURNING id"
        if self._state.run(old, (before_s,)):
            self._state.truncate()


def _interview(row: sqlite3.Row) -> Interview:
    person, result = json.loads(row["person"]), json.loads(row["result"])
    head = (row["id"], row["test"], row["url"], person, row["requested_s"], row["status"])
    return Interview(*head, row["job"], row["candidate"], result, tuple(json.loads(row["errors"])))
