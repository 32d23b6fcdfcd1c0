"""How plots of studies are painted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trifold.figures import ACCENT, INK, MUTED, STYLE, WARN, with_point

COLOURS = (ACCENT, WARN, INK, "#4b7f52", "#7d4f9e", "#b1463c")
LINES = ("-", "--", ":", "-.")
RATIOS = (0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.25, 2.0, 3.0, 5.0, 10.0)


def paint(
    kind: str, values: Mapping[str, Any], file: Path | IO[bytes], *, point: str = "."
) -> None:
    """Write a PNG, the same bytes for the same values.

    Args:
        kind: of ``PAINTERS``.
        values: that it takes.
        file: path or open file.
        point: in front of decimals.
    """
    with mpl.rc_context(STYLE):
        figure = PAINTERS[kind](**values, point=point)
        with_point(figure, point)
        if isinstance(file, Path):
            file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=150, format="png", metadata={"Software": None})


def _forest(
    rows: Sequence[tuple[str, float, float | None, float | None]],
    label: str,
    marks: Sequence[float],
    logarithmic: bool,
    point: str,
) -> Figure:
    drawn = list(rows)[::-1]
    figure, axis = _figure(width=6.0, height=0.32 * max(1, len(drawn)) + 0.9)
    for mark in marks:
        axis.axvline(mark, color=MUTED, linewidth=0.8, linestyle=":")
    for y, (_, estimate, low, high) in enumerate(drawn):
        if low is not None and high is not None:
            axis.plot([low, high], [y, y], color=ACCENT, linewidth=2)
        axis.plot(estimate, y, "o", color=ACCENT, markersize=5)
    axis.set_yticks(range(len(drawn)), [name for name, *_ in drawn])
    axis.set(xlabel=label, ylim=(-0.6, max(1, len(drawn)) - 0.4))
    if logarithmic:
        axis.set_xscale("log")
        axis.set_xticks(RATIOS, [f"{ratio:g}".replace(".", point) for ratio in RATIOS])
        axis.minorticks_off()
        told = [v for v in (*(end for row in drawn for end in row[1:]), *marks) if v and v > 0]
        axis.set_xlim(0.9 * min(told), 1.1 * max(told))
    return figure


def _curves(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float | None]],
    labels: Sequence[str],
    marks: Sequence[float],
    point: str,
) -> Figure:
    figure, axis = _figure(width=6.0, height=3.4)
    for mark in marks:
        axis.axhline(mark, color=MUTED, linewidth=0.8, linestyle=":")
    for i, (name, values) in enumerate(lines.items()):
        colour, dash = COLOURS[i % len(COLOURS)], LINES[i % len(LINES)]
        axis.plot(x, np.array(values, dtype=float), color=colour, linestyle=dash, label=name)
    axis.set(xlabel=labels[0], ylabel=labels[1])
    if len(lines) > 1:
        axis.legend(frameon=False, fontsize=8)
    return figure


PAINTERS: dict[str, Callable[..., Figure]] = {"forest": _forest, "curves": _curves}


def _figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()
