"""Only by our own names: a page elsewhere whose name was turned to this machine gets nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from trifold.studio.settings import LOOPBACK, StudioSettings


class Hosts:
    """ASGI middleware that refuses other values of the header ``Host``.

    Args:
        app: what answers.
        names: hosts without ports, lower case.
    """

    def __init__(self, app: ASGIApp, *, names: frozenset[str]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what came by one of our names."""
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope).get("host", "")):
            await PlainTextResponse("not a name of this studio", 421)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        try:
            return (urlsplit(f"//{host}").hostname or "") in self._names
        except ValueError:
            return False


def names_of(settings: StudioSettings) -> frozenset[str]:
    """This machine's own, and the one of ``address``."""
    named = urlsplit(settings.address or "").hostname
    return frozenset({*LOOPBACK, settings.host.lower(), *([named] if named else [])})
