"""Signing in and out: sessions of browsers, and slow answers to who guesses."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from trifold.studio.accounts.passwords import fits
from trifold.studio.database.base import now
from trifold.studio.database.people import Account, Attempt, SignIn
from trifold.studio.settings import StudioSettings

WINDOW = timedelta(minutes=15)
MOST_BY_LOGIN, MOST_BY_ADDRESS = 10, 50  # failed attempts in that time


class TooManyAttemptsError(Exception):
    """Somebody guesses; ``retry_s`` is when to come back."""

    retry_s = round(WINDOW.total_seconds())


def sign_in(session: Session, login: str, password: str, *, address: str) -> Account | None:
    """The account that a login and a password belong to; a failure is noted.

    Raises:
        TooManyAttemptsError: after many failures of this login or from this address.
    """
    keys = {
        _digest(f"login {login.lower()}"): MOST_BY_LOGIN,
        _digest(f"from {address}"): MOST_BY_ADDRESS,
    }
    since = now() - WINDOW
    for key, most in keys.items():
        count = select(func.count()).where(Attempt.key == key, Attempt.created_at > since)
        if (session.scalar(count) or 0) >= most:
            raise TooManyAttemptsError
    found = session.scalar(select(Account).where(Account.login == login.lower()))
    right = fits(password, found.password_hash if found else None)
    if found is not None and right and found.active:
        session.execute(delete(Attempt).where(Attempt.key == _digest(f"login {login.lower()}")))
        return found
    session.add_all(Attempt(key=key) for key in keys)
    session.execute(delete(Attempt).where(Attempt.created_at < since))
    return None


def begin(session: Session, account: Account) -> str:
    """A new session of a browser; returns the cookie's value, which is kept hashed."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=_digest(token),
            account_id=account.id,
            form_token=secrets.token_urlsafe(32),
        )
    )
    return token


def current(session: Session, token: str, settings: StudioSettings) -> SignIn | None:
    """The session of a cookie, if it is neither too old nor idle for too long."""
    found = session.get(SignIn, _digest(token))
    if found is None or not found.account.active:
        return None
    at = now()
    old = at - found.created_at > timedelta(hours=settings.session_h)
    idle = at - found.seen_at > timedelta(hours=settings.idle_h)
    return None if old or idle else found


def end(session: Session, token: str) -> None:
    """Sign this browser out."""
    session.execute(delete(SignIn).where(SignIn.token_hash == _digest(token)))


def end_all(session: Session, account_id: str) -> None:
    """Sign an account out everywhere, as when its password or role changes."""
    session.execute(delete(SignIn).where(SignIn.account_id == account_id))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
