"""Messages between processes that do not trust each other: two lengths, a JSON object, then bytes.

Who opens what strangers sent may have been taken over by it, so nothing that comes from there is
unpickled, and a message that is too long or no message ends the one that sent it.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trifold.runtime.strict_json import parsed

HEAD = struct.Struct("!IQ")  # bytes of the JSON object, and of all bodies together
MOST_FACTS_BYTES = 1 << 22
Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True)
class Message:
    """What one side tells the other: facts, and bodies that are not copied any more."""

    facts: Mapping[str, Any]
    bodies: Sequence[memoryview]


def parts_of(facts: Mapping[str, Any], bodies: Sequence[Buffer]) -> list[Buffer]:
    """What is to be sent, one after the other."""
    sizes = [len(body) for body in bodies]
    text = json.dumps({**facts, "sizes": sizes}).encode()
    return [HEAD.pack(len(text), sum(sizes)) + text, *bodies]


def incoming(most_bytes: int) -> Generator[memoryview, None, Message]:
    """Read a message: gives buffers to fill, one after the other, and returns what they held.

    Args:
        most_bytes: of all bodies together.

    Raises:
        ValueError: when what came is no message, or too long.
    """
    head = bytearray(HEAD.size)
    yield memoryview(head)
    text_bytes, body_bytes = HEAD.unpack(head)
    if text_bytes > MOST_FACTS_BYTES or body_bytes > most_bytes:
        raise ValueError("a message that is too long")
    text, body = bytearray(text_bytes), bytearray(body_bytes)
    yield memoryview(text)
    yield memoryview(body)
    facts = parsed(bytes(text))
    sizes = facts.pop("sizes", None) if isinstance(facts, dict) else None
    if not isinstance(sizes, list) or any(type(size) is not int or size < 0 for size in sizes):
        raise ValueError("a message without sizes")
    if sum(sizes) != body_bytes:
        raise ValueError("a message of other sizes than it says")
    view, bodies = memoryview(body), []
    for size in sizes:
        bodies.append(view[:size])
        view = view[size:]
    return Message(facts, bodies)


def send(line: socket.socket, facts: Mapping[str, Any], bodies: Sequence[Buffer] = ()) -> None:
    """Send a message and wait until it is on its way."""
    for part in parts_of(facts, bodies):
        line.sendall(part)


def receive(line: socket.socket, most_bytes: int) -> Message:
    """Wait for a message.

    Raises:
        EOFError: when the other side has ended.
        ValueError: see ``incoming``.
    """
    steps = incoming(most_bytes)
    try:
        while True:
            view = next(steps)
            while view:
                view = view[some(line.recv_into(view)) :]
    except StopIteration as end:
        message: Message = end.value
        return message


def some(count: int) -> int:
    """The number of bytes that came.

    Raises:
        EOFError: when it is none, as the other side has ended.
    """
    if not count:
        raise EOFError
    return count
