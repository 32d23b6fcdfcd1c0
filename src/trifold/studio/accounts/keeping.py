"""Accounts made and changed; the last administrator stays one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.studio.accounts.passwords import hashed
from trifold.studio.accounts.roles import Role
from trifold.studio.accounts.sign_in import end_all
from trifold.studio.database.people import Account

LONGEST = 200  # characters of names


def make_account(
    session: Session, *, login: str, name: str, role: str, password: str | None
) -> Account:
    """A new account; ``password`` None is for who signs in elsewhere.

    Raises:
        InputError: when the login is taken or empty, the role is none or the password is too short.
    """
    login = login.strip().lower()
    if not 0 < len(login) <= LONGEST or len(name) > LONGEST:
        raise InputError(expected=f"a login and a name of 1 to {LONGEST} characters", got=login)
    if session.scalar(select(Account.id).where(Account.login == login)):
        raise InputError(expected="a login that nobody has", got=login)
    account = Account(
        login=login,
        name=name or login,
        role=_role(role),
        password_hash=None if password is None else hashed(password),
    )
    session.add(account)
    session.flush()
    return account


def change_account(
    session: Session,
    account_id: str,
    *,
    role: str | None = None,
    active: bool | None = None,
    language: str | None = None,
    password: str | None = None,
) -> None:
    """Change what is given; another role, password or a closed account ends its sessions.

    An empty language is that of the browser.

    Raises:
        InputError: for an unknown account or role, a short password, or no administrator left.
    """
    _administrators(session)  # locks them: two that close each other wait here
    account = session.get(Account, account_id)
    if account is None:
        raise InputError(expected="an account", got=account_id)
    before = account.role, account.active
    account.role = account.role if role is None else _role(role)
    account.active = account.active if active is None else active
    account.language = account.language if language is None else language or None
    if password is not None:
        account.password_hash = hashed(password)
    session.flush()
    if not _administrators(session):
        raise InputError(expected="an active administrator", got="none, after this change")
    if password is not None or before != (account.role, account.active):
        end_all(session, account_id)


def _administrators(session: Session) -> int:
    wanted = Account.role == Role.ADMINISTRATOR, Account.active.is_(True)
    ids = select(Account.id).where(*wanted).order_by(Account.id).with_for_update()
    return len(list(session.scalars(ids)))


def _role(name: str) -> str:
    if name not in set(Role):
        raise InputError(expected=f"a role among {', '.join(Role)}", got=repr(name))
    return str(Role(name))
