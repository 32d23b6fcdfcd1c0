"""Whose a key is, as the table of callers says at this moment."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from trifold.codes import Code
from trifold.database.engine import Database
from trifold.errors import InputError
from trifold.serve.access.caller_entries import CallerEntries
from trifold.serve.access.caller_table import callers_in, version_of
from trifold.serve.access.identity import Caller
from trifold.serve.problems import Problem

EVERY_S = 0.3
PATIENCE_S = 5.0  # for a database that cannot be read, such as one that is started anew
CATCH_UP_S = 5.0  # that a request waits for a look where none was for long
logger = logging.getLogger(__name__)


class Callers:
    """Finds the caller of a key, among those that ``refresh`` has seen last.

    Args:
        database: that several gateways may share.

    Raises:
        InputError: when it cannot be read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version, self._entries = callers_in(database)
        self._seen_s, self._watches, self._failing = time.monotonic(), False, False
        self._look: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(1)  # its own: no look waits for what others do

    async def keep_fresh(self) -> None:
        """Look at the table again and again; who lost a key is refused once that was seen."""
        self._watches = True
        while True:
            await self._in_thread()
            await asyncio.sleep(EVERY_S)

    def _in_thread(self) -> asyncio.Future[None]:
        return asyncio.get_running_loop().run_in_executor(self._thread, self.refresh)

    def refresh(self) -> None:
        """Look whether the table has changed."""
        begun_s = time.monotonic()  # a slow answer tells of then
        try:
            if version_of(self._database) != self._version:
                self._version, self._entries = callers_in(self._database)
            self._seen_s, self._failing = begun_s, False
        except InputError as error:
            if not self._failing:
                logger.error("callers: %s", error)
            self._failing = True

    async def catch_up(self) -> None:
        """Look once more, for all that wait, where a machine that stood still has seen nothing.

        What it saw before is too old then, though nothing is wrong with the database.
        """
        if self._is_stale() and not self._failing:
            if self._look is None or self._look.done():
                self._look = self._in_thread()
            await asyncio.wait({self._look}, timeout=CATCH_UP_S)

    async def look(self) -> None:
        """Look now, for what has to know of a change that is younger than the last look."""
        await asyncio.wait({self._in_thread()}, timeout=CATCH_UP_S)

    def _is_stale(self) -> bool:
        return self._watches and time.monotonic() - self._seen_s > PATIENCE_S

    def of(self, authorization: str | None) -> Caller | None:
        """The caller of an ``Authorization`` header; None where it is of nobody.

        Raises:
            Problem: 503 while the table cannot be read; nobody is let in then.
        """
        entries = self.current()
        key = key_in(authorization or "")
        if not key:
            return None
        came, now, found = hash_of(key), datetime.now(UTC), None
        for name, entry in entries.items():  # all of them, so that time tells nothing
            for held in entry.keys:
                if hmac.compare_digest(came, held.sha256) and held.lives(now):
                    found = Caller(name, frozenset(held.scopes), entry.media)
        return found

    def current(self) -> CallerEntries:
        """The callers as the table had them last.

        Raises:
            Problem: 503 where it was not read for a while: somebody may have lost a key.
        """
        if self._is_stale():
            raise Problem(503, Code.CALLERS_UNREADABLE, "the server cannot tell who may call")
        return self._entries


def key_in(authorization: str) -> str:
    """The key of ``Bearer KEY``, or of ``Basic`` with the key as user name and no password.

    Some systems, Greenhouse among them, speak the latter alone (RFC 7617). Empty where there is
    none.
    """
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return ""
    try:
        user, colon, password = base64.b64decode(value.strip(), validate=True).partition(b":")
        return user.decode("ascii") if colon and not password else ""
    except (binascii.Error, ValueError):
        return ""


def hash_of(key: str) -> str:
    """Keys are random and long, so a plain hash cannot be searched."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
