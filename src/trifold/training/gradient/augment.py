"""What is hidden from the network while it trains, and how people are mixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Beta

from trifold.contracts import MODALITIES, QUESTION, Modality


class Mixture(NamedTuple):
    """Who each of B candidates is mixed with, (B,) int64, and their own share, (B,) in [½, 1]."""

    partner: Tensor
    share: Tensor


def drop_modalities(
    token_mask: Mapping[str, Tensor],
    stream_modality: Mapping[str, Modality],
    *,
    probability: float,
) -> dict[str, Tensor]:
    """Hide whole modalities of a candidate at random, never all that the candidate has.

    Args:
        token_mask: stream name to (B, T, L) bool.
        stream_modality: stream name to modality, of these streams at least.
        probability: of hiding each modality, independently.

    Returns:
        Masks of the same shapes, True only where the input was True; questions are never hidden.
    """
    present = [m for m in MODALITIES if m in {stream_modality[s] for s in token_mask}]
    there = torch.stack([_shown(token_mask, stream_modality, m) for m in present], dim=1)
    draw = torch.rand(there.shape, device=there.device)
    keep = draw >= probability
    spared = torch.where(there, draw, -1.0).argmax(dim=1, keepdim=True)  # the last to be hidden
    keep = keep.scatter(1, spared, value=True)
    return {
        stream: mask & keep[:, present.index(stream_modality[stream]), None, None]
        if stream_modality[stream] in present
        else mask
        for stream, mask in token_mask.items()
    }


def drop_tokens(
    token_mask: Mapping[str, Tensor], stream_modality: Mapping[str, Modality], *, share: float
) -> dict[str, Tensor]:
    """Show a random share of the tokens of each stream: other parts of an answer every time.

    Args:
        token_mask: stream name to (B, T, L) bool.
        stream_modality: stream name to modality.
        share: of the tokens, each drawn by itself; of those that are there, one stays at least.

    Returns:
        Masks of the same shapes, True only where the input was True; questions are kept whole.
    """
    shown = {}
    for stream, mask in token_mask.items():
        if share >= 1 or mask.shape[-1] < 2 or stream_modality[stream] not in MODALITIES:
            shown[stream] = mask
            continue
        draw = torch.where(mask, torch.rand(mask.shape, device=mask.device), 2.0)
        spared = draw.argmin(dim=-1, keepdim=True)
        shown[stream] = mask & (draw < share).scatter(-1, spared, value=True)
    return shown


def draw_mixture(rows: int, *, alpha: float, device: torch.device) -> Mixture:
    """Partners by a random order and shares max(λ, 1 − λ), λ ~ Beta(α, α).

    Mixup, Zhang, Cissé, Dauphin and Lopez-Paz (2018). The greater share is the candidate's own, so
    that one may say whose answers and questions a mixture has.
    """
    drawn = Beta(alpha, alpha).sample((rows,)).to(device)
    return Mixture(torch.randperm(rows, device=device), torch.maximum(drawn, 1 - drawn))


def mix_tokens(
    tokens: Mapping[str, Tensor],
    token_mask: Mapping[str, Tensor],
    stream_modality: Mapping[str, Modality],
    mixture: Mixture,
) -> dict[str, Tensor]:
    """Each token with the partner's in the same place; unmixed where the partner has none.

    Masks and questions stay the candidate's own. Mixing before a network standardises its tokens
    is mixing after it but for what is clipped, as that map is affine.

    Args:
        tokens: stream name to (B, T, L, D).
        token_mask: stream name to (B, T, L) bool.
        stream_modality: stream name to modality.
        mixture: of the B candidates.
    """
    share = mixture.share[:, None, None, None]
    mixed = dict(tokens)
    for stream, own in tokens.items():
        if stream_modality[stream] == QUESTION:
            continue
        both = token_mask[stream] & token_mask[stream][mixture.partner]
        between = torch.lerp(own[mixture.partner], own, share.to(own.dtype))
        mixed[stream] = torch.where(both.unsqueeze(-1), between, own)
    return mixed


def mix_labels(labels: Tensor, mixture: Mixture) -> Tensor:
    """(B, K) labels in the shares of their people, NaN where one of both has none."""
    share = mixture.share[:, None].to(labels.dtype)
    mixed = torch.lerp(labels[mixture.partner], labels, share)
    return torch.where(share < 1, mixed, labels)  # a whole person needs nobody else's label


def _shown(
    token_mask: Mapping[str, Tensor], stream_modality: Mapping[str, Modality], modality: Modality
) -> Tensor:
    """(B,) whether a candidate has any token of the modality."""
    masks = [mask for stream, mask in token_mask.items() if stream_modality[stream] == modality]
    return torch.stack([mask.flatten(1).any(dim=1) for mask in masks]).any(dim=0)
