"""The plot of a cut-score sweep."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from trifold.figures import ACCENT, MUTED, STYLE


def sweep_plot(sweep: pd.DataFrame, group: str) -> Any:
    """Impact ratio of one group at every cut, by the share selected; no cut is marked as best.

    Args:
        sweep: see ``cut_scores.cut_score_sweep``.
        group: of its column.

    Returns:
        A figure with the ratio and its interval, what normal scores would give, and four fifths.
    """
    mine = sweep[(sweep["group"] == group) & sweep["selection_rate"].between(0, 1, "neither")]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.2, 3.2), layout="constrained")
        axes = figure.subplots()
        share = 100 * mine["selection_rate"]
        axes.axhline(0.8, color=MUTED, linewidth=1)
        axes.annotate("four fifths", (0.01, 0.8), xycoords=("axes fraction", "data"), va="bottom")
        axes.fill_between(share, mine["ratio_low"], mine["ratio_high"], color=ACCENT, alpha=0.15)
        axes.plot(share, mine["ratio"], color=ACCENT, label="observed, 95 % interval")
        axes.plot(
            share,
            mine["ratio_expected"],
            color=ACCENT,
            linestyle=":",
            label="normal scores, same d",
        )
        axes.set(xlabel="selected, %", ylabel=f"impact ratio of {group}", ylim=(0, 1.6))
        axes.legend(frameon=False, loc="upper left")
    return figure
