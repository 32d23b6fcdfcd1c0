"""Routers over experts: how much each expert counts."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class ExpertRouter(nn.Module, ABC):
    """π = softmax(logits/τ) over E experts, per candidate and trait.

    Args:
        num_experts: E.
        noise: standard deviation of what is added to the logits while training.

    Raises:
        ValueError: when there are no experts.
    """

    temperature: Tensor

    def __init__(self, *, num_experts: int, noise: float = 0.0) -> None:
        super().__init__()
        if num_experts < 1:
            raise ValueError("expected experts to choose among, got none")
        self.num_experts, self.noise = num_experts, noise
        self.register_buffer("temperature", torch.tensor(1.0))

    def forward(self, r: Tensor, trait: Tensor) -> Tensor:
        """(N, K, D) and (K, trait_dim) to logits (N, K, E), already divided by the temperature."""
        logits = self._logits(r, trait) / self.temperature
        if self.training and self.noise:
            logits = logits + self.noise * torch.randn_like(logits)
        return logits

    @abstractmethod
    def _logits(self, r: Tensor, trait: Tensor) -> Tensor:
        """(N, K, D) and (K, trait_dim) to (N, K, E)."""


class AdaptiveRouter(ExpertRouter):
    """Logits W[r; e_k]: by person and by trait.

    Args:
        width: D of r.
        num_experts: E.
        trait_dim: width of the trait embedding e_k.
        noise: standard deviation of what is added to the logits while training.
    """

    def __init__(
        self, width: int, *, num_experts: int, trait_dim: int = 64, noise: float = 0.0
    ) -> None:
        super().__init__(num_experts=num_experts, noise=noise)
        self.from_input = nn.Linear(width, num_experts, bias=False)
        self.from_trait = nn.Linear(trait_dim, num_experts)

    def _logits(self, r: Tensor, trait: Tensor) -> Tensor:
        logits: Tensor = self.from_input(r) + self.from_trait(trait)
        return logits


class StaticRouter(ExpertRouter):
    """One learned mixture per trait.

    Args:
        num_targets: K.
        num_experts: E.
        noise: standard deviation of what is added to the logits while training.
    """

    def __init__(self, *, num_targets: int, num_experts: int, noise: float = 0.0) -> None:
        super().__init__(num_experts=num_experts, noise=noise)
        self.table = nn.Parameter(torch.zeros(num_targets, num_experts))

    def _logits(self, r: Tensor, trait: Tensor) -> Tensor:
        return self.table.expand(r.shape[0], -1, -1)


class UniformRouter(ExpertRouter):
    """Every expert counts alike."""

    def _logits(self, r: Tensor, trait: Tensor) -> Tensor:
        return r.new_zeros(*r.shape[:2], self.num_experts)
