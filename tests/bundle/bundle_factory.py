"""Small run folders as training writes them, and candidates to score with them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from trifold.bundle.bundle import Description, describe_streams, write_bundle
from trifold.bundle.calibration import calibrate, uncalibrated
from trifold.bundle.out_of_distribution import fit_distribution
from trifold.bundle.reference import make_reference
from trifold.contracts import MODALITIES, FeatureBatch, Target, TargetSchema, TokenSequence
from trifold.features.collate import CandidateSample, collate
from trifold.features.pooling import pooled_features
from trifold.forms import Form
from trifold.network.build import build_network, build_targets
from trifold.network.former_settings import in_parts
from trifold.network.targets.spec import STANDARD_TARGETS
from trifold.network.wrappers.readout import GaussianProcessReadout

SCHEMA = TargetSchema("s", (Target("warmth", 1, 7), Target("drive", 1, 5)))
SPECS = {
    "contours": {"_target_": "trifold.encoders.text.contours.PsycholinguisticContours"},
    "prosody": {"_target_": "trifold.encoders.audio.prosody.Prosody"},
    "face": {"_target_": "trifold.encoders.video.face.FaceMotion"},
}
PLAIN = {"_target_": "trifold.network.pooled.PooledFusion", "width": 8}
TRIFOLD = {"_target_": "trifold.network.trifold.TrifoldNetwork", "width": 16, "members": 2}
PARTS = dict(in_parts(TRIFOLD))
KERNELS = {
    "_target_": "trifold.network.kernels.additive_gp.AdditiveGaussianProcess",
    "views": [
        {"streams": ["contours"], "kernel": "rbf", "scaling": "rank"},
        {"streams": ["prosody", "face"], "kernel": "linear", "scaling": "standard"},
    ],
    "support": 40,
}
ENSEMBLE = {
    "_target_": "trifold.network.wrappers.ensemble.EnsembleNetwork",
    "members": [TRIFOLD, PLAIN, KERNELS],
}
PROCESS = {
    "_target_": "trifold.network.wrappers.readout.GaussianProcessReadout",
    "network": PLAIN,
    "width": 24,
    "support": 40,
}
CORRECTED = {
    "_target_": "trifold.network.wrappers.corrected.CorrectedNetwork",
    "members": [KERNELS, ENSEMBLE | {"members": [PLAIN, PROCESS]}],
}
LIMITS = {"words": 10.0, "speech_s": 3.0, "distance": 0.99}


def describe(network: dict[str, object] = PLAIN, **changes: object) -> Description:
    """Of a bundle that has not been calibrated."""
    facts: dict[str, object] = {
        "name": "tiny",
        "synthetic": True,
        "terms": "free [forbids: hiring]",
        "schema": SCHEMA,
        "streams": describe_streams(SPECS, modalities=["text", "audio", "video"]),
        "network": network,
        "coverage": 0.9,
        "half_width": uncalibrated(2),
        "limits": LIMITS,
    }
    return Description(**(facts | changes))  # type: ignore[arg-type]


def people(
    description: Description, n: int, *, answers: int = 2, seed: int = 0
) -> list[CandidateSample]:
    """Candidates whose tokens are drawn at random."""
    generator = np.random.default_rng(seed)
    return [person(description, f"p{i}", answers, generator) for i in range(n)]


def person(
    description: Description, name: str, answers: int, generator: np.random.Generator
) -> CandidateSample:
    """One candidate; answer t has 3 + t tokens of a second each in every stream."""
    made = []
    for t in range(answers):
        start = np.arange(3 + t, dtype="f4")
        made.append(
            {
                stream: TokenSequence(
                    generator.normal(size=(3 + t, dim)).astype("f4"),
                    start,
                    start + 1,
                    description.stream_modality[stream],
                    "f",
                    {"n_words": 30.0} if stream == "contours" else {},
                )
                for stream, dim in description.stream_dims.items()
            }
        )
    return CandidateSample(name, tuple(made))


def batch_of(description: Description, samples: list[CandidateSample]) -> FeatureBatch:
    """The same, padded."""
    return collate(samples, description.stream_dims)


def write_run(folder: Path, network: dict[str, object] = PLAIN, *, seed: int = 0) -> Description:
    """A run folder with a network of random weights, reference and metrics."""
    torch.manual_seed(seed)
    description = describe(network)
    built = build_network(
        network,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        num_targets=len(SCHEMA.targets),
    )
    scaler = build_targets(STANDARD_TARGETS, SCHEMA)
    train = batch_of(description, people(description, 40))
    fit(built, train)
    generator = np.random.default_rng(seed)
    errors, of_answers = generator.normal(size=(60, 2)), generator.normal(size=(90, 2))
    shown = tuple(m for m in MODALITIES if m in set(description.stream_modality.values()))
    by_form = {Form(shown, 1): of_answers, Form(shown, 2): errors}
    reference = make_reference(
        errors,
        by_form,
        4 + generator.normal(size=(60, 2)),
        fit_distribution(pooled_features(train)),
    )
    write_bundle(
        folder, calibrate(description, errors, by_form), built, scaler, reference=reference
    )
    table = {m: {"mean": 0.5, "low": 0.4, "high": 0.6} for m in ("spearman", "ccc", "mse")}
    metrics = {"test": table, "baselines": {"train_mean": table}, "data": {"n_test": 60},
               "intervals": {"test_coverage": {"warmth": 0.9, "drive": 0.88}}}  # fmt: skip
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "card.md").write_text("# Model card: tiny\n\nWhat the run said.\n")
    return description


def fit(network: torch.nn.Module, train: FeatureBatch) -> None:
    """Standardisers on the tokens; Gaussian processes with random coefficients."""
    for member in getattr(network, "networks", [network]):
        if hasattr(member, "fit_grams"):
            member.double()
            wide = {s: x.double() for s, x in train.tokens.items()}
            _, there = member.fit_grams(
                FeatureBatch(wide, train.token_mask, train.answer_mask, None, ())
            )
            n, views = len(train.answer_mask), len(there)
            member.set_weights(
                torch.ones(2, views).double(), 0.3 * torch.randn(2, n).double(), there
            )
            member.float()
        else:
            member.fit_standardizers(train)
    for part in network.eval().modules():
        if isinstance(part, GaussianProcessReadout):
            vectors = part.embed(train.tokens, train.token_mask, train.answer_mask)
            there = torch.ones(len(vectors), 1) > 0
            part.view.fit(vectors.unsqueeze(1), there)
            part.view.set_weights(torch.ones(2, 1), 0.3 * torch.randn(2, len(vectors)), there)
            part.view.float()
