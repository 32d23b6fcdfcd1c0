"""What every expert is: the routed vector of a trait, read in a geometry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn


class Expert(nn.Module, ABC):
    """Reads the routed vector of a trait.

    Attributes:
        geometry: the name under which its weight is told.
    """

    geometry: ClassVar[str]

    @abstractmethod
    def forward(self, r: Tensor) -> Tensor:
        """(..., D) to (..., F)."""

    def initialise(self, rows: Tensor) -> None:
        """Start from (n, D) routed vectors of the training candidates; most experts need not."""

    def flatten(self) -> None:
        """Compute from now on as if space were flat, by the same weights; see ``flattening``."""
