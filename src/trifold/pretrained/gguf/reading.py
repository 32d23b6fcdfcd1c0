"""GGUF files: a model's settings, its vocabulary and its quantised tensors in one file.

The format is the one that the GGUF specification (version 3, ggml project, 2023) describes. The
file may be a stranger's: every length in it is checked against the file before it is used.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from trifold.errors import EncoderError
from trifold.pretrained.gguf.blocks import KINDS, Array, expanded

SUFFIX, MAGIC, VERSIONS = ".gguf", b"GGUF", (2, 3)
ALIGNMENT, MOST_DIMENSIONS = 32, 4
NUMBERS = dict(enumerate(["u1", "i1", "<u2", "<i2", "<u4", "<i4", "<f4", "?"])) | {
    10: "<u8",
    11: "<i8",
    12: "<f8",
}
TEXT, LIST = 8, 9


@dataclass(frozen=True)
class Place:
    """Where a tensor lies: its shape, the number of its kind, and its first byte in the file."""

    shape: tuple[int, ...]
    kind: int
    start: int


@dataclass(frozen=True)
class GgufFile:
    """What a file says about its model, and where the tensors are.

    Attributes:
        path: of the file.
        facts: key, such as ``llama.block_count``, to number, text or list.
        places: name of a tensor to where it lies.
    """

    path: Path
    facts: Mapping[str, Any]
    places: Mapping[str, Place]

    def fact(self, key: str) -> Any:
        """One of the facts.

        Raises:
            EncoderError: when the file does not state it.
        """
        if key not in self.facts:
            raise EncoderError(expected=f"a GGUF file with {key}", got="none", where=self.path)
        return self.facts[key]

    def tensor(self, name: str) -> Array:
        """float32 values in the shape of the tensor.

        Raises:
            EncoderError: when there is none of that name, its kind is unknown, or it is cut off.
        """
        if name not in self.places:
            raise EncoderError(expected=f"the tensor {name}", got="none", where=self.path)
        place = self.places[name]
        kind = KINDS.get(place.kind)
        if kind is None:
            known = ", ".join(one.name for one in KINDS.values())
            raise EncoderError(
                expected=f"tensors of kind {known}", got=f"kind {place.kind}", where=self.path
            )
        size = int(np.prod([1, *place.shape], dtype=object))
        content = np.memmap(self.path, mode="r")[place.start :]
        if size % kind.values or size // kind.values * kind.bytes > len(content):
            raise EncoderError(
                expected=f"{size} values of {name}", got=f"{len(content)} bytes", where=self.path
            )
        stored = content[: size // kind.values * kind.bytes]
        return expanded(np.asarray(stored), kind).reshape(place.shape)


@lru_cache(maxsize=4)
def read_gguf(path: Path) -> GgufFile:
    """What stands before the tensors; they are read when they are asked for.

    Raises:
        EncoderError: when it is no GGUF file of a known version, or is cut off.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(data, path).whole()
    except (OSError, ValueError, struct.error, OverflowError) as error:
        reason = str(error) or type(error).__name__
        raise EncoderError(expected="a whole GGUF file", got=reason, where=path) from error


class _Reader:
    """Goes through a file from its start; everything in it is little-endian."""

    def __init__(self, data: mmap.mmap, path: Path) -> None:
        self.data, self.path, self.at = data, path, 0

    def whole(self) -> GgufFile:
        if self.data[:4] != MAGIC:
            raise ValueError("another kind of file")
        self.at = 4
        version, n_tensors, n_facts = self._unpack("<IQQ")
        if version not in VERSIONS:
            raise ValueError(f"version {version}")
        facts = {self._text(): self._value(*self._unpack("<I")) for _ in range(n_facts)}
        places = dict(self._place() for _ in range(n_tensors))
        step = int(facts.get("general.alignment", ALIGNMENT))
        first = -(-self.at // max(1, step)) * max(1, step)
        moved = {name: Place(p.shape, p.kind, first + p.start) for name, p in places.items()}
        return GgufFile(self.path, facts, moved)

    def _unpack(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def _bytes(self, length: int) -> bytes:
        if length > len(self.data) - self.at:
            raise ValueError(f"{length} bytes announced, {len(self.data) - self.at} left")
        self.at += length
        return self.data[self.at - length : self.at]

    def _text(self) -> str:
        return self._bytes(*self._unpack("<Q")).decode()

    def _value(self, kind: int) -> Any:
        if kind == TEXT:
            return self._text()
        if kind in NUMBERS:
            return self._numbers(kind, 1)[0]
        if kind != LIST:
            raise ValueError(f"a value of kind {kind}")
        inner, count = self._unpack("<IQ")
        if inner == TEXT:
            return [self._text() for _ in range(count)]
        if inner not in NUMBERS:
            raise ValueError(f"a list of kind {inner}")
        return self._numbers(inner, count)

    def _numbers(self, kind: int, count: int) -> list[Any]:
        stored = np.dtype(NUMBERS[kind])
        return np.frombuffer(self._bytes(count * stored.itemsize), stored).tolist()

    def _place(self) -> tuple[str, Place]:
        name, (dimensions,) = self._text(), self._unpack("<I")
        if dimensions > MOST_DIMENSIONS:
            raise ValueError(f"a tensor of {dimensions} dimensions")
        shape = self._unpack(f"<{dimensions}Q")[::-1]  # the fastest first
        kind, start = self._unpack("<IQ")
        return name, Place(shape, kind, start)
