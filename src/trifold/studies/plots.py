"""Plots of studies: forest plots, curves with their intervals, shares by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trifold.contracts import Array
from trifold.figures import ACCENT, INK, MUTED, STYLE, WARN
from trifold.psychometrics.estimate import Estimate

COLOURS = (ACCENT, WARN, INK, "#4b7f52", "#7d4f9e", "#b1463c")
LINES = ("-", "--", ":", "-.")
RATIOS = (0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.25, 2.0, 3.0, 5.0, 10.0)


def forest(
    rows: Sequence[tuple[str, Estimate]],
    path: Path,
    *,
    label: str,
    marks: Sequence[float] = (),
    logarithmic: bool = False,
) -> None:
    """Estimates with their intervals, one below the other.

    Args:
        rows: name and estimate, from top to bottom; undefined ones are left out.
        path: where the PNG goes.
        label: of the axis.
        marks: values to draw a line at.
        logarithmic: for ratios.
    """
    drawn = [(name, value) for name, value in rows if np.isfinite(value.estimate)][::-1]
    with mpl.rc_context(STYLE):
        figure, axis = _figure(width=6.0, height=0.32 * max(1, len(drawn)) + 0.9)
        for mark in marks:
            axis.axvline(mark, color=MUTED, linewidth=0.8, linestyle=":")
        for y, (_, value) in enumerate(drawn):
            if np.isfinite([value.low, value.high]).all():
                axis.plot([value.low, value.high], [y, y], color=ACCENT, linewidth=2)
            axis.plot(value.estimate, y, "o", color=ACCENT, markersize=5)
        axis.set_yticks(range(len(drawn)), [name.replace("_", " ") for name, _ in drawn])
        axis.set(xlabel=label, ylim=(-0.6, max(1, len(drawn)) - 0.4))
        if logarithmic:
            axis.set_xscale("log")
            axis.set_xticks(RATIOS, [f"{ratio:g}" for ratio in RATIOS])
            axis.minorticks_off()
            ends = [v for _, one in drawn for v in (one.low, one.high, one.estimate)]
            told = [v for v in (*ends, *marks) if np.isfinite(v) and v > 0]
            axis.set_xlim(0.9 * min(told), 1.1 * max(told))
        _save(figure, path)


def curves(
    x: Array,
    lines: Mapping[str, Array],
    path: Path,
    *,
    labels: tuple[str, str],
    marks: Sequence[float] = (),
    bounds: Mapping[str, tuple[Array, Array]] | None = None,
) -> None:
    """Lines over a common axis; colour and dash tell them apart.

    Args:
        x: (N,) values of the axis.
        lines: name to (N,) values.
        path: where the PNG goes.
        labels: of both axes.
        marks: values of y to draw a line at.
        bounds: name to the lower and upper ends, shaded.
    """
    with mpl.rc_context(STYLE):
        figure, axis = _figure(width=6.0, height=3.4)
        for mark in marks:
            axis.axhline(mark, color=MUTED, linewidth=0.8, linestyle=":")
        for i, (name, values) in enumerate(lines.items()):
            colour, dash = COLOURS[i % len(COLOURS)], LINES[i % len(LINES)]
            axis.plot(x, values, color=colour, linestyle=dash, label=name.replace("_", " "))
            if bounds and name in bounds:
                axis.fill_between(x, *bounds[name], color=colour, alpha=0.15, linewidth=0)
        axis.set(xlabel=labels[0], ylabel=labels[1])
        if len(lines) > 1:
            axis.legend(frameon=False, fontsize=8)
        _save(figure, path)


def _figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _save(figure: Figure, path: Path) -> None:
    """The same bytes for the same figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, metadata={"Software": None})
