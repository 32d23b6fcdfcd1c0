"""What a file says of a sign-on provider, and which account its claims mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError, unknown
from trifold.studio.accounts.keeping import change_account, make_account
from trifold.studio.accounts.roles import Role
from trifold.studio.database.people import Account
from trifold.studio.settings import LOOPBACK

NEEDED = ("issuer", "client_id", "secret_file")
FIELDS = (*NEEDED, "scope", "role_claim", "roles")


@dataclass(frozen=True)
class SignOn:
    """An OpenID Connect provider.

    Attributes:
        issuer: its address, to the letter as it writes it in tokens.
        client_id: under which it knows the studio.
        secret: that the studio shows it.
        scope: what is asked for.
        role_claim: that says what somebody is; None: accounts must be there.
        roles: value of that claim to a role; the first that somebody has counts.
    """

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    scope: str = "openid email profile"
    role_claim: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)

    def role_of(self, claims: Mapping[str, Any]) -> str | None:
        """The role that the claims give; None where they give none."""
        given = claims.get(self.role_claim or "")
        values = given if isinstance(given, list) else [given]
        return next((role for value, role in self.roles.items() if value in values), None)


def read_sign_on(path: Path) -> SignOn:
    """A provider's file; ``secret_file`` in it is relative to it.

    Raises:
        InputError: naming the field and what it may be.
    """
    try:
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(expected="a YAML file of a provider", got="none", where=path) from error
    if not isinstance(facts, dict):
        raise InputError(expected="fields by name", got=type(facts).__name__, where=path)
    for name in facts:
        if name not in FIELDS:
            raise unknown(name, FIELDS, what="fields", where=path)
    for name in NEEDED:
        if not isinstance(facts.get(name), str) or not facts[name]:
            raise InputError(expected=f"text at {name}", got=repr(facts.get(name)), where=path)
    if not is_safe(facts["issuer"]):
        raise InputError(expected="an issuer with https", got=facts["issuer"], where=path)
    roles, claim = facts.pop("roles", None) or {}, facts.get("role_claim")
    if not isinstance(roles, dict) or not set(roles.values()) <= set(Role):
        expected = f"roles: value of the claim to one of {', '.join(Role)}"
        raise InputError(expected=expected, got=repr(roles), where=path)
    if bool(claim) != bool(roles):
        raise InputError(expected="role_claim and roles, or neither", got="one", where=path)
    secret = _secret(path.parent / facts.pop("secret_file"))
    return SignOn(**facts, secret=secret, roles={str(key): role for key, role in roles.items()})


def is_safe(url: str) -> bool:
    """Whether nobody can listen on the way: HTTPS, or this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def account_of(session: Session, claims: Mapping[str, Any], told: SignOn) -> Account | None:
    """Whose account the claims of a checked token mean; None where nobody's or a closed one.

    An account with a password is never taken over: whoever chooses an address at a provider would
    else become somebody here.

    Raises:
        InputError: when a role that the claims give leaves no administrator.
    """
    subject, role = f"{claims['iss']} {claims['sub']}"[:400], told.role_of(claims)
    if told.role_claim and role is None:
        return None
    found = session.scalar(select(Account).where(Account.subject == subject))
    if found is None:
        found = _waiting(session, claims) or _made(session, claims, role)
    if found is None or not found.active:
        return None
    found.subject = subject
    if role is not None and role != found.role:
        change_account(session, found.id, role=role)
    return found


def _waiting(session: Session, claims: Mapping[str, Any]) -> Account | None:
    """An account without password that was made for a verified e-mail address."""
    if claims.get("email_verified") is not True:
        return None
    wanted = select(Account).where(
        Account.login == str(claims.get("email", "")).lower(),
        Account.password_hash.is_(None),
        Account.subject.is_(None),
    )
    return session.scalar(wanted)


def _made(session: Session, claims: Mapping[str, Any], role: str | None) -> Account | None:
    """A new account, where a claim says its role."""
    if role is None:
        return None
    email = claims.get("email") if claims.get("email_verified") is True else None
    login = str(email or f"{claims['sub']}@{urlsplit(str(claims['iss'])).hostname}")
    if session.scalar(select(Account.id).where(Account.login == login.lower())):
        return None
    name = str(claims.get("name") or login)[:200]
    return make_account(session, login=login[:200], name=name, role=role, password=None)


def _secret(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise InputError(
            expected="a file with the client secret", got="none", where=path
        ) from error
    if not secret:
        raise InputError(expected="a client secret", got="an empty file", where=path)
    return secret
