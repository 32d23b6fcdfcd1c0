"""The process beside the server that does jobs, one after the other.

``python -m trifold.studio.jobs.worker`` reads the studio's settings as a line of JSON on stdin,
which stays open: its end is the server's, and ends the worker too. SIGTERM stops it: the job that
it does waits again and goes on at the next start.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path

from trifold.errors import TrifoldError
from trifold.runtime.private import remove_unfinished, take_umask
from trifold.studio.database.work import Job
from trifold.studio.jobs import queue
from trifold.studio.jobs.kinds import KINDS, Kind
from trifold.studio.jobs.running import Running
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio
from trifold.studio.web.visit import Studio
from trifold.studio.web.wording import mark

RENEW_S = 1.0
WRITTEN = ("features", "jobs", "runs", "training", "transcripts")  # folders of a project, by jobs
BROKE = mark("%(error)s in the studio; its log says more")
ENDED = mark("it was ended by %(signal)s and goes on")
CODE = mark("it ended with code %(code)s")
SWEEP_EVERY = 10  # looks at the queue, between looks for the dead


class Worker:
    """Takes jobs from the queue and does each in a process of its own.

    Args:
        studio: of the jobs.
        name: that no other worker has.
        kinds: of jobs, by name.
        poll_s: between looks at an empty queue.
    """

    def __init__(
        self,
        studio: Studio,
        name: str,
        *,
        kinds: Mapping[str, Kind] = KINDS,
        poll_s: float = 1.0,
    ) -> None:
        self.studio, self.name, self.kinds, self.poll_s = studio, name, kinds, poll_s
        self.stopping = threading.Event()

    def work(self) -> None:
        """Until somebody stops it."""
        looks = 0
        while not self.stopping.is_set():
            if looks % SWEEP_EVERY == 0:
                queue.requeue_dead(self.studio.database)
            looks += 1
            job = queue.claim(self.studio.database, self.name)
            if job is None:
                self.stopping.wait(self.poll_s)
            else:
                self.do(job)

    def do(self, job: Job) -> None:
        """One job, to its end, its cancelling or ours; what it raises fails it alone."""
        try:
            with _Held(self.studio, job) as held:
                self._run(job, held)
        except TrifoldError as error:
            self._failed(job, str(error))
        except Exception as error:
            traceback.print_exc()
            self._failed(job, BROKE % {"error": type(error).__name__})

    def _run(self, job: Job, held: _Held) -> None:
        kind = self.kinds[job.kind]
        for name in WRITTEN:
            remove_unfinished(self.studio.folder_of(job.project_id) / name)
        order = kind.order(self.studio, job)
        with Running(order, job_folder(self.studio, job)) as running:
            held.running = running
            while (code := running.code(0.2)) is None:
                if self.stopping.is_set():
                    break
                if held.lost.is_set():
                    return
            said = running.said()
        if code is None:
            queue.give_back(self.studio.database, job, counted=False)
        elif code in order.fine:
            line = kind.after(self.studio, job, code)
            queue.finish(self.studio.database, job, state=queue.DONE, message=line)
        elif code < 0 and not self.stopping.is_set():
            line = ENDED % {"signal": signal.Signals(-code).name}
            queue.give_back(self.studio.database, job, counted=True, message=line)
        else:
            self._failed(job, said or CODE % {"code": code})

    def _failed(self, job: Job, message: str) -> None:
        line = self.studio.without_home(message)
        queue.finish(self.studio.database, job, state=queue.FAILED, message=line)


class _Held:
    """Renews the lease of a job while it is done, and hears whether it is to go on."""

    def __init__(self, studio: Studio, job: Job) -> None:
        self._studio, self._job = studio, job
        self.running: Running | None = None
        self.lost, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> _Held:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._over.wait(RENEW_S):
            share, line = self.running.standing() if self.running else (None, "")
            try:
                if not queue.renew(self._studio.database, self._job, progress=share, message=line):
                    self.lost.set()
                    return
            except Exception:  # a database that is away for a while; the lease has room for that
                traceback.print_exc()


def job_folder(studio: Studio, job: Job) -> Path:
    """Where a job keeps its lock, log and progress."""
    return studio.folder_of(job.project_id) / "jobs" / job.id


def main() -> None:
    """See the module."""
    take_umask()
    given = json.loads(sys.stdin.readline())
    settings = StudioSettings.from_plain(given["settings"])
    worker = Worker(open_studio(settings), given["name"])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    threading.Thread(target=_stop_with_the_server, args=(worker,), daemon=True).start()
    worker.work()


def _stop_with_the_server(worker: Worker) -> None:
    while True:
        select.select([0], [], [])
        if not os.read(0, 1024):
            worker.stopping.set()
            return


if __name__ == "__main__":
    main()
