"""The server that children are forked from, as the process sees it that needs them."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress

from trifold.runtime.sandbox.mode import decodes_apart

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")  # keys and secrets stay here


class Server:
    """The process that children are forked from, started when it is first needed."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.owner = os.getpid()
        known = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this program, and a number
                [sys.executable, "-P", "-m", "trifold.media.decoder.server", str(theirs.fileno())],
                env=known | one | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
            )

    @property
    def is_dead(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def send(self, text: bytes, handles: list[int]) -> None:
        """Have a child made.

        Raises:
            OSError: when the process has ended.
        """
        socket.send_fds(self._line, [text], handles)

    def has_ended(self) -> bool:
        """Whether it has, or does within a second."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
            return True
        return False

    def end(self) -> None:
        """End it with all its children."""
        self._line.close()
        if self.owner == os.getpid():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5.0)


class ReliableServer:
    """The server of this process; one that has ended, or was the parent's, is replaced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: Server | None = None

    def start(self) -> Server:
        """The server, which begins to load."""
        with self._lock:
            known = self._server
            if known is None or known.owner != os.getpid() or known.is_dead:
                known = self._server = Server()
            return known

    def send(self, text: bytes, handles: list[int]) -> None:
        """Have a child made."""
        server = self.start()
        try:
            server.send(text, handles)
        except OSError:
            with self._lock:
                if self._server is server:
                    self._server = None
            self.start().send(text, handles)

    def has_ended(self) -> bool:
        """Whether the one that was started has ended; looked at where it said nothing."""
        server = self._server
        return server is not None and server.has_ended()

    def end(self) -> None:
        """End it, if it was started."""
        if self._server is not None:
            self._server.end()
            self._server = None


RELIABLE = ReliableServer()
atexit.register(RELIABLE.end)


def start_ahead() -> None:
    """Begin loading what children need beside this process, which goes on with its own work."""
    if decodes_apart():
        RELIABLE.start()
