"""Passwords: hashed by Argon2id, checked in the same time whether or not the account exists."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from trifold.errors import InputError

SHORTEST, LONGEST = 12, 1024  # characters; NIST SP 800-63B wants at least 8, no rules on kinds
AT_ONCE = 4  # each takes 64 MiB: many sign-ins at a time must not fill the memory

_hasher = PasswordHasher()  # RFC 9106, the low-memory choice
_places = BoundedSemaphore(AT_ONCE)


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
    with _places:
        return _hasher.hash(_composed(password))


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one of a hash; with none, it takes as long and is not."""
    with _places:
        try:
            right = _hasher.verify(kept or _decoy(), _composed(password[:LONGEST]))
        except (Argon2Error, InvalidHashError):
            return False
    return right and kept is not None and len(password) <= LONGEST


def _composed(password: str) -> str:
    """As keyboards of one kind write it; others write an accent as a character of its own."""
    return unicodedata.normalize("NFC", password)


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _hasher.hash("no account has this password")
