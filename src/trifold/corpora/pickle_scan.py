"""What a pickle would do, told from its operations before any of them is done.

An operation of nine bytes can make the unpickler take gigabytes (a memo with a large index), and a
tuple of itself twice, forty deep, takes for ever as a key. So the operations are counted and their
effect on the stack followed, by kinds alone, with Python's own table of them.
"""

from __future__ import annotations

import pickletools
from collections import deque
from pickletools import StackObject

MOST_STEPS = 3_000_000  # each may take some 64 bytes; the largest published pickle has 150,000
# of containers, strings and numbers; the rest builds sets, buffers or objects of other kinds
PLAIN = {
    "PROTO",
    "FRAME",
    "STOP",
    "MARK",
    "POP",
    "POP_MARK",
    "DUP",
    "PUT",
    "BINPUT",
    "LONG_BINPUT",
    "MEMOIZE",
    "GET",
    "BINGET",
    "LONG_BINGET",
    "NONE",
    "NEWTRUE",
    "NEWFALSE",
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "LONG4",
    "FLOAT",
    "BINFLOAT",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
    "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "EMPTY_LIST",
    "APPEND",
    "APPENDS",
    "LIST",
    "EMPTY_TUPLE",
    "TUPLE",
    "TUPLE1",
    "TUPLE2",
    "TUPLE3",
    "EMPTY_DICT",
    "DICT",
    "SETITEM",
    "SETITEMS",
}
_PUTS, _GETS = {"PUT", "BINPUT", "LONG_BINPUT"}, {"GET", "BINGET", "LONG_BINGET"}
_CONTAINERS = {pickletools.pylist, pickletools.pytuple, pickletools.pydict, pickletools.anyobject}
_MARK = pickletools.markobject


class NotPlainError(ValueError):
    """The pickle asks for something that is not plain data."""


def scan(content: bytes) -> None:
    """Follow the operations to the end without doing them.

    Args:
        content: of the pickle.

    Raises:
        NotPlainError: naming the first operation that makes no plain data.
        ValueError: when an operation is cut off, finds too little on the stack, keeps something
            under a number larger than there are operations, or there are too many of them.
    """
    stack: list[StackObject] = []
    memo: dict[int, StackObject] = {}
    texts: deque[str] = deque(maxlen=2)  # module and name of what is asked for, as a rule
    for step, (operation, argument, _) in enumerate(pickletools.genops(content)):
        name = operation.name
        if name not in PLAIN:
            asked = ".".join(texts) if name == "STACK_GLOBAL" else str(argument or name)
            raise NotPlainError(asked.replace(" ", ".")[:80])
        if isinstance(argument, str):
            texts.append(argument)
        if step >= MOST_STEPS:
            raise ValueError(f"more than {MOST_STEPS} operations")
        if name in _PUTS or name == "MEMOIZE":
            key = len(memo) if name == "MEMOIZE" else _number(argument)
            if key > step:
                raise ValueError(f"place {key} after {step} operations")
            memo[key] = _top(stack)
        elif name in _GETS:
            if _number(argument) not in memo:
                raise ValueError(f"place {argument}, which is empty")
            stack.append(memo[_number(argument)])
        elif name == "DUP":
            stack.append(_top(stack))
        else:
            taken = _take(stack, operation)
            _check_keys(name, taken)
            stack.extend(operation.stack_after)


def _take(stack: list[StackObject], operation: pickletools.OpcodeInfo) -> list[StackObject]:
    """Take off what an operation takes: a number of things, or all down to the last mark."""
    before = operation.stack_before
    if operation.name == "POP" and stack and stack[-1] is _MARK:
        before = [_MARK]
    below = before.index(_MARK) if _MARK in before else len(before)
    taken: list[StackObject] = []
    if below < len(before):
        while _top(stack) is not _MARK:
            taken.append(stack.pop())
        stack.pop()
    under = [_pop(stack) for _ in range(below)]
    return [*reversed(under), *reversed(taken)]


def _check_keys(name: str, taken: list[StackObject]) -> None:
    """Keys are single values, as the hash of a container may take for ever."""
    keys = {"SETITEM": taken[1::2], "SETITEMS": taken[1::2], "DICT": taken[::2]}.get(name, [])
    if any(key in _CONTAINERS for key in keys):
        raise NotPlainError("a container as a key")


def _top(stack: list[StackObject]) -> StackObject:
    if not stack:
        raise ValueError("an operation on an empty stack")
    return stack[-1]


def _pop(stack: list[StackObject]) -> StackObject:
    if _top(stack) is _MARK:
        raise ValueError("an operation on a mark")
    return stack.pop()


def _number(argument: object) -> int:
    if not isinstance(argument, int) or argument < 0:
        raise ValueError(f"place {argument!r}")
    return argument
