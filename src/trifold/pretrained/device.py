"""Which device a process computes on, and in which precision."""

from __future__ import annotations

import torch

from trifold.errors import InputError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_ASSIGNED: list[str] = []


def accelerators() -> list[str]:
    """The GPUs of this machine as ``cuda:0``, ``cuda:1`` …; empty without any."""
    return [f"cuda:{index}" for index in range(torch.cuda.device_count())]


def assign_device(device: str) -> None:
    """Make ``device`` what ``auto`` means in this process: one GPU for each of several workers."""
    _ASSIGNED[:] = [device]


def pick_device(device: str = "auto") -> torch.device:
    """The device named, or for ``auto`` the assigned one, the first GPU, or the CPU.

    Raises:
        InputError: when the name means nothing or that GPU is not there.
    """
    name = device
    if device == "auto":
        name = (_ASSIGNED or accelerators() or ["cpu"])[0]
    try:
        chosen = torch.device(name)
    except RuntimeError as error:
        raise InputError(expected="device auto, cpu or cuda:N", got=repr(device)) from error
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        came = f"{name}, and {torch.cuda.device_count()} GPUs"
        raise InputError(expected="a GPU of this machine", got=came)
    return chosen


def pick_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The precision named; ``auto`` is half precision on a GPU and float32 elsewhere.

    Raises:
        InputError: for an unknown name.
    """
    if precision == "auto":
        if device.type != "cuda":
            return torch.float32
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if precision not in PRECISIONS:
        known = ", ".join(("auto", *PRECISIONS))
        raise InputError(expected=f"a precision among {known}", got=repr(precision))
    return PRECISIONS[precision]
