"""A norm group for the tiny bundle, of people who do not exist."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from tests.scoring.scoring_factory import NAMES
from trifold.bundle.bundle import Bundle
from trifold.psychometrics.norms.reading import write_norms
from trifold.psychometrics.norms.table import NormSample, norm_table


def norms_of(bundle: Bundle, path: Path, **changes: object) -> Path:
    """120 people about where an untrained model puts everybody."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"candidate_id": f"n{i}", "target": name, "score": score}
        for name, middle in zip(NAMES, (4.0, 3.0), strict=True)
        for i, score in enumerate(draw.normal(middle, 1.0, 120))
    )
    day = date(2026, 1, 1)
    facts = {"norm_id": "pilot", "name": "Pilot", "population": "drawn", "language": "en",
             "country": "GB", "collected_from": day, "collected_to": date.today(),
             "model": bundle.bundle_id, "schema": "unstated", "questions": "q",
             "built_on": day}  # fmt: skip
    write_norms(norm_table(frame, NormSample(**(facts | changes)), trained_on=()), path)
    return path
