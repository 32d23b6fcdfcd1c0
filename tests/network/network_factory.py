"""Random batches and a small network for the tests of this folder."""

from __future__ import annotations

import torch
from torch import Tensor

from trifold.network.build import build_network
from trifold.network.trifold import TrifoldNetwork

DIMS = {"sentences": 12, "contours": 5, "prosody": 6, "face": 4, "question": 8}
MODALITY = {
    "sentences": "text",
    "contours": "text",
    "prosody": "audio",
    "face": "video",
    "question": "question",
}


def make_batch(
    rows: int = 6, answers: int = 3, length: int = 5, seed: int = 0
) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    """Tokens, token masks with holes, and an answer mask whose first row has one answer."""
    generator = torch.Generator().manual_seed(seed)
    lengths = {s: 1 if s == "question" else length for s in DIMS}
    tokens = {
        s: torch.randn(rows, answers, lengths[s], d, generator=generator) for s, d in DIMS.items()
    }
    mask = {s: torch.rand(t.shape[:3], generator=generator) < 0.7 for s, t in tokens.items()}
    mask["question"][:] = True
    answer_mask = torch.ones(rows, answers, dtype=torch.bool)
    answer_mask[0, 1:] = False
    return tokens, mask, answer_mask


def make_network(**settings: object) -> TrifoldNetwork:
    """A small network with fixed weights, by the settings that ``former_settings`` reads."""
    torch.manual_seed(0)
    options: dict[str, object] = {"width": 16, "members": 3, "bottleneck": 8, **settings}
    network = build_network(
        {"_target_": "trifold.network.trifold.TrifoldNetwork", **options},
        stream_dims=DIMS,
        stream_modality=MODALITY,  # type: ignore[arg-type]
        num_targets=4,
    )
    assert isinstance(network, TrifoldNetwork)
    return network.eval()
