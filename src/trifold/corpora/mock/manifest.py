"""A user's own videos and ratings, invented: a manifest and a schema beside the media."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from trifold.contracts import Target, TargetSchema
from trifold.corpora.mock.cast import Twin, begin, cast, numbered

ANSWERS = 2
SCHEMA = TargetSchema(
    "own", tuple(Target(name, 1.0, 5.0) for name in ("extraversion", "conscientiousness", "fit"))
)


def write(root: Path, twin: Twin) -> Iterator[str]:
    """``manifest.csv``, ``schema.yaml`` and ``media/``, yielding each answer's id."""
    begin(root)
    generator = np.random.default_rng(twin.seed)
    actors = cast(twin, answers=ANSWERS)
    rated = [
        {target.name: round(actor.label(target, generator), 2) for target in SCHEMA.targets}
        for actor in actors
    ]
    rows = []
    for p, t, actor in numbered(actors, ANSWERS):
        path = f"media/person{p:04d}/answer{t + 1}.mp4"
        if twin.media:
            actor.film(t, root / path)
        rows.append(
            {
                "path": path if twin.media else "",
                "candidate_id": f"person{p:04d}",
                "clip_id": f"person{p:04d}/answer{t + 1}",
                "question_id": f"q{t + 1}",
                "question": ("Who are you?", "What do you want?")[t],
                "transcript": actor.says(t).text,
                **rated[p],
            }
        )
        yield str(rows[-1]["clip_id"])
    pd.DataFrame(rows).to_csv(root / "manifest.csv", index=False)
    targets = [
        {"name": t.name, "low": t.low, "high": t.high, "source": t.source} for t in SCHEMA.targets
    ]
    schema = yaml.safe_dump({"name": SCHEMA.name, "targets": targets}, sort_keys=False)
    (root / "schema.yaml").write_text(schema, encoding="utf-8")
