"""What a database holds of candidates is sealed with a key that lies elsewhere.

AES-256-GCM with a key of each job's own, which is made of the endpoint's key and the job's salt:
with the salt, that is with the row, all that was sealed with it is gone for good, wherever copies
of it lie.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from trifold.database.engine import Database
from trifold.errors import InputError
from trifold.runtime.private import secret_of
from trifold.serve.database.tables import FactRow, InterviewRow, JobRow

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_FILE, CHECK = "database.key", "key_check"
NONCE_BYTES, SALT_BYTES = 12, 16
LEAST_BYTES = 16  # of a key; a file that was cut seals nothing
LOCK = 7_240_121


class Sealer:
    """Seals, opens, and gives names that stand for others.

    Args:
        key: 32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def pseudonym(self, *parts: str) -> str:
        """64 hex digits that stand for some words; the same on every call."""
        return hmac.new(self._key, "\0".join(("name", *parts)).encode(), "sha256").hexdigest()

    def seal(self, content: bytes, salt: bytes, what: str) -> bytes:
        """Content that only ``open`` reads, for the same salt and purpose."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher(salt).encrypt(nonce, content, what.encode())

    def open(self, sealed: bytes, salt: bytes, what: str) -> bytes:
        """What was sealed."""
        nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return bytes(self._cipher(salt).decrypt(nonce, content, what.encode()))

    def _cipher(self, salt: bytes) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(hmac.new(self._key, b"job\0" + salt, "sha256").digest())


def sealer_of(path: Path, database: Database) -> Sealer:
    """The sealer of a database.

    Args:
        path: of the key, which is made where there is none.
        database: that is used with it.

    Raises:
        InputError: when the database was used with another key, or the file holds none.
    """
    try:
        key = secret_of(path)
    except OSError as error:
        raise InputError(expected="a key file", got=str(error.strerror), where=path) from error
    if len(key) < LEAST_BYTES:
        raise InputError(
            expected=f"a key of {LEAST_BYTES} bytes or more", got=f"{len(key)}", where=path
        )
    sealer = Sealer(key)
    check = sealer.pseudonym(CHECK)
    with database.writing(lock=LOCK) as session:
        noted = session.get(FactRow, CHECK)
        sealed = [session.scalar(select(table.id).limit(1)) for table in (JobRow, InterviewRow)]
        lone = database.is_sqlite and sealed == [None, None]
        if noted is None or lone:  # nothing is sealed with another, and nobody else is here
            session.merge(FactRow(name=CHECK, value=check))
        elif noted.value != check:
            raise InputError(
                expected=f"the {KEY_FILE} that the database was used with before; other gateways "
                "have a copy (database_key=FILE)",
                got="another key",
                where=path,
            )
    return sealer
