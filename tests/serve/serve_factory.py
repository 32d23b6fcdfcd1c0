"""A small bundle of all embedded encoders with random weights, and requests to score with it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import torch
import yaml

from trifold.bundle.bundle import Description, describe_streams, write_bundle
from trifold.contracts import Target, TargetSchema
from trifold.network.build import build_network, build_targets
from trifold.network.targets.spec import STANDARD_TARGETS
from trifold.serve.worker.parsing.asked import AnswerRequest, CandidateRequest

ROOT = Path(__file__).parents[2]
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


def free_ports(span: int = 32) -> int:
    """The first of some ports that are free now."""
    first = 21000 + span * (os.getpid() % 900)  # other processes look for ports at the same time
    for base in range(first, 60000, span):
        try:
            for offset in range(6):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")
