"""How the features of the experts become one."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from trifold.network.geometry.poincare import clip_norm, exp0, gyromidpoint, log0


class ExpertFusion(nn.Module, ABC):
    """F = W_0 r + what the experts give: a plain residual, alone where there are no experts.

    Args:
        width: D of r.
        feature_dim: F of the experts.
        num_experts: E; 0 leaves only the residual.
    """

    def __init__(self, width: int, *, feature_dim: int, num_experts: int) -> None:
        super().__init__()
        self.num_experts = num_experts
        self.residual = nn.Linear(width, feature_dim)

    def forward(self, r: Tensor, expert_features: Tensor | None, weight: Tensor | None) -> Tensor:
        """(N, K, D), (N, K, E, F) and (N, K, E) to (N, K, F); None without experts."""
        plain: Tensor = self.residual(r)
        if expert_features is None or weight is None:
            return plain
        return self._joined(plain, expert_features, weight)

    def read(self, head: nn.Module, fused: Tensor, weight: Tensor | None) -> Tensor:
        """What ``forward`` gave, through the head to (N, K, M)."""
        scores: Tensor = head(fused)
        return scores

    def flatten(self) -> None:
        """Join from now on as if space were flat; see ``trifold.network.flattening``."""

    @abstractmethod
    def _joined(self, plain: Tensor, features: Tensor, weight: Tensor) -> Tensor:
        """(N, K, F), (N, K, E, F) and (N, K, E) to (N, K, F)."""


class TangentFusion(ExpertFusion):
    """F = Σ_g π_g φ_g + W_0 r: a weighted sum of tangent coordinates.

    All φ are coordinates in vector spaces, brought to one frame by learned linear maps and
    LayerNorm. It is not a mean on a manifold; ``GyromidpointFusion`` is.
    """

    def _joined(self, plain: Tensor, features: Tensor, weight: Tensor) -> Tensor:
        return plain + (weight.unsqueeze(-1) * features).sum(dim=-2)


class GyromidpointFusion(ExpertFusion):
    """The weighted gyromidpoint on the unit Poincaré ball, in tangent coordinates at 0."""

    is_flattened = False

    def flatten(self) -> None:
        """Take the weighted mean of tangent coordinates in place of the gyromidpoint."""
        self.is_flattened = True

    def _joined(self, plain: Tensor, features: Tensor, weight: Tensor) -> Tensor:
        one = torch.ones((), device=plain.device)
        tangents = clip_norm(features.float(), one)
        if self.is_flattened:
            return plain + (weight.float().unsqueeze(-1) * tangents).sum(dim=-2)
        points = exp0(tangents, one)
        return plain + log0(gyromidpoint(points, weight.float(), one), one)


class ConcatFusion(ExpertFusion):
    """The weighted features side by side, through one linear map."""

    def __init__(self, width: int, *, feature_dim: int, num_experts: int) -> None:
        super().__init__(width, feature_dim=feature_dim, num_experts=num_experts)
        if num_experts:
            self.join = nn.Linear(num_experts * feature_dim, feature_dim)

    def _joined(self, plain: Tensor, features: Tensor, weight: Tensor) -> Tensor:
        joined: Tensor = self.join((weight.unsqueeze(-1) * features).flatten(-2))
        return plain + joined


class ScoreFusion(ExpertFusion):
    """Each expert is scored apart, and the scores are averaged by weight."""

    def read(self, head: nn.Module, fused: Tensor, weight: Tensor | None) -> Tensor:
        """(N, K, E, F), or (N, K, F) without experts, to (N, K, M)."""
        if weight is None:
            return super().read(head, fused, weight)
        experts = fused.shape[2]
        apart = head(fused.transpose(1, 2).flatten(0, 1)).unflatten(0, (-1, experts))
        return torch.einsum("nke,nekm->nkm", weight, apart)

    def _joined(self, plain: Tensor, features: Tensor, weight: Tensor) -> Tensor:
        """To (N, K, E, F): the experts stay apart until they are scored."""
        return plain.unsqueeze(-2) + features
