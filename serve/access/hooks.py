"""Where a caller is told of its jobs, and the secrets that sign it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yarl import URL

from trifold.errors import InputError
from trifold.serve.client.webhooks import PREFIX, new_secret, secret_bytes

LEAST_BYTES = 16
NONE, NEW = "none", "new"


@dataclass(frozen=True)
class HookSecret:
    """A secret, and when it ends; None is never."""

    text: str
    until: datetime | None = None


@dataclass(frozen=True)
class Hook:
    """An address and its secrets, the newest first. HMAC needs them as they are, not as hashes."""

    url: str
    secrets: tuple[HookSecret, ...]

    def keys(self, now: datetime) -> list[str]:
        """Secrets that sign now."""
        return [s.text for s in self.secrets if s.until is None or now < s.until]

    def to_dict(self) -> dict[str, object]:
        """As the file of callers has it, without secrets that have ended."""
        now = datetime.now(UTC)
        held = [s for s in self.secrets if s.until is None or now < s.until]
        return {
            "url": self.url,
            "secrets": [
                {"secret": s.text} | ({"until": s.until.isoformat()} if s.until else {})
                for s in held
            ],
        }


def hook_of(facts: object, where: object) -> Hook | None:
    """As ``to_dict`` wrote it; None where there is none.

    Raises:
        InputError: when it is anything else.
    """
    if facts is None:
        return None
    wrong = InputError(expected="webhook: url and secrets", got="another value", where=where)
    try:
        if not isinstance(facts, dict) or set(facts) != {"url", "secrets"}:
            raise wrong
        secrets = tuple(_secret(held) for held in facts["secrets"])
        if not secrets or not all(len(secret_bytes(s.text)) >= LEAST_BYTES for s in secrets):
            raise wrong
        return Hook(checked_address(facts["url"], where), secrets)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise wrong from error


def checked_address(url: object, where: object = "webhook_url") -> str:
    """An address as far as its form tells; where it leads, the sender looks.

    Raises:
        InputError: when it is none.
    """
    text = url if isinstance(url, str) else ""
    scheme, _, rest = text.partition("://")
    is_plain = text.isascii() and text.isprintable() and " " not in text
    has_user = "@" in rest.partition("/")[0]
    if scheme not in ("https", "http") or not is_plain or has_user or not _has_host(text):
        raise InputError(
            expected="an address such as https://hr.example.com/hook, without a user",
            got="another text",
            where=where,
        )
    return text


def _has_host(text: str) -> bool:
    """Whether an address can be read, its port too, and has a host."""
    try:
        url = URL(text, encoded=True)
        return bool(url.raw_host) and url.port != 0
    except ValueError:
        return False


def changed_hook(
    before: Hook | None, url: str | None, secret: str | None, overlap_h: float
) -> tuple[Hook | None, str]:
    """A caller's webhook after a change, and the secret that was made for it, if one was.

    Args:
        before: as it was.
        url: the new address, ``none`` for no webhooks, None to leave it.
        secret: ``new``, a file with one, or None to leave it.
        overlap_h: hours for which the secret before it signs too.

    Raises:
        InputError: when address or file are none, or there is no address.
    """
    if url is None and secret is None:
        return before, ""
    if url == NONE:
        return None, ""
    if url is None and before is None:
        raise InputError(expected="webhook_url=", got="none", where="webhook_url")
    address = before.url if url is None and before is not None else checked_address(url)
    held = () if before is None else before.secrets
    if held and secret is None:
        return Hook(address, held), ""
    made = new_secret() if secret in (None, NEW) else ""
    end = datetime.now(UTC) + timedelta(hours=overlap_h)
    old = tuple(replace(s, until=min(end, s.until or end)) for s in held if overlap_h)
    return Hook(address, (HookSecret(made or _read(str(secret))), *old)), made


def _secret(facts: Mapping[str, str]) -> HookSecret:
    until = facts.get("until")
    end = None if until is None else datetime.fromisoformat(until)
    return HookSecret(
        facts["secret"], end if end is None or end.tzinfo else end.replace(tzinfo=UTC)
    )


def _read(path: str) -> str:
    """A secret from a file; anything else than ``whsec_…`` is one too."""
    try:
        text = Path(path).read_text(encoding="ascii").strip()
        found = secret_bytes(text)
    except (OSError, ValueError) as error:
        got = type(error).__name__
        raise InputError(expected=f"a file with {PREFIX}… or text", got=got, where=path) from error
    if len(found) < LEAST_BYTES:
        got = str(len(found))
        raise InputError(expected="a secret of 16 bytes or more", got=got, where=path)
    return text
