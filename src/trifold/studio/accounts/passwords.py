"""Passwords: hashed by Argon2id, checked in the same time whether or not the account exists."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from trifold.errors import InputError

SHORTEST, LONGEST = 12, 1024  # characters; NIST SP 800-63B wants at least 8, no rules on kinds

_hasher = PasswordHasher()  # RFC 9106, the low-memory choice


def hashed(password: str) -> str:
    """The hash to keep.

    Raises:
        InputError: when the password is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            expected=f"a password of {SHORTEST} to {LONGEST} characters",
            got=f"{len(password)} characters",
        )
    return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one of a hash; with none, it takes as long and is not."""
    try:
        return _hasher.verify(kept or _decoy(), password[:LONGEST]) and kept is not None
    except (Argon2Error, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _hasher.hash("no account has this password")
