"""A small untrained bundle and people who say something, for tests of scoring."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from trifold.bundle.bundle import Bundle, Description, describe_streams, load_bundle, write_bundle
from trifold.bundle.calibration import uncalibrated
from trifold.contracts import Clip, Target, TargetSchema
from trifold.network.build import build_network, build_targets
from trifold.network.targets.spec import STANDARD_TARGETS

SCHEMA = TargetSchema("s", (Target("warmth", 1, 7), Target("drive", 1, 5)))
NAMES = SCHEMA.names
TEXT = {"contours": {"_target_": "trifold.encoders.text.contours.PsycholinguisticContours"}}
MEDIA = {
    "prosody": {"_target_": "trifold.encoders.audio.prosody.Prosody"},
    "face": {"_target_": "trifold.encoders.video.face.FaceMotion"},
}


def tiny_bundle(folder: Path, *, media: bool = False) -> Bundle:
    """Random weights with seed 0; reads text alone unless ``media``."""
    torch.manual_seed(0)
    specs = TEXT | (MEDIA if media else {})
    description = Description(
        name="tiny",
        synthetic=True,
        terms="free",
        schema=SCHEMA,
        streams=describe_streams(specs, modalities=["text", "audio", "video"]),
        network={"_target_": "trifold.network.pooled.PooledFusion", "width": 8},
        coverage=0.9,
        half_width=uncalibrated(2),
    )
    network = build_network(
        description.network,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        num_targets=len(SCHEMA.targets),
    )
    scaler = build_targets(STANDARD_TARGETS, SCHEMA)
    half_width = {"candidate": [0.5, None], "answer": [1.0, 1.0]}
    write_bundle(folder, replace(description, half_width=half_width), network, scaler)
    return load_bundle(folder)


def talkers(n: int, *, answers: int = 2) -> list[Clip]:
    """People who said different things; no media."""
    return [
        Clip(
            f"p{i}/a{t}",
            f"p{i}",
            None,
            transcript=f"I counted {i} sheep on {t} hills. Then I slept well. " * (1 + i % 3),
            question=f"What about {t}?",
            question_id=f"q{t}",
        )
        for i in range(n)
        for t in range(answers)
    ]
