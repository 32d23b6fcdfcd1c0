"""What goes between gateway and workers, and what a worker that lies can bring about: nothing."""

from __future__ import annotations

import asyncio
import json
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.runtime.framing import HEAD, Message, receive, send
from trifold.serve.engine.frames import receive_soon, send_soon
from trifold.serve.engine.replies import responses_in
from trifold.serve.problems import CONTENT_TYPE

BODIES = st.lists(st.binary(max_size=300), max_size=4)
FACTS = st.dictionaries(st.sampled_from("abc"), st.text(st.characters(exclude_categories=["Cs"])))
GOOD = {"status": 200, "content_type": "application/json", "headers": {"Server-Timing": "a;dur=1"},
        "measured": {"seconds": {"read": 0.1}, "media_s": 1.0, "withheld": 0, "scored": 1,
                     "placed": [{"snr_db": 3}], "codes": ["X"]}}  # fmt: skip


def heard(content: bytes, most_bytes: int = 1000) -> Message:
    """What the gateway makes of some bytes, after which the other side ends."""

    async def listen() -> Message:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        sender = threading.Thread(target=lambda: (theirs.sendall(content), theirs.close()))
        sender.start()
        try:
            return await asyncio.wait_for(receive_soon(ours, most_bytes), 10)
        finally:
            ours.close()
            sender.join()

    return asyncio.run(listen())


@settings(max_examples=30, deadline=None)
@given(facts=FACTS, bodies=BODIES)
def test_what_is_sent_arrives_either_way(facts, bodies) -> None:
    async def send_it(line: socket.socket) -> None:
        line.setblocking(False)
        await send_soon(line, facts, bodies)

    ours, theirs = socket.socketpair()
    with ours, theirs:
        asyncio.run(send_it(ours))
        message = receive(theirs, 2000)
        send(theirs, message.facts, message.bodies)
        ours.setblocking(True)
        back = receive(ours, 2000)
    for one in (message, back):
        assert one.facts == facts
        assert [bytes(body) for body in one.bodies] == bodies


def framed(facts: object, body: bytes = b"") -> bytes:
    text = facts if isinstance(facts, bytes) else json.dumps(facts).encode()
    return HEAD.pack(len(text), len(body)) + text + body


@pytest.mark.parametrize(
    "content",
    [HEAD.pack(1 << 31, 0), HEAD.pack(2, 1 << 60), framed(b"{", b""), framed([]), framed({}),
     framed({"sizes": 5}), framed({"sizes": [3]}, b"four"), framed({"sizes": [-1, 5]}, b"four"),
     framed({"sizes": [True]}, b"x"), framed(b'{"sizes": [NaN]}'), framed(b"[" * 100_000),
     framed(b'{"sizes": [], "sizes": []}'), framed(b'{"sizes": ["\\ud800"]}')],
)  # fmt: skip
def test_what_is_no_message_is_refused_and_nothing_is_made_for_it(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        heard(content)


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=60))
def test_any_bytes_end_in_a_message_or_a_refusal(content: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        heard(content)


def said(**changes: object) -> Message:
    return Message({"answers": [GOOD | changes]}, [memoryview(b"{}")])


def test_an_answer_of_a_worker_is_passed_on_without_what_is_ours_to_say() -> None:
    headers = {"Retry-After": "5", "Set-Cookie": "a=b", "X-Trifold-Forgotten": "own ann"}
    (response,), (measured,) = responses_in(said(headers=headers), 1)
    assert response.body == b"{}"
    assert set(response.headers) == {"Retry-After"}
    assert response.forgotten.candidate_id == "ann"
    assert measured.seconds == {"read": 0.1}


@pytest.mark.parametrize(
    "message",
    [said(status=99), said(status="200"), said(status=True), said(content_type="text/html"),
     said(headers={"Server-Timing": "a\r\nSet-Cookie: b"}), said(headers={"Retry-After": 5}),
     said(headers=None), said(measured={}), said(measured=GOOD["measured"] | {"codes": ['"} 1\n']}),
     said(measured=GOOD["measured"] | {"seconds": {"read": "soon"}}),
     said(measured=GOOD["measured"] | {"placed": [{"snr_db": "ann"}]}),
     said(measured=GOOD["measured"] | {"placed": ["ann"]}),
     said(measured=GOOD["measured"] | {"media_s": 10**400}),
     said(measured=GOOD["measured"] | {"scored": float("inf")}),
     Message({"answers": [GOOD, GOOD]}, [memoryview(b"")]), Message({"answers": [GOOD]}, []),
     Message({"answers": 5}, []), Message({}, []), Message({"answers": [None]}, [memoryview(b"")])],
)  # fmt: skip
def test_what_no_worker_of_ours_would_say_is_refused(message: Message) -> None:
    assert said(content_type=CONTENT_TYPE)
    with pytest.raises(ValueError, match=r".+"):
        responses_in(message, 1)
