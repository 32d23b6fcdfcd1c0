"""``python -m trifold.pretrained.convert FOLDER OUT``: a published ``.bin`` model to safetensors.

Some models are on the hub as PyTorch checkpoints alone. This reads such a checkpoint with
``weights_only=True``, which runs no code, and writes a folder that the loader takes.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from trifold.errors import EncoderError, InputError
from trifold.pretrained.snapshot import DESCRIBING, WEIGHTS
from trifold.runtime.endings import run_plain

CHECKPOINT = "pytorch_model*.bin"


def convert(folder: Path, out: Path) -> Path:
    """Write ``out`` with the weights as safetensors and all files that describe the model.

    Raises:
        EncoderError: when there is no checkpoint or it holds more than tensors.
    """
    parts = sorted(folder.glob(CHECKPOINT))
    if not parts:
        raise EncoderError(expected="pytorch_model.bin", got="none", where=folder)
    tensors: dict[str, Tensor] = {}
    for part in parts:
        tensors |= _read(part)
    out.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.suffix in DESCRIBING and not file.name.startswith("pytorch_model"):
            shutil.copy(file, out / file.name)
    save_file(tensors, out / WEIGHTS, metadata={"format": "pt"})
    return out


def _read(path: Path) -> dict[str, Tensor]:
    """Tensors by name, each with memory of its own as safetensors demands."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever is wrong with the file, nothing of it has run
        reason = str(error).splitlines()[0]
        raise EncoderError(expected="a checkpoint of tensors", got=reason, where=path) from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise EncoderError(expected="a checkpoint of tensors", got="other content", where=path)
    return {str(name): tensor.clone().contiguous() for name, tensor in state.items()}


def main() -> None:
    """Entry point: prints the folder, or one line about what is wrong."""
    run_plain(_convert, __doc__ or "")


def _convert(words: list[str]) -> list[Path]:
    if len(words) != 2:
        expected = "python -m trifold.pretrained.convert FOLDER OUT"
        raise InputError(expected=expected, got=" ".join(words) or "nothing")
    return [convert(Path(words[0]), Path(words[1]))]


if __name__ == "__main__":
    main()
