"""A body as it was sent, to the fields that it holds: of a form, else one that is all of it.

What TorchServe does before its workers see a request, for workers that get bodies as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from email.message import Message
from urllib.parse import unquote_to_bytes

from trifold.serve.worker.parsing.asked import BODY
from trifold.serve.worker.parsing.reading import DUPLICATED, MALFORMED, Field, Fields

FORM, PAIRS = "multipart/form-data", "application/x-www-form-urlencoded"
MOST_HEAD_BYTES = 1 << 13  # of a part of a form
_PLAIN = ("", "7bit", "8bit", "binary")  # encodings that change nothing


def fields_of(body: bytes, content_type: str) -> Fields:
    """Name to bytes; media are not copied.

    A form that cannot be read, or in which a name comes twice, is marked as such; who reads the
    fields refuses it.
    """
    kind, boundary = kind_of(content_type)
    if kind not in (FORM, PAIRS):
        return {BODY: body}
    try:
        found: list[tuple[str, Field]] = []
        found.extend(_parts(body, boundary) if kind == FORM else _pairs(body))
    except ValueError:
        return {MALFORMED: b""}
    twice = next((n for n, count in Counter(name for name, _ in found).items() if count > 1), None)
    fields = dict(found)
    return fields if twice is None else {**fields, DUPLICATED: twice.encode()}


def kind_of(content_type: str) -> tuple[str, bytes]:
    """Media type in lower case, and the boundary of a form."""
    header = Message()
    header["content-type"] = content_type
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(FORM):  # which is enough for TorchServe
        kind = FORM
    boundary = header.get_param("boundary") if kind == FORM else None
    return kind, boundary.encode("utf-8", "surrogatepass") if isinstance(boundary, str) else b""


def places_of(body: bytes, boundary: bytes) -> Iterator[int]:
    """Where a boundary stands in a form, whatever is around it."""
    mark = b"--" + boundary
    place = body.find(mark)  # by far faster than an expression
    while place >= 0:
        yield place
        place = body.find(mark, place + len(mark))


def between(body: bytes, boundary: bytes) -> Iterator[memoryview]:
    """What lies between the boundaries of a form; first what is before, last what is behind."""
    view, start = memoryview(body), 0
    for place in places_of(body, boundary):
        end = place + len(boundary) + 2
        follows = body[end : end + 2]
        if body[max(0, place - 2) : place] in (b"", b"\r\n") and follows in (b"--", b"\r\n", b""):
            yield view[start : max(start, place - 2)]
            start = end + len(follows)
    yield view[start:]


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, memoryview]]:
    """Name and content of each part.

    Raises:
        ValueError: where a part has no name, or the form no end.
    """
    _, *parts, behind = between(body, boundary)
    end = len(body) - len(behind)
    if not parts or body[end - 2 : end] != b"--":
        raise ValueError("a form without an end")
    for part in parts:
        head, gap, _ = bytes(part[:MOST_HEAD_BYTES]).partition(b"\r\n\r\n")
        if not gap:
            raise ValueError("a part without a head")
        yield _name_in(head.decode("utf-8")), part[len(head) + len(gap) :]


def _name_in(head: str) -> str:
    """The name that the headers of a part say."""
    headers = Message()
    for line in head.split("\r\n"):
        key, _, value = line.partition(":")
        headers[key.strip()] = value.strip()
    name = headers.get_param("name", header="content-disposition")
    encoding = str(headers.get("content-transfer-encoding", "")).lower()
    if not isinstance(name, str) or not name or encoding not in _PLAIN:
        raise ValueError("a part without a name, or packed")
    return name


def _pairs(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and value of each pair of an address-like form."""
    for pair in filter(None, body.split(b"&")):
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        yield unquote_to_bytes(name).decode("utf-8"), unquote_to_bytes(value)
