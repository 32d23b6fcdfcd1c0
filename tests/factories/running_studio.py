"""A studio as people run it: ``trifold studio`` in processes of its own, and browsers of people."""

from __future__ import annotations

import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2

STARTS_S, ANSWERS_S = 60.0, 60.0
ADMIN = "admin@example.org"


class RunningStudio:
    """The command ``trifold studio``, started, killed and started again on one home folder.

    Args:
        home: its folder.
        words: further settings, such as ``database=…``.
    """

    def __init__(self, home: Path, *words: str) -> None:
        self.home, self.words, self.link = home, words, ""
        self.log = home.with_name(f"{home.name}.log")
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            self.port = int(asked.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = ["studio", f"home={self.home}", f"port={self.port}", *self.words]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "trifold", *command],
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        line = self._line()
        self.link = line.partition("/set-up/")[2]
        until(lambda: self._answers(), STARTS_S, "the server's first answer")

    def kill(self) -> None:
        """``kill -9`` of the server alone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(STARTS_S)

    def __enter__(self) -> RunningStudio:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _line(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], STARTS_S)
        assert ready, "the studio said nothing"
        return self.process.stdout.readline().decode().strip()

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"{self.address}/sign-in", timeout=ANSWERS_S).status_code == 200
        except httpx2.TransportError:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            return False
