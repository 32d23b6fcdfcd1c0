"""What a gateway looks at in a body: how many fields a form has, and whether it is a repetition."""

from __future__ import annotations

import time
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.serve.gateway.bodies import checked_type, digest_of
from trifold.serve.gateway.concurrency import HELD, UPLOADS, WAITING, Quotas
from trifold.serve.problems import Problem
from trifold.serve.settings import MIB, Settings

URLENCODED = "application/x-www-form-urlencoded"
SETTINGS = Settings(max_files=2)  # 15 fields
PARTS = st.lists(st.tuples(st.text("abc", min_size=1, max_size=5), st.binary(max_size=50)),
                 max_size=6)  # fmt: skip
BOUNDARIES = st.text("0123456789abcdef", min_size=16, max_size=32)


def form(parts, boundary: str) -> tuple[bytes, str]:
    """A body and its content type."""
    line = b"--" + boundary.encode()
    body = b"".join(line + b'\r\nContent-Disposition: form-data; name="' + name.encode()
                    + b'"\r\n\r\n' + value + b"\r\n" for name, value in parts)  # fmt: skip
    return body + line + b"--\r\n", f"multipart/form-data; boundary={boundary}"


def code_of(body: bytes, kind: str) -> tuple[int, str]:
    with pytest.raises(Problem) as raised:
        checked_type(body, kind, SETTINGS)
    return raised.value.status, raised.value.code


@given(PARTS, BOUNDARIES, BOUNDARIES, st.randoms())
def test_a_form_sent_again_has_the_same_digest_with_any_boundary_and_order(
    parts, one, other, random
) -> None:
    first = digest_of("/p", *form(parts, one))
    shuffled = random.sample(parts, len(parts))
    assert digest_of("/p", *form(shuffled, other)) == first
    assert digest_of("/q", *form(parts, one)) != first
    assert digest_of("/p", *form([*parts, ("z", b"")], other)) != first
    for i, (name, value) in enumerate(parts):
        changed = [*parts[:i], (name, value + b"x"), *parts[i + 1 :]]
        assert digest_of("/p", *form(changed, other)) != first


def test_other_bodies_count_as_they_are() -> None:
    one = digest_of("/p", b"--b\r\nx", "application/json")
    assert digest_of("/p", b"--b\r\nx", "application/json; charset=utf-8") == one
    assert digest_of("/p", b"--b\r\ny", "application/json") != one
    assert digest_of("/p", b"--b\r\nx", "video/mp4") != one


def test_forms_of_more_fields_than_any_request_has_are_refused_in_no_time() -> None:
    most = [(f"a{i}", b"1") for i in range(15)]
    body, kind = form(most, "b0")
    assert checked_type(body, kind, SETTINGS) == 'multipart/form-data; boundary="b0"'
    assert checked_type(b"&".join([b"a=1"] * 15), URLENCODED, SETTINGS) == URLENCODED
    begun_s = time.perf_counter()
    assert code_of(*form([*most, ("z", b"")], "b0")) == (413, "TOO_MANY_FIELDS")
    assert code_of(*form([("a", b"1")] * 100_000, "b0")) == (413, "TOO_MANY_FIELDS")
    assert code_of(b"&" * 5_000_000, URLENCODED + "; charset=utf-8") == (413, "TOO_MANY_FIELDS")
    assert time.perf_counter() - begun_s < 5


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xff",
     "Multipart/Form-Datax", 'multipart/form-data; boundary="a\\"b"',
     "multipart/form-data; boundary=" + "a" * 71],
)  # fmt: skip
def test_a_boundary_that_two_readers_could_take_for_two_is_refused(kind) -> None:
    assert code_of(b"--a--\r\n", kind) == (400, "BAD_FORM")


@pytest.mark.parametrize("padding", [b"", b"X: " + b"a" * 20_000 + b"\r\n"])
def test_forms_within_forms_are_refused(padding) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="a"\r\n' + padding
    body = head + b"Content-Type: Multipart/Mixed; boundary=in\r\n\r\n--in--\r\n--b--\r\n"
    assert code_of(body, "multipart/form-data; boundary=b") == (400, "BAD_FORM")


@given(
    st.binary(max_size=60), st.text(max_size=40).filter(lambda t: "\n" not in t and "\r" not in t)
)
def test_any_body_under_any_type_passes_or_is_refused_by_name(body, kind) -> None:
    for content_type in (kind, f"multipart/form-data; boundary={kind}", f"{URLENCODED};{kind}"):
        try:
            passed = checked_type(body, content_type, SETTINGS)
        except Problem as problem:
            assert problem.code in ("BAD_FORM", "TOO_MANY_FIELDS")  # noqa: PT017
        else:
            header = Message()
            header["content-type"] = passed
            assert digest_of("/p", body, passed) == digest_of("/p", body, passed)


def refused(quotas: Quotas, caller: str, kind: str, count: int = 1) -> int:
    with quotas.reserve(caller) as place, pytest.raises(Problem) as raised:
        place.take(kind, count)
    assert raised.value.headers == {"Retry-After": "5"}
    return raised.value.status


def test_a_caller_has_its_share_and_no_more_and_all_have_the_rest() -> None:
    quotas = Quotas(Settings(max_waiting=4, max_held_mib=512, max_request_mib=128))
    with quotas.reserve("ann") as ann, quotas.reserve("bob") as bob, quotas.reserve("ann") as again:
        ann.take(WAITING)
        again.take(WAITING)
        assert refused(quotas, "ann", WAITING) == 429
        bob.take(WAITING, 2)
        assert refused(quotas, "cid", WAITING) == 503
        ann.take(UPLOADS, 16)
        assert refused(quotas, "ann", UPLOADS) == 429
        bob.take(HELD, 256 * MIB)
        assert refused(quotas, "bob", HELD) == 429
        ann.take(HELD, 200 * MIB)
        assert refused(quotas, "cid", HELD, 57 * MIB) == 503
        ann.leave(HELD)
        with quotas.reserve("cid") as cid:
            cid.take(HELD, 57 * MIB)
    with quotas.reserve("ann") as ann:  # all of it was given back
        ann.take(WAITING, 2)
        ann.take(HELD, 256 * MIB)


def test_a_share_has_room_for_one_request() -> None:
    settings = Settings(max_waiting=1, max_held_mib=128, max_request_mib=128, caller_percent=1)
    with Quotas(settings).reserve("ann") as place:
        place.take(WAITING)
        place.take(HELD, 128 * MIB)
