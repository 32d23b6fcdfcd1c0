"""Signatures of webhooks: Standard Webhooks (https://www.standardwebhooks.com), made and verified.

For receivers: ``Receiver(secret).accept(headers, body)``, or any of that standard's libraries with
the secret that ``trifold serve callers`` printed. This file needs Python alone: copy it into
another project if you like.

``webhook-signature`` holds ``v1,`` and the Base64 of HMAC-SHA-256 over ``id.timestamp.body``;
several with spaces between while a secret is renewed. ``X-Trifold-Signature``, over
``timestamp.body``, is that of earlier releases.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
FORMER_TIMESTAMP, FORMER_SIGNATURE = "X-Trifold-Timestamp", "X-Trifold-Signature"
PREFIX, VERSION = "whsec_", "v1,"
SECRET_BYTES = 32
MOST_REMEMBERED = 100_000
Secret = bytes | str


def new_secret() -> str:
    """A secret as the standard writes it: ``whsec_`` and Base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def secret_bytes(secret: Secret) -> bytes:
    """What signs: of ``whsec_…`` the bytes that it stands for, of anything else itself.

    Raises:
        ValueError: when what follows ``whsec_`` is no Base64.
    """
    raw = secret.encode() if isinstance(secret, str) else secret
    if not raw.startswith(PREFIX.encode()):
        return raw
    try:
        return base64.b64decode(raw[len(PREFIX) :], validate=True)
    except binascii.Error as error:
        raise ValueError("expected Base64 after whsec_") from error


def signed(event_id: str, body: bytes, keys: Sequence[Secret], now_s: float) -> dict[str, str]:
    """Headers of a webhook.

    Args:
        event_id: the same each time that one event is told.
        body: as it is sent.
        keys: secrets, the newest first.
        now_s: seconds since 1970.
    """
    stamp = str(int(now_s))
    return {
        "Content-Type": "application/json",
        ID: event_id,
        TIMESTAMP: stamp,
        SIGNATURE: " ".join(_standard(event_id, stamp, body, key) for key in keys),
        FORMER_TIMESTAMP: stamp,
        FORMER_SIGNATURE: _former(stamp, body, keys[0]),
    }


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secret: Secret | Sequence[Secret],
    *,
    tolerance_s: float = 300.0,
) -> bool:
    """Whether a webhook comes from the server that holds the secret, and came just now.

    Args:
        headers: of the request that was received.
        body: its bytes, unparsed.
        secret: the one that was agreed on, or several while it is renewed.
        tolerance_s: how old it may be, or how far ahead the sender's clock. A receiver that must
            not act twice also notes ids, see ``Receiver``.
    """
    held = {name.lower(): value for name, value in headers.items()}
    keys = [secret] if isinstance(secret, bytes | str) else list(secret)
    if SIGNATURE in held:
        stamp, name = held.get(TIMESTAMP, ""), held.get(ID, "")
        good = [_standard(name, stamp, body, key) for key in keys]
        came = held[SIGNATURE].split()
    else:
        stamp, name = held.get(FORMER_TIMESTAMP.lower(), ""), ""
        good = [_former(stamp, body, key) for key in keys]
        came = [held.get(FORMER_SIGNATURE.lower(), "")]
    if not (stamp.isascii() and stamp.isdecimal()):
        return False
    is_now = abs(time.time() - int(stamp)) <= tolerance_s
    matches = [hmac.compare_digest(a.encode(), b.encode()) for a in came for b in good]
    return is_now and any(matches)


class Receiver:
    """Accepts each webhook once, for one process; several share their ids in a database.

    Args:
        secret: the one that was agreed on, or several while it is renewed.
        tolerance_s: how old a webhook may be.
    """

    def __init__(self, secret: Secret | Sequence[Secret], *, tolerance_s: float = 300.0) -> None:
        self._secret, self._tolerance_s = secret, tolerance_s
        self._seen: dict[str, float] = {}

    def accept(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether to act: it is signed, came just now, and did not come before.

        Call it once all is ready to act; who fails after it does not get the event again.
        """
        held = {name.lower(): value for name, value in headers.items()}
        # signatures of earlier releases do not cover the id, so they do not count here
        if SIGNATURE not in held or not verify_webhook(
            held, body, self._secret, tolerance_s=self._tolerance_s
        ):
            return False
        now_s, name = time.monotonic(), held.get(ID, "")
        while self._seen and (
            now_s - next(iter(self._seen.values())) > 2 * self._tolerance_s
            or len(self._seen) >= MOST_REMEMBERED
        ):
            del self._seen[next(iter(self._seen))]
        if name in self._seen:
            return False
        self._seen[name] = now_s
        return True


def _standard(event_id: str, stamp: str, body: bytes, key: Secret) -> str:
    content = f"{event_id}.{stamp}.".encode("utf-8", "surrogateescape") + body
    digest = hmac.new(secret_bytes(key), content, "sha256").digest()
    return VERSION + base64.b64encode(digest).decode()


def _former(stamp: str, body: bytes, key: Secret) -> str:
    content = f"{stamp}.".encode("utf-8", "surrogateescape") + body
    return "sha256=" + hmac.new(secret_bytes(key), content, "sha256").hexdigest()
