"""Bodies of requests: read within bounds of time and size, and looked at as far as a gateway must.

What is in them is read by the workers; here fields are counted, since TorchServe and the worker
would take each of them apart first, and a digest tells a repetition from another request.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Iterator
from email.message import Message

import aiohttp
from aiohttp import web

from serve.problems import Problem
from serve.room import HELD, UPLOADS, Place
from serve.settings import MIB, Settings

GRACE_S = 20.0  # for the first bytes of a body
FORM, FIELDS = "multipart/form-data", "application/x-www-form-urlencoded"


async def read_body(request: web.Request, place: Place, settings: Settings) -> bytes:
    """A body as it was sent, counted while it comes.

    Raises:
        Problem: 400 where it cannot be read, 408 where it comes too slowly, 413 where it is too
            large, 415 where it is packed, 429 and 503 where there is no room.
    """
    most = settings.max_request_mib * MIB
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "ENCODING_REFUSED", "expected a body without Content-Encoding")
    if (request.content_length or 0) > most:
        raise _too_large(settings)
    place.check(HELD, request.content_length or 0)
    place.take(UPLOADS)
    body, begun_s = bytearray(), time.monotonic()
    while chunk := await _chunk(request, begun_s, len(body), settings):
        place.take(HELD, len(chunk))
        body += chunk
        if len(body) > most:
            raise _too_large(settings)
    place.leave(UPLOADS)
    return bytes(body)


def check_fields(body: bytes, content_type: str, settings: Settings) -> None:
    """Refuse a form of more fields than any request has.

    Raises:
        Problem: 413.
    """
    kind, boundary = _kind_of(content_type)
    count = 0
    if kind == FIELDS:
        count = body.count(b"&") + 1
    elif kind == FORM and boundary:
        count = body.count(b"--" + boundary) - 1
    if count > settings.max_fields:
        raise Problem(413, "TOO_MANY_FIELDS",
                      f"expected at most {settings.max_fields} fields, got {count}")  # fmt: skip


def digest_of(path: str, body: bytes, content_type: str) -> str:
    """64 hex digits that say what was asked.

    Of a form they say what its parts are, in whatever order; the boundary between them, which is
    another one each time, does not count.
    """
    kind, boundary = _kind_of(content_type)
    digest = hashlib.sha256(f"{path}\0{kind}\0".encode())
    if kind != FORM or not boundary:
        digest.update(body)
        return digest.hexdigest()
    for part in sorted(hashlib.sha256(part).digest() for part in _parts(body, boundary)):
        digest.update(part)
    return digest.hexdigest()


def _parts(body: bytes, boundary: bytes) -> Iterator[memoryview]:
    """What lies between the boundaries of a form."""
    line = re.compile(rb"(?:^|\r\n)--" + re.escape(boundary) + rb"(?:--|\r\n|$)")
    view, start = memoryview(body), 0
    for match in line.finditer(body):
        yield view[start : match.start()]
        start = match.end()
    yield view[start:]


def _kind_of(content_type: str) -> tuple[str, bytes]:
    """Media type in lower case, and the boundary of a form."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary", "") if "boundary" in content_type.lower() else ""
    text = boundary if isinstance(boundary, str) else ""
    return header.get_content_type(), text.encode("utf-8", "surrogateescape")


async def _chunk(request: web.Request, begun_s: float, came: int, settings: Settings) -> bytes:
    """The next bytes of a body; none at its end."""
    rate = settings.min_upload_kib_s * 1024
    left_s = GRACE_S + came / rate - (time.monotonic() - begun_s)
    try:
        async with asyncio.timeout(left_s):
            return bytes(await request.content.readany())
    except TimeoutError as error:
        least = f"expected at least {settings.min_upload_kib_s} KiB per second"
        raise Problem(408, "UPLOAD_TOO_SLOW", least) from error
    except (aiohttp.ClientError, aiohttp.http.HttpProcessingError, ValueError, OSError) as error:
        raise Problem(400, "BAD_REQUEST", "expected a body that can be read") from error


def _too_large(settings: Settings) -> Problem:
    most = f"expected at most {settings.max_request_mib} MiB; larger media go by path"
    return Problem(413, "REQUEST_TOO_LARGE", most)
