"""Plots of studies, kept as values: forest plots, and curves with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.statistics.plain import plain
from trifold.studies import painting


@dataclass(frozen=True)
class Drawing:
    """What a picture shows, and the words that are written into it.

    Attributes:
        kind: of ``painting.PAINTERS``.
        values: which it takes, JSON-ready.
    """

    kind: str
    values: Mapping[str, Any]

    def draw(self, file: Path | IO[bytes], *, point: str = ".") -> None:
        """Write a PNG, the same bytes for the same values; ``point`` is in front of decimals."""
        painting.paint(self.kind, self.values, file, point=point)


def forest(
    rows: Sequence[tuple[str, Estimate]],
    *,
    label: str,
    marks: Sequence[float] = (),
    logarithmic: bool = False,
) -> Drawing:
    """Estimates with their intervals, one below the other.

    Args:
        rows: name and estimate, from top to bottom; undefined ones are left out.
        label: of the axis.
        marks: values to draw a line at.
        logarithmic: for ratios.
    """
    drawn = [
        (name.replace("_", " "), value.estimate, value.low, value.high)
        for name, value in rows
        if np.isfinite(value.estimate)
    ]
    values = {"rows": drawn, "label": label, "marks": marks, "logarithmic": logarithmic}
    return Drawing("forest", plain(values))


def curves(
    x: Array,
    lines: Mapping[str, Array],
    *,
    labels: tuple[str, str],
    marks: Sequence[float] = (),
) -> Drawing:
    """Lines over a common axis; colour and dash tell them apart.

    Args:
        x: (N,) values of the axis.
        lines: name to (N,) values.
        labels: of both axes.
        marks: values of y to draw a line at.
    """
    named = {name.replace("_", " "): values for name, values in lines.items()}
    values = {"x": x, "lines": named, "labels": labels, "marks": marks}
    return Drawing("curves", plain(values))
