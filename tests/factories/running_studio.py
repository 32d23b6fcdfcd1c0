"""A studio as people run it: ``trifold studio`` in processes of its own, and their browsers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2

from tests.factories.processes import fork_context
from tests.factories.studios import PASSWORD, token_in
from tests.factories.uploads import Sender
from trifold.studio.accounts.setup import FILE as SET_UP
from trifold.studio.settings import StudioSettings
from trifold.studio.web.forms import TOKEN_FIELD

LONGEST_S = 120.0
MARK = "TRIFOLD_TESTED_STUDIO"  # by which its processes are found


class RunningStudio:
    """The command ``trifold studio``, which may be killed and started again on the same home.

    Args:
        home: its folder.
        words: further settings, such as ``database=…``.
    """

    def __init__(self, home: Path, *words: str) -> None:
        self.home, self.words = home, words
        self.log = home.with_name(f"{home.name}.log")
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            self.port = int(asked.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "trifold", "studio", f"home={self.home}",
                 f"port={self.port}", *self.words],
                stdout=log, stderr=log, env={**os.environ, MARK: str(self.home)},
                start_new_session=True,
            )  # fmt: skip
        until(self._answers)

    def kill(self) -> None:
        """``kill -9`` of the server alone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(LONGEST_S)

    def __enter__(self) -> RunningStudio:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def set_up_link(self) -> str:
        """The path that the command prints for the first account."""
        return f"/set-up/{(self.home / SET_UP).read_text()}"

    def processes(self) -> dict[str, list[int]]:
        """Pids by what they are: ``server``, ``worker``, ``child`` of a job, or its ``helper``."""
        found: dict[str, list[int]] = {"server": [], "worker": [], "child": [], "helper": []}
        for pid, command in _processes(f"{MARK}={self.home}"):
            module = re.search(r"jobs\.(worker|child)\0", command)
            is_server = "\0studio\0" in command
            found[module[1] if module else "server" if is_server else "helper"].append(pid)
        return found

    def _answers(self) -> bool:
        with suppress(httpx2.TransportError):
            return httpx2.get(f"{self.address}/sign-in", timeout=LONGEST_S).status_code == 200
        self._require_living()
        return False

    def _require_living(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()


class ForkedServer(RunningStudio):
    """A studio's server alone, from a process that has loaded all of it: it starts at once."""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = StudioSettings(self.home, port=self.port, workers=0).plain()
        context = fork_context("trifold.studio.server")
        self._forked = context.Process(target=_serve, args=(settings,))
        self._forked.start()
        until(self._answers)

    def kill(self) -> None:
        """``kill -9``."""
        self._forked.kill()
        self._forked.join()

    def stop(self) -> None:
        """As systems do."""
        self._forked.terminate()
        self._forked.join(LONGEST_S)
        assert not self._forked.is_alive(), "the studio heard of its end and went on"

    def processes(self) -> dict[str, list[int]]:
        """Its pid while it lives."""
        pid = self._forked.pid
        return {"server": [pid] if pid is not None and self._forked.is_alive() else [],
                "worker": [], "child": [], "helper": []}  # fmt: skip

    def _require_living(self) -> None:
        assert self._forked.is_alive()


def _serve(settings: Mapping[str, Any]) -> None:
    # the process that it is forked from may be deaf to both, as the endpoint's workers are
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    from trifold.studio.server import serve

    serve(StudioSettings.from_plain(settings))


def _processes(mark: str) -> Iterator[tuple[int, str]]:
    """Pid and command line, words ended by NUL, of all whose environment has the mark."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdecimal() and mark.encode() in (folder / "environ").read_bytes():
                command = (folder / "cmdline").read_text(errors="replace")
                if command:  # those that have ended and wait for their parent have none
                    yield int(folder.name), command


class Person:
    """Somebody's browser: it keeps cookies, and asks again what nobody answered."""

    def __init__(self, studio: RunningStudio) -> None:
        headers = {"accept": "text/html"}
        self.http = httpx2.Client(base_url=studio.address, headers=headers, timeout=LONGEST_S)
        self.token = ""

    @classmethod
    def signed_in(cls, studio: RunningStudio, login: str) -> Person:
        """A browser in which an account of ``team`` is signed in."""
        person = cls(studio)
        person.send("/sign-in", {"login": login, "password": PASSWORD})
        return person

    def look(self, path: str) -> str:
        """A page's text."""
        answer = insist(lambda: self.http.get(path))
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return str(answer.text)

    def send(self, path: str, values: Mapping[str, Any] | None = None, **more: Any) -> str:
        """Send a form; returns where it leads."""
        if not self.token:
            page = path if path.startswith(("/sign-in", "/set-up")) else "/account"
            self.token = token_in(self.look(page))
        data = {TOKEN_FIELD: self.token, **(values or {})}
        answer = insist(lambda: self.http.post(path, data=data, **more))
        assert answer.status_code == 303, (path, answer.status_code, answer.text)
        if "set-cookie" in answer.headers:  # another session, whose forms carry another token
            self.token = ""
        return str(answer.headers["location"])

    def sender(self, project: str) -> Sender:
        """Of files, to a project."""
        self.token = self.token or token_in(self.look("/account"))
        return Sender(self.http, project.rpartition("/")[2], self.token)


def team(studio: RunningStudio, *, raters: int = 2) -> tuple[str, Person, list[Person]]:
    """An empty project with a psychologist and raters, made by forms.

    Returns:
        The project's path, and the browsers of its members.
    """
    admin = Person(studio)
    admin.send(studio.set_up_link(), {"login": "admin", "name": "Admin", "password": PASSWORD})
    logins = {"psychologist": "psychologist"} | {f"rater{n}": "rater" for n in range(raters)}
    for login, role in logins.items():
        told = {"login": login, "name": login.title(), "role": role, "password": PASSWORD}
        admin.send("/accounts", told)
    members = [Person.signed_in(studio, login) for login in logins]
    project = members[0].send("/projects", {"name": "Analysts"})
    ids = re.findall(r'name="member" value="([^"]+)"', admin.look(f"{project}/members"))
    admin.send(f"{project}/members", {"member": ids})
    return project, members[0], members[1:]


def targets_form(*labels: str) -> dict[str, str]:
    """What the editor of targets sends: scales from 1 to 5 with a behaviour at each end."""
    form = {}
    for n, label in enumerate(labels):
        ends = {"low": "1", "high": "5", "low_pole": "none of it", "high_pole": "much of it"}
        form |= {f"name-{n}": "", f"label-{n}": label} | {f"{k}-{n}": v for k, v in ends.items()}
        form |= {f"anchor-{n}-1": "says nothing", f"anchor-{n}-5": "says a lot"}
    return form


def insist(ask: Callable[[], Any]) -> Any:
    """What a server answers, asked again while it is not there or says that it is busy."""
    end_s = time.monotonic() + LONGEST_S
    while True:
        with suppress(httpx2.TransportError):
            answer = ask()
            if answer.status_code not in (423, 503):
                return answer
        assert time.monotonic() < end_s, "nobody answered"
        time.sleep(0.05)


def until(holds: Callable[[], object], longest_s: float = LONGEST_S) -> None:
    """Wait for something."""
    end_s = time.monotonic() + longest_s
    while not holds():
        assert time.monotonic() < end_s, "what was awaited did not come"
        time.sleep(0.05)
