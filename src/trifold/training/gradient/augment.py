"""What is hidden from the network while it trains."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from trifold.contracts import MODALITIES, Modality


def drop_modalities(
    token_mask: Mapping[str, Tensor],
    stream_modality: Mapping[str, Modality],
    *,
    probability: float,
) -> dict[str, Tensor]:
    """Hide whole modalities of a candidate at random, never all that the candidate has.

    Args:
        token_mask: stream name to (B, T, L) bool.
        stream_modality: stream name to modality.
        probability: of hiding each modality, independently.

    Returns:
        Masks of the same shapes, True only where the input was True; questions are never hidden.
    """
    present = [m for m in MODALITIES if m in set(stream_modality.values())]
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


def _shown(
    token_mask: Mapping[str, Tensor], stream_modality: Mapping[str, Modality], modality: Modality
) -> Tensor:
    """(B,) whether a candidate has any token of the modality."""
    masks = [mask for stream, mask in token_mask.items() if stream_modality[stream] == modality]
    return torch.stack([mask.flatten(1).any(dim=1) for mask in masks]).any(dim=0)
