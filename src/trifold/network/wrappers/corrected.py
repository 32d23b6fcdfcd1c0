"""A network beside a base, whose errors it was trained to tell."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from trifold.network.base import NetworkOutput
from trifold.network.wrappers.ensemble import EnsembleNetwork


class CorrectedNetwork(EnsembleNetwork):
    """Scores of a base and what a network adds: w_0k b_k + w_1k f_k + o_k.

    The network's part is no score of its own, so ``members`` of the output are the corrected scores
    that members of the network would give; their mean is the score.
    """

    def members_of(self, outputs: Sequence[NetworkOutput]) -> Tensor:
        """(B, K, M) of the network's M members, one where it has none."""
        base, added = outputs
        several = added.candidate.unsqueeze(-1) if added.members is None else added.members
        weight = self.weight.unsqueeze(-1)
        scores = torch.addcmul(weight[0] * base.candidate.unsqueeze(-1), weight[1], several)
        return scores * self.slope.unsqueeze(-1) + self.offset.unsqueeze(-1)
