"""Forms as clients write them, and as nobody should."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.parsing.body import fields_of
from trifold.serve.worker.parsing.reading import DUPLICATED, MALFORMED, read_request

TYPE = "multipart/form-data; boundary=b"
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
VALUES = st.one_of(
    st.binary(max_size=60), st.sampled_from([b"\r\n", b"--", b"\r\n--", b"\r\n--x--\r\n", b""])
)


def written(files: dict) -> tuple[bytes, str]:
    """Body and content type as a client that is not ours writes them."""
    request = requests.Request("POST", "http://x", files=files).prepare()
    return request.body, request.headers["Content-Type"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES.filter(lambda name: not set(name) & set('"\\%')), VALUES, min_size=1,
                       max_size=4))  # fmt: skip
def test_what_a_client_sends_is_read_to_the_byte(fields) -> None:
    body, kind = written({name: ("file", value) for name, value in fields.items()})
    found = fields_of(body, kind)
    assert {name: bytes(value) for name, value in found.items()} == fields


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.binary(max_size=30), min_size=1, max_size=4))
def test_pairs_are_read_to_the_byte(fields) -> None:
    body = requests.Request("POST", "http://x", data=fields).prepare().body
    content = body.encode() if isinstance(body, str) else body
    assert fields_of(content, "application/x-www-form-urlencoded") == fields


@pytest.mark.parametrize("kind", ["", "video/mp4", "application/json", "multipart/mixed"])
def test_what_is_no_form_is_one_body(kind: str) -> None:
    assert fields_of(b"--b\r\n", kind) == {"body": b"--b\r\n"}


def part(head: bytes, value: bytes = b"x") -> bytes:
    return b"--b\r\n" + head + b"\r\n\r\n" + value + b"\r\n"


NAMED = b'Content-Disposition: form-data; name="a"'


@pytest.mark.parametrize(
    "body",
    [b"", b"--b--\r\n", part(NAMED), part(NAMED) + b"--b\r\n", part(b"") + b"--b--",
     part(b"Content-Disposition: form-data") + b"--b--", b"--b\r\nx\r\n--b--",
     part(b'Content-Disposition: form-data; name=""') + b"--b--",
     part(NAMED + b"\r\nContent-Transfer-Encoding: base64", b"eA==") + b"--b--",
     part(b'Content-Disposition: form-data; name="\xff"') + b"--b--",
     part(NAMED + b"\r\nX: " + b"y" * 9000) + b"--b--"],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_marked(body: bytes) -> None:
    assert fields_of(body, TYPE) == {MALFORMED: b""}
    with pytest.raises(Problem) as raised:
        read_request(fields_of(body, TYPE), TYPE, Settings())
    assert (raised.value.status, raised.value.code) == (400, "BAD_FORM")


def test_a_name_that_comes_twice_is_marked() -> None:
    found = fields_of(part(NAMED, b"1") + part(NAMED, b"2") + b"--b--", TYPE)
    assert found[DUPLICATED] == b"a"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([b"--b", b"\r\n", b"--", NAMED, b"\r\n\r\n", b"x", b"\xff"]),
                max_size=12).map(b"".join))  # fmt: skip
def test_any_form_ends_in_fields_or_a_mark(body: bytes) -> None:
    found = fields_of(body, TYPE)
    assert found.keys() == {MALFORMED} or all(name for name in found)
