"""How the people of a training lay, which the bundle carries to tell drift by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trifold.contracts import Array
from trifold.drift.profile import FILE, Observation, profile_of, with_scores


def write_profile(
    out: Path, observed: Sequence[Observation], names: Sequence[str], held_out: Array
) -> None:
    """Write the profile into a run folder; of too few people there is none.

    Args:
        out: the run folder.
        observed: one of each person of the corpus.
        names: of the K targets.
        held_out: (n, K) scores of people whom the model that gave them had not seen, NaN where
            there is none: those of people to come lie like these.
    """
    (out / FILE).unlink(missing_ok=True)  # of a run before
    profile = profile_of(observed)
    if profile is not None:
        columns = zip(names, np.asarray(held_out).T, strict=True)
        scores = {name: column[np.isfinite(column)].tolist() for name, column in columns}
        with_scores(profile, scores).write(out / FILE)
