"""Messages between the gateway, which does other things meanwhile, and its workers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from trifold.runtime.framing import Buffer, Message, incoming, parts_of, some


async def send_soon(
    line: socket.socket, facts: Mapping[str, Any], bodies: Sequence[Buffer]
) -> None:
    """Send a message from the gateway."""
    for part in parts_of(facts, bodies):
        await asyncio.get_running_loop().sock_sendall(line, part)


async def receive_soon(line: socket.socket, most_bytes: int) -> Message:
    """Wait for a message in the gateway.

    Raises:
        EOFError, ValueError: see ``trifold.runtime.framing.receive``.
    """
    loop, steps = asyncio.get_running_loop(), incoming(most_bytes)
    try:
        while True:
            view = next(steps)
            while view:
                view = view[some(await loop.sock_recv_into(line, view)) :]
    except StopIteration as end:
        message: Message = end.value
        return message
