"""What reports say of the model that made the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from trifold.bundle.description import Description
from trifold.contracts import Array, Target
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.reports.scales import Norms

if TYPE_CHECKING:
    from trifold.bundle.bundle import Bundle

TITLE = "Interview scores"
FEWEST_FOR_NORMS = 30
UNCALIBRATED = (
    "The intervals span the whole rating scale: too few candidates were held out in training to "
    "say how far a score may be off."
)


@dataclass(frozen=True)
class ReportedModel:
    """Facts of a bundle that pages show.

    Attributes:
        bundle_id: identifies weights and description.
        targets: K, in column order.
        coverage: nominal coverage of the intervals.
        terms: of the training data.
        synthetic: True when trained on generated people.
        norms: sorted scores of the norm group by target; without those of whom there are too few.
        calibrated: False when too few candidates were held out to calibrate any interval.
        norm_group: who the norms are from, one sentence.
        answer_variance: target to how its score varies over answers, as far as the bundle tells.
    """

    bundle_id: str
    targets: tuple[Target, ...]
    coverage: float
    terms: str
    synthetic: bool
    norms: Norms = field(default_factory=dict)
    norm_group: str = ""
    calibrated: bool = True
    answer_variance: Mapping[str, AnswerVariance] = field(default_factory=dict)

    @classmethod
    def of(cls, bundle: Bundle) -> ReportedModel:
        """What a bundle says of itself."""
        return cls.told(bundle.description, bundle.bundle_id, norms_of(bundle))

    @classmethod
    def told(cls, description: Description, bundle_id: str, norms: Norms) -> ReportedModel:
        """The same, where weights are not at hand.

        Args:
            description: of the bundle.
            bundle_id: likewise.
            norms: see above.
        """
        return cls(
            bundle_id=bundle_id,
            targets=description.schema.targets,
            coverage=description.coverage,
            terms=description.terms,
            synthetic=description.synthetic,
            norms=norms,
            norm_group=_group(description.name, norms),
            calibrated=any(width is not None for width in description.half_width["candidate"]),
            answer_variance=description.answer_variance,
        )

    def values(self) -> dict[str, Any]:
        """What every page of scores needs."""
        return {
            "title": TITLE,
            "bundle_id": self.bundle_id,
            "intervals": f"{100 * self.coverage:.0f} %",
            "terms": self.terms,
            "synthetic": self.synthetic,
            "norms": bool(self.norms),
            "norm_group": self.norm_group,
            "uncalibrated": "" if self.calibrated else UNCALIBRATED,
        }


def norms_of(bundle: Bundle) -> Norms:
    """Sorted held-out scores of the training candidates, for targets that enough of them have."""
    table = getattr(getattr(bundle, "reference", None), "norms", None)  # older bundles have none
    return {} if table is None else norms_from(table, bundle.description.schema.names)


def norms_from(table: Array, names: Sequence[str]) -> Norms:
    """The same from a reference's (m, K) table."""
    columns = {name: c[np.isfinite(c)].tolist() for name, c in zip(names, table.T, strict=True)}
    return {name: column for name, column in columns.items() if len(column) >= FEWEST_FOR_NORMS}


def _group(name: str, norms: Norms) -> str:
    """Who the norm group is."""
    if not norms:
        return ""
    n = max(len(column) for column in norms.values())
    return (
        f"Norm group: {n} candidates of the training data of {name}, scored by models that had not "
        "seen them. It stands for nobody else."
    )
