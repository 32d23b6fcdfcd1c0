"""Messages between who wants to know and the process that opens the file.

From there come facts, whose kinds are checked, and arrays of three types; nothing is unpickled.
"""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array
from trifold.media.decoder.operations import Step
from trifold.runtime.framing import Message, receive, send

TYPES = ("uint8", "float32", "float64")
MOST_BYTES = 1 << 30  # of arrays of one step: a picture of 16384 x 16384 has 768 MiB
MOST_REQUEST_BYTES = 1 << 16
LONGEST_TEXT = 300
ARRAYS, END, FAILED, HELD = "arrays", "end", "failed", "held"
DAMAGED, NO_MEMORY = "decode", "memory"  # kinds of failure
EXIT = struct.Struct("!i")  # how a process ended, as ``os.waitpid`` has it


class BadStepError(ValueError):
    """What came is none of what a decoder of ours says."""


def send_step(line: socket.socket, step: Step) -> None:
    """Send facts with the types and shapes of their arrays, and the arrays."""
    arrays = [np.ascontiguousarray(array) for array in step.arrays]
    described = [[str(array.dtype), list(array.shape)] for array in arrays]
    bodies = [array.data.cast("B") if array.size else b"" for array in arrays]
    send(line, {**step.facts, ARRAYS: described}, bodies)


def receive_step(line: socket.socket) -> Step:
    """Wait for a step.

    Raises:
        EOFError: when the other side has ended.
        BadStepError: when what came is none.
    """
    try:
        message = receive(line, MOST_BYTES)
    except ValueError as error:
        raise BadStepError(str(error)) from error
    facts = dict(message.facts)
    return Step(facts, arrays_of(facts.pop(ARRAYS, []), message))


def arrays_of(described: object, message: Message) -> Sequence[Array]:
    """The bodies of a message as what its facts say they are.

    Raises:
        BadStepError: where that does not fit.
    """
    if not isinstance(described, list) or len(described) != len(message.bodies):
        raise BadStepError("other arrays than bodies")
    found = []
    for said, body in zip(described, message.bodies, strict=True):
        if not (isinstance(said, list) and len(said) == 2 and said[0] in TYPES):
            raise BadStepError("an array of no known type")
        shape = said[1]
        if not isinstance(shape, list) or any(type(n) is not int or n < 0 for n in shape):
            raise BadStepError("an array without a shape")
        if math.prod(shape) * np.dtype(said[0]).itemsize != len(body):
            raise BadStepError("an array of another size than it says")
        try:
            found.append(np.frombuffer(body, said[0]).reshape(shape))
        except (ValueError, OverflowError) as error:
            raise BadStepError("an array of a shape that none has") from error
    return found


def failure_of(facts: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Kind of a failure, what was expected and what came; None where there was none."""
    said = facts.get(FAILED)
    if said is None:
        return None
    if not (isinstance(said, list) and len(said) == 3 and all(isinstance(s, str) for s in said)):
        raise BadStepError("a failure that says nothing")
    kind, expected, got = ("".join(c for c in s if c.isprintable())[:LONGEST_TEXT] for s in said)
    return kind, expected, got
