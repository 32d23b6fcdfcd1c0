"""Safetensors of a bundle: looked at before they are read, as a stranger may have written them."""

from __future__ import annotations

import struct
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from trifold.errors import BundleError
from trifold.network.budget import Budget

LARGEST_HEADER = 4 << 20  # tens of thousands of tensors
BYTES_PER_STEP = 8  # of the header; a tensor has some 80 there and is made in 2 to 5 steps


def check_header(path: Path) -> int:
    """Length in bytes of the header, which may not be larger than 4 MiB or the file.

    Raises:
        BundleError: when it is.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
    if length > min(LARGEST_HEADER, size - 8):
        raise BundleError(
            expected=f"a safetensors header of at most {LARGEST_HEADER} bytes inside the file",
            got=f"{length} of {size} bytes",
            where=path,
        )
    return int(length)


def budget_for(path: Path) -> Budget:
    """What may be made for a network that these weights fill: not much more than they hold.

    Raises:
        BundleError: see ``check_header``.
    """
    return Budget(numbers=path.stat().st_size, steps=check_header(path) // BYTES_PER_STEP)


def load_weights(path: Path, module: torch.nn.Module) -> None:
    """Fill a module with all of its tensors, and no others.

    Raises:
        BundleError: when they are damaged, do not fit, or are not finite.
    """
    check_header(path)
    try:
        tensors = load_file(path)
        module.load_state_dict(tensors)
    except (SafetensorError, RuntimeError, TypeError, ValueError, KeyError, OSError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise BundleError(
            expected="weights that fit the network", got=reason, where=path
        ) from error
    for name, tensor in tensors.items():
        if tensor.isnan().any():
            raise BundleError(expected="numbers as weights", got=f"NaN in {name}", where=path)
