"""From a fused vector to the K standardised targets."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LinearHead(nn.Module):
    """LayerNorm, dropout and one linear map.

    Args:
        in_dim: width of the fused vector.
        num_targets: K.
        dropout: probability.
    """

    def __init__(self, in_dim: int, *, num_targets: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(in_dim), nn.Dropout(dropout), nn.Linear(in_dim, num_targets)
        )

    def forward(self, fused: Tensor) -> Tensor:
        """(..., in_dim) to (..., K)."""
        scores: Tensor = self.layers(fused)
        return scores


class EnsembleHead(nn.Module, ABC):
    """A head of M members, whose mean is the score."""

    @abstractmethod
    def forward(self, fused: Tensor) -> Tensor:
        """(N, K, F) to member scores (N, K, M)."""


class BatchEnsembleHead(EnsembleHead):
    """M members that share one matrix and differ by rank-1 factors, Wen et al. (2020).

    h_m = ReLU(s_m ∘ (W(GELU(F) ∘ r_m) + b_m)), ŷ_km = v_mk·h_mk + c_mk. The factors start as random
    signs, so that members start apart.

    Args:
        feature_dim: F.
        num_targets: K.
        members: M.
        hidden: width of the shared layer.
        dropout: on the hidden layer, drawn for each member apart.
    """

    def __init__(
        self,
        feature_dim: int,
        *,
        num_targets: int,
        members: int = 16,
        hidden: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.shared = nn.Linear(feature_dim, hidden, bias=False)
        self.fast_in = nn.Parameter(_signs(members, feature_dim))
        self.fast_out = nn.Parameter(_signs(members, hidden))
        self.bias = nn.Parameter(torch.zeros(members, hidden))
        self.read = nn.Parameter(torch.randn(members, num_targets, hidden) * hidden**-0.5)
        self.offset = nn.Parameter(torch.zeros(num_targets, members))
        self.dropout = nn.Dropout(dropout)

    def forward(self, fused: Tensor) -> Tensor:
        """(N, K, F) to member scores (N, K, M)."""
        x = F.gelu(fused).unsqueeze(-2) * self.fast_in  # (N, K, M, F)
        h = self.dropout(torch.relu((self.shared(x) + self.bias) * self.fast_out))
        return torch.einsum("nkmh,mkh->nkm", h, self.read) + self.offset


class FullEnsembleHead(EnsembleHead):
    """M separate two-layer networks, as the 2025 winners have them; the ablation of the above.

    Args:
        feature_dim: F.
        num_targets: K.
        members: M.
        hidden: width of each hidden layer.
        dropout: on the hidden layers.
    """

    def __init__(
        self,
        feature_dim: int,
        *,
        num_targets: int,
        members: int = 16,
        hidden: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        start = torch.randn(members, feature_dim, hidden) * (2 / feature_dim) ** 0.5
        self.first = nn.Parameter(start)
        self.bias = nn.Parameter(torch.zeros(members, hidden))
        self.read = nn.Parameter(torch.randn(members, num_targets, hidden) * hidden**-0.5)
        self.offset = nn.Parameter(torch.zeros(num_targets, members))
        self.dropout = nn.Dropout(dropout)

    def forward(self, fused: Tensor) -> Tensor:
        """(N, K, F) to member scores (N, K, M)."""
        h = torch.einsum("nkf,mfh->nkmh", fused, self.first) + self.bias
        h = self.dropout(torch.relu(h))
        return torch.einsum("nkmh,mkh->nkm", h, self.read) + self.offset


def _signs(members: int, width: int) -> Tensor:
    return torch.randint(0, 2, (members, width)).float() * 2 - 1
