"""Which device a worker computes on."""

from __future__ import annotations

from itertools import cycle, islice

from trifold.pretrained.device import accelerators, assign_device


def devices_for(workers: int) -> list[str]:
    """A device for each process: the GPUs in turn, or empty where there is none."""
    return list(islice(cycle(accelerators() or [""]), workers))


def use_device(device: str) -> None:
    """Make this process compute on a device of ``devices_for``."""
    if device:
        assign_device(device)
