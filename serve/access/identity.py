"""On whose behalf a request is worked on: a name, what its key may do, and where its media lie.

The gateway finds the caller of a key and tells the workers in headers, which a client cannot set:
the gateway passes on none of a client's own, and nobody else has TorchServe's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from trifold.codes import Code
from trifold.serve.problems import Problem, shown

SCORE, FORGET, ADMIN, AUDIT = "score", "forget", "admin", "audit"
SCOPES = (SCORE, FORGET, ADMIN, AUDIT)
NAME, RIGHTS, MEDIA = "X-Caller-Id", "X-Caller-Scopes", "X-Caller-Media"
NOBODY = "unknown"


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        name: of the tenant; jobs, kept responses and media are its own.
        scopes: what the key that came may do.
        media: its folder, below the media root unless it is absolute.
    """

    name: str
    scopes: frozenset[str] = frozenset()
    media: str = ""

    def require(self, *scopes: str) -> None:
        """Refuse a key that has none of these scopes.

        Raises:
            Problem: 403 with the scopes, one of which would do.
        """
        if self.scopes.isdisjoint(scopes):
            needed = " or ".join(scopes)
            raise Problem(
                403,
                Code.MISSING_SCOPE,
                f"expected a key with the scope {needed}",
                extra={"scope": needed},
            )

    def to_headers(self) -> dict[str, str]:
        """For the worker."""
        rights = " ".join(sorted(self.scopes))
        return {NAME: self.name, RIGHTS: rights, MEDIA: quote(self.media, safe="/")}


def caller_of(headers: Mapping[str, str]) -> Caller:
    """The caller that ``to_headers`` told of; without such headers, one who may do nothing.

    Args:
        headers: names in lower case.
    """
    name = shown(headers.get(NAME.lower(), "")) or NOBODY
    rights = headers.get(RIGHTS.lower(), "").split()
    return Caller(name, frozenset(rights), unquote(headers.get(MEDIA.lower(), "")))
