"""What a studio that was killed at any moment must still hold, and who kills it."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
from sqlalchemy import select

from tests.factories.running_studio import Person, RunningStudio, insist, until
from trifold.database.engine import Database
from trifold.serve.audit.log import verify
from trifold.studio.database.people import Account
from trifold.studio.database.projects import Recording, Upload
from trifold.studio.database.ratings import Rating
from trifold.studio.database.work import CandidateResult, Job, Run
from trifold.studio.settings import StudioSettings

ENDS_S = 120.0  # in which all that a killed process started is gone; what still loads ends later
PIECE = 1 << 16
Ratings = Mapping[tuple[str, str, str], float]  # login, candidate's id and target


@dataclass
class Killer:
    """A context in which processes of a studio are killed, one after the other.

    Attributes:
        studio: which is started again when its server dies.
        roles: whom, in turn: ``server``, ``worker``, ``child`` or ``helper``.
        pause_s: least and most seconds before each.
        moments: draws them.
        killed: role and number of those that were.
    """

    studio: RunningStudio
    roles: Sequence[str]
    pause_s: tuple[float, float]
    moments: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    wrong: list[BaseException] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._kill_all)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.join()
        if self.wrong:
            raise self.wrong[0]

    @property
    def is_done(self) -> bool:
        """Whether all were killed."""
        return not self._thread.is_alive()

    def _kill_all(self) -> None:
        try:
            for role in self.roles:
                self._kill(role)
        except BaseException as error:  # told where the thread is joined
            self.wrong.append(error)

    def _kill(self, role: str) -> None:
        time.sleep(self.moments.uniform(*self.pause_s))
        until(lambda: self.studio.processes()[role])
        known = self.studio.processes()
        if role == "server":
            self.studio.kill()
            below = [*known["worker"], *known["child"], *known["helper"]]
        else:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(self.moments.choice(known[role]), signal.SIGKILL)
            below = [] if role == "helper" else [*known["child"], *known["helper"]]
        until(lambda: not {*below} & {*self._living()}, ENDS_S)
        if role == "server":
            self.studio.start()
        self.killed[role] += 1

    def _living(self) -> Iterator[int]:
        for pids in self.studio.processes().values():
            yield from pids


def send_all(person: Person, project: str, files: Mapping[str, bytes], pause_s: float) -> None:
    """Upload files in pieces, each to its end, whatever becomes of the server meanwhile."""
    sender = person.sender(project)

    def pieces(data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]
            time.sleep(pause_s)

    for name, data in files.items():
        where, status = "", 0
        while status != 204:
            if not where:
                begun = insist(lambda n=name, d=data: sender.begin(n, len(d)))
                where = str(begun.headers["location"])
            seen = insist(lambda w=where: person.http.head(w, headers=sender.headers()))
            if seen.status_code != 200:  # it has arrived, or died before its file was made
                where = ""
                continue
            offset = int(seen.headers["upload-offset"])
            with suppress(httpx2.TransportError):
                status = sender.append(where, offset, pieces(data[offset:])).status_code


def rate_all(
    raters: Mapping[str, Person], project: str, people: Sequence[str], level: Callable[..., int]
) -> dict[tuple[str, str, str], float]:
    """Every rater rates everybody by a form; gives what was acknowledged.

    Args:
        raters: login to browser.
        project: its path.
        people: ids of candidates.
        level: of a login, a candidate and a target.
    """
    kept: dict[tuple[str, str, str], float] = {}
    for login, rater in raters.items():
        for one in people:
            given = {name: level(login, one, name) for name in ("warmth", "drive")}
            form = {f"value-{name}": str(value) for name, value in given.items()}
            rater.send(f"{project}/rate/{one}", form)
            kept |= {(login, one, name): float(value) for name, value in given.items()}
    return kept


@contextmanager
def database_of(studio: RunningStudio) -> Iterator[Database]:
    """The database of a studio, whichever it has."""
    given = dict(word.split("=", 1) for word in studio.words)
    settings = StudioSettings(studio.home, database=given.get("database"))
    database = Database(settings.database_url)
    yield database
    database.close()


def check_uploads(studio: RunningStudio, project: str, sent: Mapping[str, bytes]) -> None:
    """Every file is there once with the bytes that were sent, and no other is."""
    folder = studio.home / project.lstrip("/")
    root = folder / "recordings"
    found = {p.relative_to(root).as_posix(): p for p in root.rglob("*") if p.is_file()}
    assert sorted(found) == sorted(sent)
    assert all(found[name].read_bytes() == data for name, data in sent.items())
    with database_of(studio) as database, database.reading() as session:
        sizes = {one.path: one.size_bytes for one in session.scalars(select(Recording))}
        begun = {one.id for one in session.scalars(select(Upload))}
    media = {name: len(data) for name, data in sent.items() if not name.endswith(".vtt")}
    assert sizes == media
    left = {path.name: path.stat().st_size for path in (folder / "uploads").iterdir()}
    assert set(left) <= begun
    assert not any(left.values())  # begun, but nobody heard of it; such end by themselves


def check_ratings(studio: RunningStudio, acknowledged: Ratings) -> None:
    """Every rating that was acknowledged is there once, with its last value, and no other is."""
    with database_of(studio) as database, database.reading() as session:
        wanted = select(Account.login, Rating.candidate_id, Rating.target, Rating.value)
        rows = list(session.execute(wanted.join(Account, Account.id == Rating.account_id)))
    assert sorted(map(tuple, rows)) == sorted((*key, value) for key, value in acknowledged.items())


def check_jobs(studio: RunningStudio, *, people: int) -> dict[str, list[str]]:
    """Every job ended well, once, with one run and a row per person; nobody holds a lease.

    Returns:
        Kind to the ids of jobs, in the order in which they were asked for.
    """
    with database_of(studio) as database, database.reading() as session:
        jobs = list(session.scalars(select(Job).order_by(Job.created_at)))
        runs = Counter(run.job_id for run in session.scalars(select(Run)))
        rows = Counter(session.scalars(select(CandidateResult.run_id)))
        ends = [(job.state, job.lease_until, job.message) for job in jobs]
        kinds: dict[str, list[str]] = {}
        for job in jobs:
            kinds.setdefault(job.kind, []).append(job.id)
    assert set(ends) <= {("done", None, "")}, ends
    assert runs == Counter(one for ids in kinds.values() for one in ids)
    assert rows == dict.fromkeys(kinds.get("score", []), people)
    return kinds


def check_nothing_left(studio: RunningStudio) -> None:
    """No file that was being written, no process, and a log whose chain holds."""
    unfinished = (".tmp", ".tmp.npz", ".tmp.html")
    left = [p for p in studio.home.rglob("*") if p.name.endswith(unfinished)]
    left += [*studio.home.rglob(".aside-*"), *studio.home.rglob("folds/work")]
    assert left == []
    assert not any(studio.processes().values())
    verify(studio.home / "log.jsonl")


def told_apart(folder: Path, names: Sequence[str], aliases: Mapping[str, str]) -> dict[str, Any]:
    """Content of files of a run, with what every run has of its own under a common name."""
    found: dict[str, Any] = {}
    for path in sorted(path for name in names for path in folder.glob(name)):
        content = path.read_bytes()
        for own, common in aliases.items():
            content = content.replace(own.encode(), common.encode())
        found[path.relative_to(folder).as_posix()] = content
    return found
