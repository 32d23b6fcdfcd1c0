"""A base, and a network that was trained on its residuals."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from trifold.network.base import NetworkOutput
from trifold.network.wrappers.ensemble import EnsembleNetwork


class CorrectedNetwork(EnsembleNetwork):
    """Sum of a base's score and a network's correction: w_0k b_k + w_1k f_k + o_k.

    A correction alone is no score, so ``members`` of the output are the base corrected by each
    member of the network; their mean is the score.
    """

    def members_of(self, outputs: Sequence[NetworkOutput]) -> Tensor:
        """(B, K, M) of the network's M members, one where it has none."""
        base, added = outputs
        several = added.candidate.unsqueeze(-1) if added.members is None else added.members
        weight = self.weight.unsqueeze(-1)
        scores = torch.addcmul(weight[0] * base.candidate.unsqueeze(-1), weight[1], several)
        return scores * self.slope.unsqueeze(-1) + self.offset.unsqueeze(-1)
