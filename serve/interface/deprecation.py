"""What is said of addresses that will end: ``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from pathlib import Path

import yaml
from aiohttp import web

from trifold.errors import InputError
from trifold.serve.interface.versions import PIPELINE, SCHEMA, SCHEMA_VERSION, pipeline_version

_FIELDS = {"path", "deprecated", "sunset", "link"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Deprecation:
    """An address, and all below it, that will end.

    Attributes:
        path: such as ``/predictions/trifold/1.0``.
        deprecated: from when on nobody should use it.
        sunset: when it ends, as far as that is known.
        link: tells more.
    """

    path: str
    deprecated: date
    sunset: date | None = None
    link: str = ""

    def covers(self, path: str) -> bool:
        """Whether it is about an address."""
        return path == self.path or path.startswith(f"{self.path.rstrip('/')}/")

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says."""
        found = {"Deprecation": f"@{int(_start_of(self.deprecated).timestamp())}"}
        if self.sunset is not None:
            found["Sunset"] = format_datetime(_start_of(self.sunset), usegmt=True)
        if self.link:
            found["Link"] = f'<{self.link}>; rel="deprecation"; type="text/html"'
        return found


def read_deprecations(path: str) -> list[Deprecation]:
    """Addresses that will end, of a YAML list of ``path``, ``deprecated``, ``sunset`` and ``link``.

    Raises:
        InputError: when the file holds anything else.
    """
    if not path:
        return []
    wrong = InputError(
        expected="a list of path: /…, deprecated: 2027-01-31, and if you like sunset and link",
        got="another file",
        where=path,
    )
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise wrong from error
    if not isinstance(entries, list):
        raise wrong
    return [_deprecation(entry, wrong) for entry in entries]


def versioned(deprecations: Sequence[Deprecation]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """A middleware: every answer says its versions, and whether its address will end."""

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        answer.headers[SCHEMA], answer.headers[PIPELINE] = SCHEMA_VERSION, pipeline_version()
        for one in deprecations:
            if one.covers(request.path):
                answer.headers.update(one.headers)
                break
        return answer

    return tell


def _deprecation(entry: object, wrong: InputError) -> Deprecation:
    if not isinstance(entry, dict) or not {"path", "deprecated"} <= set(entry) <= _FIELDS:
        raise wrong
    path, link, days = entry["path"], entry.get("link", ""), (entry["deprecated"],)
    days += (entry["sunset"],) if "sunset" in entry else ()
    good_link = isinstance(link, str) and link.isascii() and not set(link) & set('<>" \r\n')
    if link and not (good_link and link.startswith(("https://", "http://"))):
        raise wrong
    if not isinstance(path, str) or not path.startswith("/"):
        raise wrong
    if not all(isinstance(day, date) and not isinstance(day, datetime) for day in days):
        raise wrong
    return Deprecation(path, days[0], days[1] if len(days) > 1 else None, link)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
