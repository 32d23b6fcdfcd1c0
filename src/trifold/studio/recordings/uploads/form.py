"""Files of a plain form, for browsers without script: written to disk as they come."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from trifold.errors import InputError
from trifold.studio.database.projects import Upload
from trifold.studio.recordings.grouping import sort_recordings
from trifold.studio.recordings.uploads import parts
from trifold.studio.recordings.uploads.arrival import arrive
from trifold.studio.web.forms import TOKEN_FIELD, is_ours
from trifold.studio.web.visit import Visit

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

LONGEST_FIELD = 1000


async def recordings_form(visit: Visit) -> Response:
    """Take the files of a form in; its token must come before them."""
    kind, options = parse_options_header(visit.request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise InputError(expected="a form with files", got="another kind of request")
    with _Files(visit) as files:
        parser = MultipartParser(options[b"boundary"], files.callbacks())
        try:
            async for chunk in visit.request.stream():
                await run_in_threadpool(parser.write, chunk)
        except (ClientDisconnect, MultipartParseError) as error:
            raise InputError(expected="all of the form", got="a part of it") from error
        await run_in_threadpool(files.arrive)
    return visit.to("recordings_page", project=visit.here.id)


class _Files:
    """What the parser tells, as files on disk; all that has not arrived whole is thrown away."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._stack = visit, ExitStack()
        self._most = int(visit.request.headers.get("content-length") or 0)
        self._header, self._headers = (bytearray(), bytearray()), dict[str, str]()
        self._field, self._value, self._trusted = "", bytearray(), False
        self._part: BinaryIO | None = None
        self._whole: list[Upload] = []
        self._open: Upload | None = None

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        for upload in (*self._whole, *filter(None, [self._open])):
            parts.end(self._visit.studio, upload)

    def callbacks(self) -> MultipartCallbacks:
        """For the parser."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def arrive(self) -> None:
        """Put whole files in their places, and tell people by their names.

        Raises:
            InputError: when there is none.
        """
        if not self._whole:
            raise InputError(expected="a recording", got="a form without a file")
        while self._whole:
            recording = arrive(self._visit.studio, self._whole[-1])
            self._whole.pop()
            self._visit.note("uploaded", recording=recording.id if recording else None)
        sort_recordings(self._visit.studio, self._visit.here.id)

    def _begin(self) -> None:
        self._headers, self._value = {}, bytearray()

    def _header_end(self) -> None:
        name, value = (bytes(one).decode("utf-8", "replace") for one in self._header)
        self._headers[name.lower()] = value
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", ""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        if not name:
            return
        if not self._trusted:
            raise InputError(expected="a form of this page", got="one that has expired")
        self._open = parts.begin(self._visit, name=name, length=self._most)
        file = parts.part_file(self._visit.studio, self._open)
        self._part = self._stack.enter_context(parts.appending(file))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part is not None:
            parts.write(self._part, data[start:end])
        elif len(self._value) + end - start <= LONGEST_FIELD:
            self._value += data[start:end]

    def _end(self) -> None:
        if self._open is not None and self._part is not None:
            self._open.length = os.fstat(self._part.fileno()).st_size
            self._stack.close()
            if not self._open.length:
                raise InputError(expected="a recording", got="an empty file")
            self._whole.append(self._open)
            self._open = self._part = None
        elif self._field == TOKEN_FIELD:
            sent = FormData({TOKEN_FIELD: self._value.decode("utf-8", "replace")})
            visit = self._visit
            self._trusted = is_ours(visit.request, sent, visit.form_token, visit.studio.settings)
