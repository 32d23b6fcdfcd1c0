"""A gateway takes the place of the one that runs, and no request is lost.

The new one loads its models first. Then it asks the old one, over a socket in the endpoint's
folder, for the sockets that clients connect to: the same ones, so that whoever connects meanwhile
waits in their queue. The old one takes no more connections from then on, answers on those that it
has, asks their clients to open others (``Connection: close``), and ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from trifold.errors import InputError

FILE = "handover.sock"
TAKEN = "gateway.pid"  # in the folder too: the process that clients reach now
MOST_SOCKETS, PATIENCE_S = 16, 30.0
GIVEN, LEFT = b"given", b"left"
logger = logging.getLogger(__name__)


class Handover:
    """The sockets that clients connect to, from one gateway to the next.

    Args:
        folder: of the endpoint.
        takes: whether this gateway takes the place of another.

    Attributes:
        sockets: that were taken.
    """

    def __init__(self, folder: Path, *, takes: bool = False) -> None:
        self._folder, self.takes = folder, takes
        self._offer: socket.socket | None = None
        self.sockets: list[socket.socket] = []

    async def take(self) -> None:
        """Get the sockets of the gateway before; returns when that one takes nothing more.

        Raises:
            InputError: when there is none, or it does not give them.
        """
        if self.takes and not self.sockets:
            try:
                self.sockets = await asyncio.to_thread(self._ask)
            except OSError as error:
                raise InputError(
                    expected="a gateway that gives its sockets",
                    got=error.strerror or type(error).__name__,
                    where=self._folder / FILE,
                ) from error

    async def offer(
        self, sockets: Sequence[int], leave: Callable[[], Awaitable[None]]
    ) -> asyncio.Task[None]:
        """Let another gateway take them at any time.

        Args:
            sockets: their descriptors.
            leave: called once they were given; takes no more connections.

        Returns:
            A task that ends when that was done.
        """
        self._offer = socket.socket(socket.AF_UNIX)
        self._offer.setblocking(False)
        try:
            with _short(self._folder) as path:
                (self._folder / FILE).unlink(missing_ok=True)
                self._offer.bind(path)
            (self._folder / FILE).chmod(0o600)
            self._offer.listen(1)
        except OSError as error:  # a path that is too long, on a system without /proc
            logger.warning("no update without a pause here: %s", type(error).__name__)

            async def never() -> None:
                await asyncio.Event().wait()

            return asyncio.create_task(never())
        taken = self._folder / f".{TAKEN}"
        taken.write_text(str(os.getpid()), encoding="ascii")
        taken.replace(self._folder / TAKEN)
        return asyncio.create_task(self._give(self._offer, sockets, leave))

    def close(self) -> None:
        """Offer them no longer."""
        if self._offer is not None:
            self._offer.close()

    def _ask(self) -> list[socket.socket]:
        with _short(self._folder) as path, socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE_S)
            line.connect(path)
            _, descriptors, _, _ = socket.recv_fds(line, len(GIVEN), MOST_SOCKETS)
            found = [socket.socket(fileno=descriptor) for descriptor in descriptors]
            if not found or line.recv(len(LEFT)) != LEFT:
                raise ConnectionError("it ended meanwhile")
        for one in found:
            one.setblocking(False)
        return found

    async def _give(
        self, offer: socket.socket, sockets: Sequence[int], leave: Callable[[], Awaitable[None]]
    ) -> None:
        loop = asyncio.get_running_loop()
        line, _ = await loop.sock_accept(offer)
        with line:
            line.setblocking(True)  # a few bytes to who waits for them
            socket.send_fds(line, [GIVEN], list(sockets))
            await leave()
            with suppress(OSError):
                line.sendall(LEFT)


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A path to the socket that is short enough for one, however long the folder's is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    here = f"/proc/self/fd/{descriptor}"
    try:
        yield f"{here if os.path.exists(here) else folder}/{FILE}"
    finally:
        os.close(descriptor)
