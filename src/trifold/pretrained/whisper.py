"""Whisper as CTranslate2 keeps it: what a folder must hold, and the model, loaded once."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import torch

from trifold.errors import EncoderError, InputError
from trifold.pretrained.snapshot import WEIGHTS, Layout

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

MODEL, EMBEDDINGS = "model.bin", "decoder/embeddings/weight"
NEEDED = ("config.json", "tokenizer.json")  # a missing tokenizer would be asked of a hub
PRECISIONS = ("auto", "int8", "float16", "bfloat16", "float32")
CONVERT = (
    "ct2-transformers-converter --model FOLDER --output_dir NEW --quantization float16 "
    "--copy_files tokenizer.json preprocessor_config.json"
)


def converted_files(folder: Path) -> tuple[Path, ...]:
    """The weights of a converted model.

    Raises:
        EncoderError: when a file is missing that would be looked for elsewhere.
    """
    if not (folder / MODEL).is_file():
        other = (folder / WEIGHTS).is_file()
        came = f"{WEIGHTS}: convert it with {CONVERT}" if other else "none"
        raise EncoderError(expected=f"CTranslate2 weights as {MODEL}", got=came, where=folder)
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise EncoderError(
            expected=f"{MODEL} with {' and '.join(NEEDED)}",
            got=f"no {missing[0]}",
            where=folder,
        )
    return (folder / MODEL,)


CTRANSLATE2 = Layout(MODEL, (MODEL,), converted_files)


def compute_type(precision: str, device: torch.device) -> str:
    """What CTranslate2 computes in; ``auto`` is int8 on a CPU and float16 on a GPU.

    Raises:
        InputError: for an unknown name.
    """
    if precision not in PRECISIONS:
        raise InputError(expected=f"a precision among {', '.join(PRECISIONS)}", got=repr(precision))
    if precision == "auto":
        return "float16" if device.type == "cuda" else "int8"
    return precision


@lru_cache(maxsize=2)
def load_whisper(folder: Path, device: torch.device, precision: str, threads: int) -> WhisperModel:
    """The model of a folder.

    Args:
        folder: of ``CTRANSLATE2`` layout.
        device: a CPU or GPU.
        precision: see ``compute_type``.
        threads: on a CPU.

    Raises:
        EncoderError: when it is no Whisper, or cannot compute so on this device.
    """
    from faster_whisper import WhisperModel  # with FFmpeg and CTranslate2, which takes a while

    try:
        model = WhisperModel(
            str(folder),
            device=device.type,
            device_index=device.index or 0,
            compute_type=compute_type(precision, device),
            cpu_threads=threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise EncoderError(
            expected=f"a Whisper in CTranslate2's layout, in {precision} on {device}",
            got=(str(error).strip() or type(error).__name__).splitlines()[0],
            where=folder,
        ) from error
    bands = len(model.feature_extractor.mel_filters)
    if bands != model.model.n_mels:
        raise EncoderError(
            expected=f"a preprocessor_config.json with feature_size {model.model.n_mels}",
            got=f"{bands}, which is the default",
            where=folder,
        )
    return model


def width(folder: Path) -> int:
    """Columns of the encoder's states, read off the weights' list; nothing is loaded.

    Raises:
        EncoderError: when the file has no such list, or the model is no Whisper.
    """
    try:
        with (folder / MODEL).open("rb") as file:
            for name, shape in _listed(file):
                if name == EMBEDDINGS and len(shape) == 2:
                    return shape[1]
        reason = f"no {EMBEDDINGS}"
    except (OSError, struct.error) as error:
        reason = str(error)
    raise EncoderError(
        expected="a Whisper in CTranslate2's layout", got=reason, where=folder / MODEL
    )


def _listed(file: BinaryIO) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the variables of a CTranslate2 model, in version 6 of its format."""

    def unpack(form: str) -> tuple[int, ...]:
        return struct.unpack(form, file.read(struct.calcsize(form)))

    def text() -> str:
        return file.read(*unpack("<H")).rstrip(b"\0").decode("latin-1")

    unpack("<I")  # version of the format
    text()  # of what kind the model is
    _, count = unpack("<II")
    for _ in range(count):
        name, (rank,) = text(), unpack("<B")
        shape, (_, size) = unpack(f"<{rank}I"), unpack("<BI")
        yield name, shape
        file.seek(size, 1)
