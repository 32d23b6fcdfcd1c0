"""Slow answers to who guesses: attempts are counted before they are judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from trifold.database.engine import Database
from trifold.studio.database.base import now
from trifold.studio.database.people import Attempt

WINDOW = timedelta(minutes=15)
MOST_BY_LOGIN, MOST_BY_ADDRESS = 10, 50  # failed attempts in that time


class TooManyAttemptsError(Exception):
    """Somebody guesses; ``retry_s`` is when to come back."""

    retry_s = round(WINDOW.total_seconds())


@contextmanager
def counted(
    database: Database, login: str, address: str, *, browser: str = ""
) -> Iterator[list[bool]]:
    """Inside, something is tried; whoever puts True into the list was right.

    The attempt is written before it is judged, so that many at once are as slow as one by one.

    Args:
        database: of the studio.
        login: that is tried.
        address: from where.
        browser: cookie of one in which this login has signed in before, whose failures are counted
            apart; empty elsewhere.

    Raises:
        TooManyAttemptsError: after many failures with this login or browser or from this address.
    """
    keys = {
        digest(f"browser {browser}" if browser else f"login {login}"): MOST_BY_LOGIN,
        digest(f"from {_network(address)}"): MOST_BY_ADDRESS,
    }
    since = now() - WINDOW
    made = [Attempt(key=key) for key in keys]
    with database.writing() as session:
        session.execute(delete(Attempt).where(Attempt.created_at < since))
        session.add_all(made)
    with database.reading() as session:
        refused = any(_tried(session, key, since) > most for key, most in keys.items())
    if refused:  # it was not tried, and so does not count: who waits gets in again
        _forget(database, made)
        raise TooManyAttemptsError
    right: list[bool] = []
    yield right
    if any(right):
        with database.writing() as session:
            session.execute(delete(Attempt).where(Attempt.key == made[0].key))
            session.execute(delete(Attempt).where(Attempt.id == made[1].id))


def digest(value: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(value.encode("utf-8", "backslashreplace")).hexdigest()


def _tried(session: Session, key: str, since: datetime) -> int:
    counting = select(func.count()).where(Attempt.key == key, Attempt.created_at > since)
    return session.scalar(counting) or 0


def _forget(database: Database, made: list[Attempt]) -> None:
    with database.writing() as session:
        session.execute(delete(Attempt).where(Attempt.id.in_([one.id for one in made])))


def _network(address: str) -> str:
    """An address; of IPv6 the 64 bits that one household or server has to itself."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or ip_network((known, 64), strict=False))
    return str(known)
