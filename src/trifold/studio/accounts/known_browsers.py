"""Browsers in which somebody has signed in before: guessing elsewhere does not keep them out.

Whoever signs in with a password leaves a secret in the browser. Attempts that bring it are counted
for that browser alone, after OWASP's "Slow Down Online Guessing Attacks with Device Cookies".
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trifold.studio.accounts.guessing import digest
from trifold.studio.database.base import now
from trifold.studio.database.people import Account, KnownBrowser
from trifold.studio.settings import StudioSettings

KEPT = timedelta(days=180)  # since the last sign-in there


def known_cookie_name(settings: StudioSettings) -> str:
    """Of the cookie that a browser keeps."""
    return "__Host-studio-known" if settings.secure else "studio-known"


def is_known(session: Session, token: str, login: str) -> bool:
    """Whether the account of a login has signed in in the browser with this cookie."""
    wanted = (
        select(KnownBrowser.token_hash)
        .join(Account, Account.id == KnownBrowser.account_id)
        .where(
            KnownBrowser.token_hash == digest(token),
            KnownBrowser.created_at > now() - KEPT,
            Account.login == login,
        )
    )
    return bool(token) and session.scalar(wanted) is not None


def remember(session: Session, account: Account, *, instead_of: str = "") -> str:
    """Know a browser from now on; returns the cookie's value, which is kept hashed.

    Args:
        session: that writes.
        account: that signed in there.
        instead_of: the cookie that the browser had.
    """
    old = KnownBrowser.created_at < now() - KEPT
    session.execute(
        delete(KnownBrowser).where(old | (KnownBrowser.token_hash == digest(instead_of)))
    )
    token = secrets.token_urlsafe(32)
    session.add(KnownBrowser(token_hash=digest(token), account_id=account.id))
    return token
