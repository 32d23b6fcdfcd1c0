"""Signing in and out, and the sessions of browsers."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from trifold.database.engine import Database
from trifold.studio.accounts.guessing import counted, digest
from trifold.studio.accounts.known_browsers import is_known
from trifold.studio.accounts.passwords import fits
from trifold.studio.database.base import now
from trifold.studio.database.people import Account, KnownBrowser, SignIn
from trifold.studio.settings import StudioSettings


def sign_in(
    database: Database, login: str, password: str, *, address: str, browser: str = ""
) -> Account | None:
    """The account that a login and a password belong to.

    No transaction is open while the password is looked at, which takes a while.

    Args:
        database: of the studio.
        login: in any case.
        password: of the account.
        address: from where it is tried.
        browser: cookie of a browser that may be known.

    Raises:
        TooManyAttemptsError: after many failures of this login or browser or from this address.
    """
    login = login.strip().lower()
    with database.reading() as session:
        browser = browser if is_known(session, browser, login) else ""
    with counted(database, login, address, browser=browser) as right:
        with database.reading() as session:
            found = session.scalar(select(Account).where(Account.login == login))
            kept, active = (found.password_hash, found.active) if found else (None, False)
            session.expunge_all()
        right.append(fits(password, kept) and active)
        return found if right[0] else None


def begin(session: Session, account: Account, *, instead_of: str = "") -> str:
    """A new session of a browser; returns the cookie's value, which is kept hashed.

    Args:
        session: of the database.
        account: that signed in.
        instead_of: the cookie that the browser had: that session ends.
    """
    token = secrets.token_urlsafe(32)
    end(session, instead_of)
    session.add(
        SignIn(
            token_hash=digest(token),
            account_id=account.id,
            form_token=secrets.token_urlsafe(32),
        )
    )
    return token


def current(session: Session, token: str, settings: StudioSettings) -> SignIn | None:
    """The session of a cookie, if it is neither too old nor idle for too long."""
    found = session.get(SignIn, digest(token))
    if found is None or not found.account.active:
        return None
    at = now()
    old = at - found.created_at > timedelta(hours=settings.session_h)
    idle = at - found.seen_at > timedelta(hours=settings.idle_h)
    return None if old or idle else found


def end(session: Session, token: str) -> None:
    """Sign this browser out."""
    session.execute(delete(SignIn).where(SignIn.token_hash == digest(token)))


def end_all(session: Session, account_id: str) -> None:
    """Sign an account out everywhere, as when its password or role changes."""
    for table in (SignIn, KnownBrowser):
        session.execute(delete(table).where(table.account_id == account_id))


def remove_ended(session: Session, settings: StudioSettings) -> None:
    """Forget sessions that are over."""
    old = SignIn.created_at < now() - timedelta(hours=settings.session_h)
    idle = SignIn.seen_at < now() - timedelta(hours=settings.idle_h)
    session.execute(delete(SignIn).where(or_(old, idle)))
