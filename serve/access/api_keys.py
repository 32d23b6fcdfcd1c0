"""Whose a key is, as the file of callers says at this moment."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
from datetime import UTC, datetime
from pathlib import Path

from trifold.codes import Code
from trifold.errors import InputError
from trifold.serve.access.caller_entries import CallerEntries
from trifold.serve.access.caller_file import FILE, read_callers
from trifold.serve.access.identity import Caller
from trifold.serve.problems import Problem

logger = logging.getLogger(__name__)


class Callers:
    """Finds the caller of a key; looks at the file again when it changes.

    Raises:
        InputError: when the file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._stamp = folder, _stamp(folder)
        self._entries: CallerEntries | None = read_callers(folder)

    def of(self, authorization: str | None) -> Caller | None:
        """The caller of an ``Authorization`` header; None where it is of nobody.

        Raises:
            Problem: 503 while the file is damaged; nobody is let in then.
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
        """The callers as the file has them now.

        Raises:
            Problem: 503 while it is damaged.
        """
        stamp = _stamp(self._folder)
        if stamp != self._stamp:
            self._stamp, self._entries = stamp, _readable(self._folder)
        if self._entries is None:
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


def _readable(folder: Path) -> CallerEntries | None:
    try:
        return read_callers(folder)
    except InputError as error:
        logger.error("nobody is let in: %s", error)
        return None


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes with the file; a new file is another inode, also within one tick of the clock."""
    try:
        found = (folder / FILE).stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def hash_of(key: str) -> str:
    """Keys are random and long, so a plain hash cannot be searched."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
