"""The audit log that an endpoint's settings name."""

from __future__ import annotations

from pathlib import Path

from trifold.errors import InputError
from trifold.serve.audit.chain import ChainedLog, Signer
from trifold.serve.audit.log import AuditLog
from trifold.serve.audit.segments import Segments
from trifold.serve.settings import IN_DATABASE, Settings


def open_log(settings: Settings) -> ChainedLog | None:
    """The log; None where none is kept.

    Raises:
        InputError: when the key or the signing key cannot be used.
    """
    if not settings.audit_log:
        return None
    key, segments, signer = read_key(settings.audit_key), None, signer_of(settings.audit_sign)
    if settings.audit_segments:
        segments = Segments(
            Path(settings.audit_segments), settings.audit_segment_lines, settings.audit_keep_days
        )
    heads = Path(settings.audit_heads) if settings.audit_heads else None
    if settings.audit_log != IN_DATABASE:
        path = Path(settings.audit_log)
        return AuditLog(path, key, heads=heads, signer=signer, segments=segments)
    # SQLAlchemy, which workers otherwise do without
    from trifold.database.engine import Database
    from trifold.serve.audit.table import AuditTable

    if not settings.database or heads is None:
        raise InputError(
            expected="database and audit_heads, as trifold serve start writes them",
            got="none",
            where="audit_log",
        )
    # no connections are kept: the time limit of a request may end one anywhere
    database = Database(settings.database, pooled=False)
    return AuditTable(database, key, heads=heads, signer=signer, segments=segments)


def read_key(path: str) -> bytes:
    """The secret in a key file; empty without one.

    Raises:
        InputError: when the file is missing or holds fewer than 16 bytes.
    """
    if not path:
        return b""
    try:
        secret = Path(path).read_bytes().strip()
    except OSError as error:
        raise InputError(expected="a key file", got=str(error.strerror), where=path) from error
    if len(secret) < 16:
        raise InputError(expected="a key of 16 bytes or more", got=str(len(secret)), where=path)
    return secret


def signer_of(path: str) -> Signer | None:
    """Signs with a private key as ``trifold signing-key`` and ``ssh-keygen`` write it.

    Raises:
        InputError: when it cannot be used.
    """
    if not path:
        return None
    from trifold.bundle.integrity.signing import read_private_key

    key = read_private_key(Path(path))
    return lambda message: bytes(key.sign(message))
