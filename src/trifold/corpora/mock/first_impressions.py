"""The First Impressions V2 layout with invented people: two clips of each YouTube video."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trifold.contracts import Split
from trifold.corpora.mock.cast import Twin, begin, cast, numbered
from trifold.corpora.readers.first_impressions import PARTS, SCHEMA, TRAITS

CLIPS = 2
SHARES: tuple[tuple[Split, float], ...] = (("train", 0.6), ("val", 0.8), ("test", 1.0))


def write(root: Path, twin: Twin) -> Iterator[str]:
    """Pickles as Python 2 wrote them, and videos in folders, yielding each clip's name."""
    begin(root)
    generator = np.random.default_rng(twin.seed)
    rated: dict[Split, dict[str, Any]] = {s: {trait: {} for trait in TRAITS} for s in PARTS}
    said: dict[Split, dict[str, str]] = {split: {} for split in PARTS}
    for p, t, actor in numbered(cast(twin, answers=CLIPS), CLIPS):
        split = next(s for s, end in SHARES if p < round(end * twin.people))
        name = f"twin{p:07d}.{t:03d}.mp4"
        for target in SCHEMA.targets:
            rated[split][target.name][name] = round(_value(actor, target, generator), 6)
        said[split][name] = actor.says(t).text
        if twin.media:
            actor.film(t, root / PARTS[split] / f"{PARTS[split]}80_01" / name)
        yield name
    for split, part in PARTS.items():
        (root / f"annotation_{part}.pkl").write_bytes(pickle.dumps(rated[split], protocol=2))
        (root / f"transcription_{part}.pkl").write_bytes(pickle.dumps(said[split], protocol=2))


def _value(actor: Any, target: Any, generator: np.random.Generator) -> float:
    """On the scale; what is called neuroticism is high for the comfortable."""
    value: float = actor.label(target, generator)
    return 1 - value if target.polarity == -1 else value
