"""``python -m src.pretrained.convert FOLDER OUT``: a published ``.bin`` model to safetensors.

Some models are on the hub as PyTorch checkpoints alone. This reads such a checkpoint with
``weights_only=True``, which runs no code, and writes a folder that the loader takes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from src.errors import EncoderError, TrifoldError
from src.pretrained.snapshot import DESCRIBING, WEIGHTS

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
    """Entry point."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m src.pretrained.convert FOLDER OUT")
    try:
        print(convert(Path(sys.argv[1]), Path(sys.argv[2])))
    except TrifoldError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
