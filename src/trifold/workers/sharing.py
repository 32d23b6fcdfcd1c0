"""Large arrays for several processes: in one file that each maps, in place of a copy for each."""

from __future__ import annotations

import io
import mmap
import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

ALIGNED = 64  # bytes, as PyTorch's own memory is: how BLAS adds up may depend on where it begins


class Shared:
    """What gives an object in another process, its arrays mapped from a file.

    The file holds numbers alone: what they are goes by the pipe with this object, so that nothing
    is unpickled from a disk. Processes share the pages that they read; what one writes is its own.

    Args:
        thing: to be had elsewhere.
        path: of the file, which is written now and must be there until the last process ends.
    """

    def __init__(self, thing: object, path: Path) -> None:
        arrays: list[pickle.PickleBuffer] = []
        pickled = io.BytesIO()
        _Pickler(pickled, protocol=5, buffer_callback=arrays.append).dump(thing)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._pickled, self._path = pickled.getvalue(), path.absolute()
        self._places = _write([array.raw() for array in arrays], path)

    def __call__(self) -> Any:
        """The object."""
        with self._path.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
        arrays = [mapped[start:end] for start, end in self._places]
        return pickle.loads(self._pickled, buffers=arrays)  # noqa: S301 - came by the pipe


class _Pickler(pickle.Pickler):
    """Takes PyTorch's tensors for the arrays that they are; by itself it would copy them."""

    def reducer_override(self, thing: Any) -> Any:
        if type(thing) is Tensor and not thing.requires_grad:
            try:
                return torch.from_numpy, (thing.numpy(),)
            except (TypeError, RuntimeError):  # of a kind or in a place that NumPy does not know
                return NotImplemented
        if isinstance(thing, MappingProxyType):
            return _read_only, (dict(thing),)
        return NotImplemented


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)  # which pickle knows by no name of its own


def _write(arrays: Sequence[memoryview], path: Path) -> list[tuple[int, int]]:
    """First and last byte of each array in the file, which has at least one."""
    places = []
    with path.open("wb") as file:
        for array in arrays:
            file.seek(-file.tell() % ALIGNED, os.SEEK_CUR)
            places.append((file.tell(), file.tell() + array.nbytes))
            file.write(array)
        file.seek(-file.tell() % ALIGNED, os.SEEK_CUR)
        file.write(b"\0")  # an empty file cannot be mapped
    return places
