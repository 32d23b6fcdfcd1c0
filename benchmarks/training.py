"""How long fusion training takes: ``python -m benchmarks.training [key=value …]``.

Cached features of 2,000 clips, one per candidate, with three modalities of random tokens of the
embedded encoders' widths, 60 epochs of the full network, and where the time goes. Random tokens
train no model worth having; the arithmetic is that of real ones. Settings: ``clips``, ``epochs``,
``width``, ``batch_size``, ``device=cuda`` and ``compile=true``, which compiles the network in an
epoch before those that are timed.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from trifold.contracts import FeatureBatch, Target, TargetSchema
from trifold.network.base import trained_numbers
from trifold.network.build import build_network
from trifold.training.dataset import Dataset
from trifold.training.gradient.datamodule import CandidateData
from trifold.training.gradient.module import ScoreRegression
from trifold.training.learners.base import fitted_scaler

STREAMS = {"sentences": 384, "contours": 45, "prosody": 41, "face": 25}
MODALITY = {"sentences": "text", "contours": "text", "prosody": "audio", "face": "video"}
TOKENS = {"sentences": 6, "contours": 10, "prosody": 30, "face": 30}  # half a minute of answer


def main(arguments: list[str]) -> None:
    """Train and print seconds, samples per second and the costliest operations."""
    settings = dict(a.split("=", 1) for a in arguments)
    clips, epochs = int(settings.get("clips", 2000)), int(settings.get("epochs", 60))
    width, batch_size = int(settings.get("width", 256)), int(settings.get("batch_size", 128))
    device = settings.get("device", "cpu")
    module, data = build(clips, width=width, batch_size=batch_size)
    print(f"{trained_numbers(module.network):,} parameters:")
    for name, n in module.network.parameters_by_part().items():
        print(f"  {name:<12} {n:>9,}")
    if settings.get("compile") == "true":
        module.network.compile()
    run(module, data, epochs=1, device=device)
    start = time.perf_counter()
    run(module, data, epochs=epochs, device=device)
    seconds = time.perf_counter() - start
    rate = f"{epochs * clips / seconds:.0f} clips/s on {device} with {os.cpu_count()} cores"
    print(f"{epochs} epochs of {clips} clips, batches of {batch_size}: {seconds:.1f} s, {rate}")
    show_costs(module, data, device)


def show_costs(module: ScoreRegression, data: CandidateData, device: str) -> None:
    """Print the costliest operations of an epoch, on a GPU also those that keep it busy."""
    gpu = device == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if gpu else [])]
    with profile(activities=activities) as profiled:
        run(module, data, epochs=1, device=device)
    for kind in ("cpu", "cuda") if gpu else ("cpu",):
        order = f"self_{kind}_time_total"
        print(profiled.key_averages().table(order, row_limit=12, max_name_column_width=40))


def build(clips: int, *, width: int, batch_size: int) -> tuple[ScoreRegression, CandidateData]:
    """The network at the given width and random features for it."""
    torch.manual_seed(0)
    tokens = {s: torch.randn(clips, 1, TOKENS[s], d) for s, d in STREAMS.items()}
    mask = {s: torch.ones(t.shape[:3], dtype=torch.bool) for s, t in tokens.items()}
    schema = TargetSchema("five", tuple(Target(f"t{k}", 1.0, 7.0) for k in range(5)))
    labels = np.random.default_rng(0).normal(4, 1, (clips, 5))
    batch = FeatureBatch(
        tokens, mask, torch.ones(clips, 1, dtype=torch.bool), torch.as_tensor(labels).float(),
        tuple(map(str, range(clips))),
    )  # fmt: skip
    spec = {"_target_": "trifold.network.trifold.TrifoldNetwork", "width": width}
    network = build_network(
        spec, stream_dims=STREAMS, stream_modality=MODALITY, num_targets=len(schema.targets)
    )
    network.fit_standardizers(batch)
    data = Dataset((), batch, labels, schema, STREAMS, MODALITY)
    module = ScoreRegression(network, fitted_scaler(data), stream_modality=MODALITY)
    rows = {"train": torch.arange(clips), "val": torch.arange(64)}
    return module, CandidateData(batch, rows, batch_size=batch_size)


def run(module: ScoreRegression, data: CandidateData, *, epochs: int, device: str) -> None:
    """Train without checkpoints."""
    from lightning import Trainer

    Trainer(
        max_epochs=epochs, accelerator="gpu" if device == "cuda" else "cpu", devices=1,
        logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0,
    ).fit(module, data)  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
