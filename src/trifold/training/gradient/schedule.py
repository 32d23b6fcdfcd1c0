"""What changes while a network trains: learning rate and router temperature."""

from __future__ import annotations

import math

import torch
from torch import nn

from trifold.network.blocks.experts.router import ExpertRouter


def one_cycle(
    optimizer: torch.optim.Optimizer, steps: int, warmup: float
) -> torch.optim.lr_scheduler.LambdaLR:
    """Linear rise over ``warmup`` of the steps, then a half cosine to 0."""
    rise = max(1, round(warmup * steps))

    def factor(step: int) -> float:
        if step < rise:
            return (step + 1) / rise
        done = min(1.0, (step - rise) / max(1, steps - rise))
        return 0.5 * (1 + math.cos(math.pi * done))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def set_temperature(network: nn.Module, temperature: float) -> None:
    """Set the temperature of every router over experts."""
    for module in network.modules():
        if isinstance(module, ExpertRouter):
            module.temperature.fill_(temperature)
