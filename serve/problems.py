"""What a request can be refused for: one exception that carries status, code and one line.

The body is a problem document (RFC 9457) with the stable ``code`` as an extension member.
"""

from __future__ import annotations

import json
from pathlib import Path

from trifold.codes import Code

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
TITLES = {
    400: "Bad request",
    401: "Key missing or wrong",
    403: "Not allowed or not configured here",
    404: "Not found",
    408: "Too slow",
    409: "Conflict",
    413: "Too large",
    415: "Not media",
    422: "Cannot be scored",
    429: "Too many requests",
    500: "Internal error",
    503: "Not at the moment",
}


class Problem(Exception):  # noqa: N818
    """A request that is not answered with scores.

    Attributes:
        status: of HTTP.
        code: stable upper-case identifier.
        detail: one line for people; never of a candidate's words, never a path of the server.
        field: of the request, where one is to blame.
        extra: further members of the body, such as the rows of what cannot be scored.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        extra: dict[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.field = status, code, detail, field
        self.extra = extra or {}

    @property
    def headers(self) -> dict[str, str]:
        """Of the response, beside its content type."""
        return {"Retry-After": str(RETRY_AFTER_S)} if self.status in (429, 503) else {}

    def to_dict(self) -> dict[str, object]:
        """The members of the problem document."""
        facts = {
            "title": TITLES.get(self.status, "Refused"),
            "status": self.status,
            "code": self.code,
        }
        where = {} if self.field is None else {"field": self.field}
        return {**facts, "detail": self.detail, **where, **self.extra}

    def body(self) -> bytes:
        """The problem document."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False).encode()


def place_of(error: BaseException) -> str:
    """Kind of an error and the line that raised it, without its message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    return f"{type(error).__name__} at {Path(code.co_filename).name}:{trace.tb_lineno}"


def bad_field(field: str, expected: str, got: str) -> Problem:
    """A field that does not hold what it should; what came is cut short."""
    return Problem(
        400, Code.BAD_FIELD, f"expected {expected}, got {shown(got)}", field=shown(field)
    )


def shown(text: str) -> str:
    """Text from outside, safe to show: printable ASCII, 60 characters at most."""
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return plain if len(plain) <= 60 else f"{plain[:57]}..."
