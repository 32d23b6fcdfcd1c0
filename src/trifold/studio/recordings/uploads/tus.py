"""Resumable uploads by tus 1.0: creation, offsets, appending, termination, expiration.

The protocol is at https://tus.io/protocols/resumable-upload. Metadata may name ``filename``,
``relativePath`` (with the folders of a dropped folder) and ``sha256`` of the whole file, in
hexadecimal digits, which is compared when all of it is there.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from email.utils import format_datetime
from functools import wraps
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from trifold.errors import InputError, TrifoldError
from trifold.studio.database.base import now
from trifold.studio.database.projects import Upload
from trifold.studio.recordings.uploads import parts
from trifold.studio.recordings.uploads.arrival import OtherContentError, arrive
from trifold.studio.web.visit import Visit

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
CONTENT = "application/offset+octet-stream"
BUFFER_BYTES = 1 << 20
STATUS: dict[type[TrifoldError], int] = {
    parts.TooLargeError: 413,
    parts.NoRoomError: 507,
    parts.BusyError: 423,
    OtherContentError: 460,  # of tus: Checksum Mismatch
}
Handler = Callable[[Visit], Awaitable[Response]]


class _RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


def _speaks_tus(handler: Handler) -> Handler:
    """Check the version, answer errors in plain words, and say what tus wants said."""

    @wraps(handler)
    async def answer(visit: Visit) -> Response:
        try:
            if visit.request.headers.get("tus-resumable") != VERSION:
                raise _RefusedError(412, f"expected the header Tus-Resumable: {VERSION}")
            response = await handler(visit)
        except _RefusedError as refused:
            response = _error(visit, refused.status, refused.message)
        except TrifoldError as error:
            response = _error(visit, STATUS.get(type(error), 400), visit.wrong(error))
        response.headers["tus-resumable"] = VERSION
        return response

    return answer


async def upload_options(visit: Visit) -> Response:
    """What this server can."""
    largest = visit.studio.settings.largest_bytes
    said = {"tus-version": VERSION, "tus-extension": EXTENSIONS, "tus-max-size": str(largest)}
    return Response(status_code=204, headers={**said, "tus-resumable": VERSION})


@_speaks_tus
async def upload_begin(visit: Visit) -> Response:
    """A new upload; its address is in ``Location``."""
    length = _number(visit.request, "upload-length")
    told = _metadata(visit.request.headers.get("upload-metadata", ""))
    name = told.get("relativePath") or told.get("filename") or ""
    upload = await run_in_threadpool(
        parts.begin, visit, name=name, length=length, sha256=told.get("sha256"), takes_up=True
    )
    where = visit.request.url_for("upload_offset", project=visit.here.id, upload=upload.id).path
    return Response(status_code=201, headers={"location": where, **_expires()})


@_speaks_tus
async def upload_offset(visit: Visit) -> Response:
    """How much has arrived; where that is all, the file takes its place if it has not yet."""
    upload = await _upload(visit)
    file = parts.part_file(visit.studio, upload)
    offset = file.stat().st_size
    if offset == upload.length:
        await run_in_threadpool(_complete, visit, upload)
    said = {"upload-offset": str(offset), "upload-length": str(upload.length)}
    return Response(status_code=200, headers={**said, **_expires(), "cache-control": "no-store"})


@_speaks_tus
async def upload_append(visit: Visit) -> Response:
    """More of it, from the offset on that the server has; what a cut leaves is kept."""
    request = visit.request
    if request.headers.get("content-type", "").split(";")[0] != CONTENT:
        raise _RefusedError(415, f"expected the content type {CONTENT}")
    upload, offset = await _upload(visit), _number(request, "upload-offset")
    if offset + int(request.headers.get("content-length") or 0) > upload.length:
        raise _RefusedError(400, f"expected {upload.length} bytes in all, got more")
    file = parts.part_file(visit.studio, upload)
    stack = ExitStack()
    part = await run_in_threadpool(stack.enter_context, parts.appending(file))
    try:
        if part.tell() != offset:
            raise _RefusedError(409, f"expected the offset {part.tell()}, got {offset}")
        await _receive(request, part, upload.length)
        offset = part.tell()
        await run_in_threadpool(stack.close)
    finally:
        stack.close()
    if offset == upload.length:
        await run_in_threadpool(_complete, visit, upload)
    return Response(status_code=204, headers={"upload-offset": str(offset), **_expires()})


@_speaks_tus
async def upload_end(visit: Visit) -> Response:
    """Not wanted any more."""
    upload = await _upload(visit)
    await run_in_threadpool(parts.end, visit.studio, upload)
    return Response(status_code=204)


async def _receive(request: Request, part: BinaryIO, length: int) -> None:
    """Write what comes, a piece of memory at a time; a cut connection is no error."""
    waiting = bytearray()
    try:
        async for chunk in request.stream():
            waiting += chunk
            if part.tell() + len(waiting) > length:
                raise _RefusedError(400, f"expected {length} bytes in all, got more")
            if len(waiting) >= BUFFER_BYTES:
                data, waiting = waiting, bytearray()
                await run_in_threadpool(parts.write, part, bytes(data))
    except ClientDisconnect:
        pass
    if waiting:
        await run_in_threadpool(parts.write, part, bytes(waiting))


def _complete(visit: Visit, upload: Upload) -> None:
    """All of it is there; one request at a time puts it in its place."""
    with parts.appending(parts.part_file(visit.studio, upload)):
        if parts.find(visit, upload.id) is None:
            return
        recording = arrive(visit.studio, upload)
    visit.note("uploaded", recording=recording.id if recording else None)


async def _upload(visit: Visit) -> Upload:
    found = await run_in_threadpool(parts.find, visit, visit.request.path_params["upload"])
    if found is None:
        raise _RefusedError(404, "there is no such upload any more; begin it again")
    return found


def _number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdecimal() and len(value) < 16):
        raise _RefusedError(400, f"expected a number in {header.title()}")
    return int(value)


def _metadata(header: str) -> dict[str, str]:
    """Keys with values in Base64, by commas."""
    told = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            told[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, ValueError) as error:
            raise InputError(
                expected="Upload-Metadata with values in Base64", got="others"
            ) from error
    return told


def _expires() -> dict[str, str]:
    return {"upload-expires": format_datetime(now() + parts.KEPT, usegmt=True)}


def _error(visit: Visit, status: int, message: str) -> Response:
    said = visit.studio.wording.say(message.replace("%", "%%"), visit.language)
    return JSONResponse({"error": said}, status_code=status)
