"""What a network computes on a fixed seed, in a few numbers that can be kept beside the tests."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import Tensor

from trifold.network.base import FusionNetwork, NetworkOutput, trained_numbers
from trifold.network.build import build_network

CONFIGS = Path(__file__).parents[2] / "configs"
ROWS, ANSWERS, LENGTH, TARGETS = 3, 2, 4, 5
STREAMS = {
    "youtube_ablation": {
        "style": ("text", 384), "profile": ("text", 30), "voice": ("audio", 21),
        "motion": ("video", 4),
    },
    "synthetic_ablation": {
        "sentences": ("text", 384), "contours": ("text", 45), "prosody": ("audio", 41),
        "face": ("video", 25),
    },
    "geometric_ablation": {"node": ("text", 8), "ray": ("audio", 8)},
}  # fmt: skip


def network_of(experiment: str, variant: str) -> dict[str, Any]:
    """The specification of the network that an ablation trains."""
    overrides = ["out=somewhere", f"experiment={experiment}", f"variant={variant}"]
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = compose("train", overrides=overrides)
    spec: Any = OmegaConf.to_container(config.learner, resolve=True)
    return spec["network"]


def built(experiment: str, variant: str) -> FusionNetwork:
    """That network, on a fixed seed."""
    torch.manual_seed(0)
    modality: Any = {stream: modality for stream, (modality, _) in STREAMS[experiment].items()}
    return build_network(
        network_of(experiment, variant),
        stream_dims=dims_of(experiment),
        stream_modality=modality,
        num_targets=TARGETS,
    )


def dims_of(experiment: str) -> dict[str, int]:
    """Stream name to token width, as the experiment's encoders give them."""
    return {stream: dim for stream, (_, dim) in STREAMS[experiment].items()}


def inputs(
    dims: Mapping[str, int], rows: int = ROWS
) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    """Tokens and masks with holes; the first candidate gave one answer."""
    generator = torch.Generator().manual_seed(3)
    tokens = {
        s: torch.randn(rows, ANSWERS, 1 if s == "question" else LENGTH, d, generator=generator)
        for s, d in dims.items()
    }
    mask = {s: torch.rand(t.shape[:3], generator=generator) < 0.7 for s, t in tokens.items()}
    answer_mask = torch.ones(rows, ANSWERS, dtype=torch.bool)
    answer_mask[0, 1:] = False
    return tokens, mask, answer_mask


def facts(network: FusionNetwork, dims: Mapping[str, int]) -> dict[str, Any]:
    """Weights by name and number, and outputs; the network was built on a fixed seed."""
    state = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    batch = inputs(dims)
    with torch.no_grad():
        scored = network.eval()(*batch)
        torch.manual_seed(7)
        trained = network.train()(*batch)  # dropout and noise are drawn in the same order
    network.eval()
    return {
        "state": sha256(repr(sorted(state.items())).encode()).hexdigest()[:16],
        "parameters": trained_numbers(network),
        "candidate": _rounded(scored.candidate[0]),
        "training": _rounded(trained.candidate[1]),
        **_weights(scored),
    }


def _weights(output: NetworkOutput) -> dict[str, list[float]]:
    """One row each of what tells how scores came about; of a missing answer nothing counts."""
    return {
        name: _rounded(getattr(output, name)[1, 1].flatten()[:6])
        for name in ("answer", "path_weight", "expert_weight")
        if getattr(output, name) is not None
    }


def _rounded(values: Tensor) -> list[float]:
    return [round(float(v), 5) for v in values]
