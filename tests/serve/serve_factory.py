"""A small bundle of all embedded encoders with random weights, and requests to score with it."""

from __future__ import annotations

from pathlib import Path

import torch
import yaml

from tests.serve.serve_ports import ROOT, free_ports
from trifold.bundle.bundle import Description, describe_streams, write_bundle
from trifold.contracts import Target, TargetSchema
from trifold.network.build import build_network, build_targets
from trifold.network.targets.spec import STANDARD_TARGETS
from trifold.serve.worker.parsing.asked import AnswerRequest, CandidateRequest

__all__ = ["ROOT", "free_ports", "wanted", "write_tiny_bundle"]
SPECS = yaml.safe_load((ROOT / "configs/encoders/embedded.yaml").read_text(encoding="utf-8"))
SCHEMA = TargetSchema("s", (Target("warmth", 1, 7), Target("drive", 1, 5)))


def write_tiny_bundle(folder: Path, *, seed: int = 0) -> Path:
    """A bundle that loads and scores; nothing is trained."""
    torch.manual_seed(seed)
    description = Description(
        name=f"tiny-{seed}",
        synthetic=True,
        terms="free",
        schema=SCHEMA,
        streams=describe_streams(SPECS, modalities=["text", "audio", "video"]),
        network={"_target_": "trifold.network.pooled.PooledFusion", "width": 8},
        coverage=0.9,
        half_width={"candidate": [0.5, 0.4], "answer": [1.0, 1.0]},
    )
    network = build_network(
        description.network,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        num_targets=len(SCHEMA.targets),
    )
    scaler = build_targets(STANDARD_TARGETS, SCHEMA)
    write_bundle(folder, description, network, scaler)
    return folder


def wanted(*answers: AnswerRequest, candidate_id: str = "ann") -> CandidateRequest:
    return CandidateRequest(candidate_id, answers)
