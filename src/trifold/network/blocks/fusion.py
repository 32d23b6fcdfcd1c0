"""The adaptive router over experts, and how their features become one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trifold.network.geometry.poincare import clip_norm, exp0, gyromidpoint, log0

ROUTERS = ("adaptive", "static", "uniform")
FUSIONS = ("tangent", "gyromidpoint", "concat", "scores")


class ExpertRouter(nn.Module):
    """π = softmax(W[r; e_k]/τ) over E experts, per candidate and trait.

    Args:
        width: D of r.
        num_targets: K.
        num_experts: E.
        key_dim: width of the trait embedding e_k.
        mode: ``adaptive``; ``static`` for one mixture per trait; ``uniform``.
        noise: standard deviation of what is added to the logits while training.

    Raises:
        ValueError: for an unknown mode.
    """

    temperature: Tensor

    def __init__(
        self,
        width: int,
        *,
        num_targets: int,
        num_experts: int,
        key_dim: int = 64,
        mode: str = "adaptive",
        noise: float = 0.0,
    ) -> None:
        super().__init__()
        if mode not in ROUTERS:
            raise ValueError(f"expected a router among {', '.join(ROUTERS)}, got {mode!r}")
        self.mode, self.num_experts, self.noise = mode, num_experts, noise
        self.register_buffer("temperature", torch.tensor(1.0))
        if mode == "adaptive":
            self.from_input = nn.Linear(width, num_experts, bias=False)
            self.from_trait = nn.Linear(key_dim, num_experts)
        elif mode == "static":
            self.table = nn.Parameter(torch.zeros(num_targets, num_experts))

    def forward(self, r: Tensor, trait: Tensor) -> Tensor:
        """(N, K, D) and (K, key_dim) to logits (N, K, E), already divided by the temperature."""
        logits = self._logits(r, trait) / self.temperature
        if self.training and self.noise:
            logits = logits + self.noise * torch.randn_like(logits)
        return logits

    def _logits(self, r: Tensor, trait: Tensor) -> Tensor:
        if self.mode == "adaptive":
            logits: Tensor = self.from_input(r) + self.from_trait(trait)
            return logits
        if self.mode == "static":
            return self.table.expand(r.shape[0], -1, -1)
        return r.new_zeros(*r.shape[:2], self.num_experts)


class TangentFusion(nn.Module):
    """F = Σ_g π_g φ_g + W_0 r: a weighted sum of tangent coordinates and a plain residual.

    All φ are coordinates in vector spaces, brought to one frame by learned linear maps and
    LayerNorm. It is not a mean on a manifold; ``gyromidpoint`` is, on the unit Poincaré ball.

    Args:
        width: D of r.
        features: F of the experts.
        num_experts: E; 0 leaves only the residual.
        mode: ``tangent``, ``gyromidpoint``, ``concat``, or ``scores`` to keep experts apart.

    Raises:
        ValueError: for an unknown mode.
    """

    def __init__(
        self, width: int, *, features: int, num_experts: int, mode: str = "tangent"
    ) -> None:
        super().__init__()
        if mode not in FUSIONS:
            raise ValueError(f"expected a fusion among {', '.join(FUSIONS)}, got {mode!r}")
        self.mode = mode
        self.residual = nn.Linear(width, features)
        if mode == "concat" and num_experts:
            self.join = nn.Linear(num_experts * features, features)

    def forward(self, r: Tensor, expert_features: Tensor | None, weight: Tensor | None) -> Tensor:
        """(N, K, D), (N, K, E, F) and (N, K, E) to (N, K, F); None without experts.

        In mode ``scores`` to (N, K, E, F): each expert is scored and the scores are averaged.
        """
        plain: Tensor = self.residual(r)
        if expert_features is None or weight is None:
            return plain
        if self.mode == "gyromidpoint":
            one = torch.ones((), device=r.device)
            points = exp0(clip_norm(expert_features.float(), one), one)
            return plain + log0(gyromidpoint(points, weight.float(), one), one)
        if self.mode == "scores":
            return plain.unsqueeze(-2) + expert_features
        weighted = weight.unsqueeze(-1) * expert_features
        if self.mode == "concat":
            joined: Tensor = self.join(weighted.flatten(-2))
            return plain + joined
        return plain + weighted.sum(dim=-2)
