"""The link that makes the first account: printed by the command, good until there is one."""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import func, select

from trifold.database.engine import Database
from trifold.errors import InputError
from trifold.runtime.private import write_atomically
from trifold.studio.database.people import Account

FILE = ".set-up"


def setup_token(home: Path, database: Database) -> str | None:
    """The token of the link, kept over restarts; None and no file once there is an account."""
    path = home / FILE
    with database.reading() as session:
        known = session.scalar(select(func.count()).select_from(Account))
    if known:
        path.unlink(missing_ok=True)
        return None
    if not path.exists():
        write_atomically(path, secrets.token_urlsafe(24).encode())
    return path.read_text()


def is_setup_token(home: Path, token: str) -> bool:
    """Whether a link is the one that was printed."""
    path = home / FILE
    try:
        return secrets.compare_digest(path.read_bytes(), token.encode())
    except FileNotFoundError:
        return False


def use_up(home: Path) -> None:
    """No second use of the link, also not at the same moment.

    Raises:
        InputError: when somebody else has just used it.
    """
    try:
        (home / FILE).unlink()
    except FileNotFoundError as error:
        raise InputError(expected="a link that nobody has used", got="a used one") from error
