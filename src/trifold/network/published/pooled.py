"""What the published fusions share: pooled modality vectors in, an ensemble of networks out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from trifold.contracts import MODALITIES, Modality
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.pooling import masked_mean


class PooledPeer(FusionNetwork):
    """Streams to one vector per modality and answer: standardise, mean over tokens, concatenate.

    The peers have no masks: what is missing enters as zeros, which after standardisation is the
    mean of the training tokens. A modality without any stream is one column of zeros. The question
    is not read.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio, video or question.
    """

    def __init__(
        self, *, stream_dims: Mapping[str, int], stream_modality: Mapping[str, Modality]
    ) -> None:
        super().__init__()
        self.by_modality = {
            m: sorted(s for s in stream_dims if stream_modality[s] == m) for m in MODALITIES
        }
        self.streams = tuple(s for names in self.by_modality.values() for s in names)
        self.modality_dims = {
            m: sum(stream_dims[s] for s in names) or 1 for m, names in self.by_modality.items()
        }
        self.standardize = nn.ModuleDict(
            {s: TokenStandardizer(stream_dims[s]) for s in self.streams}
        )

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """One per stream."""
        return {s: cast(TokenStandardizer, self.standardize[s]) for s in self.streams}

    def pooled(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> dict[str, Tensor]:
        """(B, T, L, ·) streams to (B·T, D_modality) per modality."""
        nothing = torch.zeros(answer_mask.numel(), 1, device=answer_mask.device)
        vectors: dict[str, Tensor] = {}
        for modality, names in self.by_modality.items():
            means = [
                masked_mean(self.standardize[s](tokens[s]), token_mask[s]).flatten(0, 1)
                for s in names
            ]
            vectors[modality] = torch.cat(means, dim=-1) if means else nothing
        return vectors

    def gather(self, members: Tensor, answer_mask: Tensor) -> NetworkOutput:
        """(B·T, K, M) to the output: the mean over the answers that exist, then over members."""
        each = members.unflatten(0, answer_mask.shape)  # (B, T, K, M)
        candidate = masked_mean(each.flatten(-2), answer_mask).unflatten(-1, each.shape[-2:])
        return NetworkOutput(
            candidate=candidate.mean(dim=-1), answer=each.mean(dim=-1), members=candidate
        )


class ManyNetworks(nn.Module):
    """M separate multilayer perceptrons with ReLU between layers, evaluated together.

    Args:
        features: width of the input.
        num_targets: K.
        members: M.
        hidden: widths of the hidden layers.
    """

    def __init__(
        self, features: int, *, num_targets: int, members: int, hidden: Sequence[int] = (128, 32)
    ) -> None:
        super().__init__()
        sizes = list(pairwise([features, *hidden, num_targets]))
        self.weights = nn.ParameterList(_uniform(members, i, o, fan_in=i) for i, o in sizes)
        self.biases = nn.ParameterList(_uniform(members, o, fan_in=i) for i, o in sizes)
        self.members = members

    def forward(self, x: Tensor) -> Tensor:
        """(N, features) to (N, K, M)."""
        h = x.unsqueeze(1).expand(-1, self.members, -1)
        last = len(self.weights) - 1
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = torch.einsum("nmx,mxy->nmy", h, weight) + bias
            h = torch.relu(h) if layer < last else h
        return h.transpose(1, 2)


def _uniform(*shape: int, fan_in: int) -> Tensor:
    """Torch's start of a linear layer: uniform within 1/√fan_in."""
    return (2 * torch.rand(*shape) - 1) * fan_in**-0.5
