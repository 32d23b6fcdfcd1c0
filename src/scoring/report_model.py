"""What reports say of the model that made the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from src.contracts import Target
from src.scoring.bundle import Bundle
from src.scoring.report_scales import Norms

TITLE = "Interview scores"


@dataclass(frozen=True)
class ReportedModel:
    """Facts of a bundle that pages show.

    Attributes:
        bundle_id: identifies weights and description.
        targets: K, in column order.
        coverage: nominal coverage of the bands.
        terms: of the training data.
        synthetic: True when trained on generated people.
        norms: quantiles by target, None where the bundle has none.
        norm_group: who the norms are from, one sentence.
    """

    bundle_id: str
    targets: tuple[Target, ...]
    coverage: float
    terms: str
    synthetic: bool
    norms: Norms | None = None
    norm_group: str = ""

    @classmethod
    def of(cls, bundle: Bundle) -> ReportedModel:
        """What a bundle says of itself."""
        description = bundle.description
        return cls(
            bundle_id=bundle.bundle_id,
            targets=description.schema.targets,
            coverage=description.coverage,
            terms=description.terms,
            synthetic=description.synthetic,
        )

    def values(self) -> dict[str, Any]:
        """What every page of scores needs."""
        return {
            "title": TITLE,
            "bundle_id": self.bundle_id,
            "bands": f"{100 * self.coverage:.0f} %",
            "terms": self.terms,
            "synthetic": self.synthetic,
            "norms": bool(self.norms),
            "norm_group": self.norm_group,
        }
