"""A network whose heads are replaced by a Gaussian process on what they read."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from trifold.network.base import NetworkOutput
from trifold.network.blocks.pooling import masked_mean
from trifold.network.kernels.views import RbfView
from trifold.network.wrappers.base import NetworkWrapper


class GaussianProcessReadout(NetworkWrapper):
    """Scores the mean of an exact Gaussian process on the fused vectors of the network inside.

    Deep kernel learning (Wilson, Hu, Salakhutdinov and Xing, 2016): k(x, y) is an rbf kernel of
    g(x) and g(y), where g is the mean of ``fused`` over the answers. Lengths are those of the
    network's own space, so columns are centred and not scaled. The heads inside are not asked.

    Args:
        num_targets: K.
        width: F of ``fused``.
        support: n people whose vectors are kept.
        wrapped: arguments of ``NetworkWrapper``.
    """

    def __init__(self, *, num_targets: int, width: int, support: int, **wrapped: Any) -> None:
        super().__init__(num_targets=num_targets, **wrapped)
        self.view = RbfView(
            width, scaling="centred", slots=1, support=support, num_targets=num_targets
        )

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``. An answer is scored as if it were the only one."""
        fused = self.fused(tokens, token_mask)
        return NetworkOutput(
            candidate=self._scores(masked_mean(fused, answer_mask)),
            answer=self._scores(fused.flatten(0, 1)).unflatten(0, answer_mask.shape),
        )

    def candidates(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """See ``FusionNetwork``."""
        return self._scores(self.embed(tokens, token_mask, answer_mask))

    def fused(self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]) -> Tensor:
        """Of the network inside; see ``FusionNetwork``."""
        return self.inner.fused(tokens, token_mask)

    def embed(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """(B, F) mean of ``fused`` over the answers of each candidate."""
        return masked_mean(self.fused(tokens, token_mask), answer_mask)

    def _scores(self, vectors: Tensor) -> Tensor:
        """(N, F) to (N, K)."""
        there = torch.ones_like(vectors[:, :1], dtype=torch.bool)
        scores: Tensor = self.view(vectors.unsqueeze(1), there)
        return scores
