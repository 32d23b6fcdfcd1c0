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
from itertools import pairwise

import aiohttp
from aiohttp import web

from trifold.codes import Code
from trifold.serve.gateway.concurrency import HELD, UPLOADS, Reservation
from trifold.serve.inference_protocol.tensors import CONTENT_TYPE as TENSORS
from trifold.serve.problems import Problem
from trifold.serve.settings import MIB, Settings
from trifold.serve.worker.parsing.body import (
    FORM,
    MOST_HEAD_BYTES,
    PAIRS,
    between,
    kind_of,
    places_of,
)

GRACE_S = 20.0  # for the first bytes of a body
_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")  # RFC 2046


async def read_body(request: web.Request, place: Reservation, settings: Settings) -> bytes:
    """A body as it was sent, counted while it comes.

    Raises:
        Problem: 400 where it cannot be read, 408 where it comes too slowly, 413 where it is too
            large, 429 and 503 where there is no room.
    """
    most = settings.max_request_mib * MIB
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


def checked_type(body: bytes, content_type: str, settings: Settings) -> str:
    """Refuse a form of more fields than any request has, or with forms in it.

    Returns:
        The content type without what two readers could understand in two ways.

    Raises:
        Problem: 400 or 413.
    """
    kind, boundary = kind_of(content_type)
    if kind == TENSORS:  # by which the gateway tells workers how to read and answer
        raise Problem(400, Code.BAD_REQUEST, "expected tensors at /v2/models/MODEL/infer")
    if kind == PAIRS:
        _check_count(body.count(b"&") + 1, settings)
    if kind != FORM:
        return content_type
    if not _BOUNDARY.fullmatch(boundary):
        raise Problem(400, Code.BAD_FORM, "expected a form with a boundary")
    _check_count(body.count(b"--" + boundary) - 1, settings)
    if any(b"multipart/mixed" in head.lower() for head in _heads(body, boundary)):
        raise Problem(400, Code.BAD_FORM, "expected a form without forms in it")
    return f'{FORM}; boundary="{boundary.decode()}"'


def _check_count(count: int, settings: Settings) -> None:
    if count > settings.max_fields:
        raise Problem(
            413, Code.TOO_MANY_FIELDS, f"expected at most {settings.max_fields} fields, got {count}"
        )


def digest_of(path: str, body: bytes, content_type: str) -> str:
    """64 hex digits that say what was asked.

    Of a form they say what its parts are, in whatever order; the boundary between them, which is
    another one each time, does not count.
    """
    kind, boundary = kind_of(content_type)
    digest = hashlib.sha256(f"{path}\0{kind}\0".encode())
    if kind != FORM or not boundary:
        digest.update(body)
        return digest.hexdigest()
    for part in sorted(hashlib.sha256(part).digest() for part in between(body, boundary)):
        digest.update(part)
    return digest.hexdigest()


def _heads(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """The first bytes of each part of a form: all headers of it, and more."""
    starts = list(places_of(body, boundary))
    for start, stop in pairwise([*starts, len(body)]):
        end = body.find(b"\r\n\r\n", start, stop)
        yield body[start : min(stop, max(start + MOST_HEAD_BYTES, end if end >= 0 else stop))]


async def _chunk(request: web.Request, begun_s: float, came: int, settings: Settings) -> bytes:
    """The next bytes of a body; none at its end."""
    rate = settings.min_upload_kib_s * 1024
    left_s = GRACE_S + came / rate - (time.monotonic() - begun_s)
    try:
        async with asyncio.timeout(left_s):
            return bytes(await request.content.readany())
    except TimeoutError as error:
        least = f"expected at least {settings.min_upload_kib_s} KiB per second"
        raise Problem(408, Code.UPLOAD_TOO_SLOW, least) from error
    except (aiohttp.ClientError, aiohttp.http.HttpProcessingError, ValueError, OSError) as error:
        raise Problem(400, Code.BAD_REQUEST, "expected a body that can be read") from error


def _too_large(settings: Settings) -> Problem:
    most = f"expected at most {settings.max_request_mib} MiB; larger media go by path"
    return Problem(413, Code.REQUEST_TOO_LARGE, most)
