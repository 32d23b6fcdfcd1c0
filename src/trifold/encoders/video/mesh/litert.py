"""TFLite models through LiteRT, one thread each."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from trifold.contracts import Array
from trifold.errors import EncoderError

PACKAGE = "ai-edge-litert"


class Model:
    """A model with one image as input; its outputs are told apart by how many numbers they have.

    Args:
        path: of the TFLite file.

    Raises:
        EncoderError: when LiteRT is not installed or cannot read the file.
    """

    def __init__(self, path: Path) -> None:
        made = _interpreter_class()
        with _no_native_lines():
            self._interpreter = made(model_path=str(path), num_threads=1)
            self._interpreter.allocate_tensors()
        (entry,) = self._interpreter.get_input_details()
        self._input, self.side_px = entry["index"], int(entry["shape"][1])
        self._outputs = {
            int(np.prod(out["shape"])): out["index"]
            for out in self._interpreter.get_output_details()
        }

    def __call__(self, image: Array) -> dict[int, Array]:
        """Number of values to the values, (n,) float32, of one (S, S, 3) float32 image."""
        self._interpreter.set_tensor(self._input, image[None])
        self._interpreter.invoke()
        return {n: self._interpreter.get_tensor(i).ravel() for n, i in self._outputs.items()}


@cache
def litert_version() -> str:
    """Of the installed package, whose files are asked once."""
    return version(PACKAGE)


def load_model(path: Path) -> Model:
    """The model, loaded once per thread: an interpreter holds the buffers of one call."""
    return _loaded(path, threading.get_ident())


@lru_cache(maxsize=16)
def _loaded(path: Path, _thread: int) -> Model:
    try:
        return Model(path)
    except ValueError as error:
        raise EncoderError(
            expected="a TFLite model", got=str(error).splitlines()[0], where=path
        ) from error


@contextmanager
def _no_native_lines() -> Iterator[None]:
    """LiteRT tells stderr which delegate it takes, and has no setting that keeps it quiet."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise EncoderError(
            expected=f"the package {PACKAGE} (for machines without it there is "
            "trifold.encoders.video.face.FaceMotion)",
            got=str(error),
        ) from error
    return Interpreter
