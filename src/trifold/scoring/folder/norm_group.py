"""A norm group for the people of a run: read once, checked against the bundle.

Apart from ``standing``, as it loads pandas and all of SciPy's distributions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from trifold.bundle.bundle import Bundle
from trifold.psychometrics.norms.placing import place
from trifold.psychometrics.norms.reading import read_norms
from trifold.psychometrics.norms.table import NormTable, check_norm, target_norm
from trifold.scoring.rows import Row

UNSTATED = "unstated"  # schema of norm tables; the bundle that they name has one schema


@dataclass(frozen=True)
class NormGroup:
    """A norm table that fits a bundle.

    Attributes:
        table: the norms.
        bundle_id: of the model whose scores it holds.
        schema: id of the target schema.
        on: day of use.
    """

    table: NormTable
    bundle_id: str
    schema: str
    on: date

    def cells(self, name: str, score: float, sem: float) -> Row:
        """Percentile of a score and its interval.

        The interval reaches as far as the score would vary over other answers (± 1.96 SEM) and as
        the size of the norm group leaves open, whichever is farther. Without a SEM it would look
        surer the less is known, so there is none.
        """
        found = place(
            self.table,
            name,
            score,
            model=self.bundle_id,
            schema=self.schema,
            on=self.on,
            sem=sem,
        )
        known = np.isfinite(sem)
        low = min(found.percentile_low, found.percentile.low) if known else None
        high = max(found.percentile_high, found.percentile.high) if known else None
        return {
            "norm_id": self.table.sample.norm_id,
            "norm_n": self.table.n,
            f"{name}_percentile": found.percentile.estimate,
            f"{name}_percentile_low": low,
            f"{name}_percentile_high": high,
        }


def norm_group(path: Path, bundle: Bundle, *, on: date | None = None) -> NormGroup:
    """Read a norm table for the people whom a bundle scores.

    Args:
        path: of a file that ``trifold norms`` wrote.
        bundle: that scores.
        on: day of use; None is today.

    Raises:
        InputError: where it is no norm table, lacks a target, or is of another model or too old.
    """
    table, day = read_norms(path), on or date.today()
    schema = bundle.description.schema.name
    if table.sample.schema == UNSTATED:
        schema = UNSTATED
    check_norm(table, model=bundle.bundle_id, schema=schema, on=day)
    for name in bundle.description.schema.names:
        target_norm(table, name)
    return NormGroup(table, bundle.bundle_id, schema, day)
