"""What is hidden from the network while it trains."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from src.contracts import MODALITIES, Modality


def drop_modalities(
    token_mask: Mapping[str, Tensor],
    stream_modality: Mapping[str, Modality],
    *,
    probability: float,
) -> dict[str, Tensor]:
    """Hide whole modalities of a candidate at random, never all of those present in the model.

    Args:
        token_mask: stream name to (B, T, L) bool.
        stream_modality: stream name to modality.
        probability: of hiding each modality, independently.

    Returns:
        Masks of the same shapes, True only where the input was True.
    """
    present = [m for m in MODALITIES if m in set(stream_modality.values())]
    rows, device = next((len(mask), mask.device) for mask in token_mask.values())
    keep = torch.rand(rows, len(present), device=device) >= probability
    spared = torch.randint(len(present), (rows, 1), device=device)
    rescue = torch.zeros_like(keep).scatter(1, spared, value=True)
    keep = keep | (rescue & ~keep.any(dim=1, keepdim=True))
    return {
        stream: mask & keep[:, present.index(stream_modality[stream]), None, None]
        for stream, mask in token_mask.items()
    }
