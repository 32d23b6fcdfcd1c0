"""A worker gives memory back while nobody asks, and now and then where somebody always does."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from trifold.runtime.framing import Message
from trifold.serve.engine.worker import GIVES_BACK_EVERY, SOON_S, next_of

ASKED = Message({}, [])


class Piece:
    """Refers to itself, so that only a search for garbage frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def left() -> Iterator[weakref.ref[Piece]]:
    """What a request left, with no search but those that are asked for."""
    gc.disable()
    yield weakref.ref(Piece())
    gc.enable()


def test_who_asks_at_once_does_not_wait_for_it(left: weakref.ref[Piece]) -> None:
    requests: SimpleQueue[Message] = SimpleQueue()
    requests.put(ASKED)
    assert next_of(requests, 1) is ASKED
    assert left() is not None


def test_where_one_request_follows_the_other_it_is_given_back_all_the_same(
    left: weakref.ref[Piece],
) -> None:
    requests: SimpleQueue[Message] = SimpleQueue()
    requests.put(ASKED)
    assert next_of(requests, GIVES_BACK_EVERY) is ASKED
    assert left() is None


def test_while_nobody_asks_it_is_given_back(left: weakref.ref[Piece]) -> None:
    requests: SimpleQueue[Message] = SimpleQueue()
    threading.Timer(4 * SOON_S, requests.put, [ASKED]).start()
    assert next_of(requests, 1) is ASKED
    assert left() is None
