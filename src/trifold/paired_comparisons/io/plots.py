"""Plots of an analysis, as PNG files."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trifold.figures import ACCENT, INK, MUTED, STYLE, WARN
from trifold.paired_comparisons.analysis import Analysis
from trifold.paired_comparisons.diagnostics.reliability import DEMANDED, spearman_brown
from trifold.paired_comparisons.io.tables import path_table
from trifold.paired_comparisons.model.comparisons import degrees

MOST_POINTS = 4000


def draw(found: Analysis, folder: Path) -> dict[Path, str]:
    """Write every plot that the analysis has something for; path to its description."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[Path, str] = {}
    with mpl.rc_context(STYLE):
        drawn |= reliabilities(found, folder / "reliability.png")
        drawn |= scores_beside_ridge(found, folder / "scores.png")
        drawn |= errors_by_count(found, folder / "errors.png")
        if found.selection is not None:
            drawn |= penalty_path(found, folder / "penalty.png")
        if found.data.shape[1] > 1:
            drawn |= correlations(found, folder / "halo.png")
        if found.raters is not None:
            drawn |= rater_fit(found, folder / "raters.png")
    return drawn


def reliabilities(found: Analysis, path: Path) -> dict[Path, str]:
    """Separation and split-half reliability of each dimension, debiased and per dimension."""
    names = [name.replace("_", " ") for name in found.data.dimensions][::-1]
    rows = {
        "debiased, separation": (found.debiased.reliability, "o", ACCENT),
        "debiased, split-half": (spearman_brown(found.split.nuclear.mean(axis=0)), "s", ACCENT),
        "per dimension, separation": (found.ridge.reliability, "o", MUTED),
        "per dimension, split-half": (spearman_brown(found.split.ridge.mean(axis=0)), "s", MUTED),
    }
    figure, (axis,) = _figure(1, 1, width=6.0, height=0.28 * len(names) + 1.4)
    for label, (values, marker, colour) in rows.items():
        axis.plot(values[::-1], range(len(names)), marker, color=colour, label=label)
    axis.axvline(DEMANDED, color=WARN, linewidth=0.8, linestyle=":")
    axis.set_yticks(range(len(names)), names)
    axis.set(xlim=(0, 1), xlabel="reliability")
    figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=2)
    return _save(figure, path, "Reliability of each dimension; the dotted line is what is demanded")


def scores_beside_ridge(found: Analysis, path: Path) -> dict[Path, str]:
    """One panel per dimension: debiased scores against per-dimension ones."""
    data = found.data
    columns = min(4, data.shape[1])
    rows = -(-data.shape[1] // columns)
    figure, axes = _figure(rows, columns, width=2.2 * columns, height=2.2 * rows)
    step = max(1, data.shape[0] // MOST_POINTS)
    for k, axis in enumerate(axes):
        if k >= data.shape[1]:
            axis.axis("off")
            continue
        x, y = found.ridge.values[::step, k], found.debiased.values[::step, k]
        reach = 1.05 * max(float(np.abs(x).max()), float(np.abs(y).max()), 1e-6)
        axis.plot([-reach, reach], [-reach, reach], color=MUTED, linewidth=1)
        axis.scatter(x, y, s=4, color=ACCENT, alpha=0.5, linewidths=0)
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axis.set_title(data.dimensions[k].replace("_", " "), fontsize=9)
    figure.supxlabel("fitted on this dimension alone, logits")
    figure.supylabel("debiased, logits")
    return _save(figure, path, "Debiased scores beside scores fitted one dimension at a time")


def errors_by_count(found: Analysis, path: Path) -> dict[Path, str]:
    """Standard error against the number of comparisons of a clip."""
    count = degrees(found.data).ravel()
    step = max(1, len(count) // MOST_POINTS)
    figure, (axis,) = _figure(1, 1, width=5.0, height=3.2)
    for scores, colour, label in (
        (found.ridge, MUTED, "per dimension"),
        (found.debiased, ACCENT, "debiased"),
    ):
        errors = scores.errors.ravel()[::step]
        axis.scatter(count[::step], errors, s=5, color=colour, label=label, linewidths=0)
    axis.set(xlabel="comparisons of the clip on the dimension", ylabel="standard error, logits")
    axis.set(xlim=(0, None), ylim=(0, None))
    axis.legend(frameon=False)
    return _save(figure, path, "Standard errors by number of comparisons")


def penalty_path(found: Analysis, path: Path) -> dict[Path, str]:
    """Held-out log loss along the penalties, with what halo they cost."""
    table = path_table(found)
    figure, (axis,) = _figure(1, 1, width=5.0, height=3.2)
    axis.errorbar(
        table["fraction"], table["log_loss"], table["error"], color=ACCENT, marker="o", capsize=2
    )
    axis.axvline(found.fraction, color=INK, linewidth=0.8, linestyle=":")
    axis.set(xscale="log", xlabel="penalty as a share of λ_max", ylabel="held-out log loss")
    axis.set_xticks(list(table["fraction"])[::2], [f"{f:g}" for f in table["fraction"]][::2])
    axis.minorticks_off()
    if found.data.shape[1] > 1:
        other = axis.twinx()
        other.plot(table["fraction"], table["mean_correlation"], color=WARN, linewidth=1)
        other.set_ylabel("mean |r| between dimensions", color=WARN)
        other.set_ylim(0, 1)
    return _save(
        figure,
        path,
        "Held-out log loss with standard errors by penalty, and the halo that each penalty makes; "
        "the dotted line is the penalty used",
    )


def correlations(found: Analysis, path: Path) -> dict[Path, str]:
    """Correlation matrices of debiased scores, per-dimension scores and between halves."""
    titles = {"nuclear": "debiased", "ridge": "per dimension", "halves": "between halves"}
    shown = [(titles[name], halo) for name, halo in found.halos.items()]
    figure, axes = _figure(1, len(shown), width=2.8 * len(shown), height=3.0)
    for axis, (title, halo) in zip(axes, shown, strict=True):
        image = axis.imshow(halo.correlations, cmap="RdBu_r", vmin=-1, vmax=1)
        axis.set_title(f"{title}: mean |r| {halo.mean_correlation:.2f}", fontsize=9)
        axis.set(xticks=[], yticks=[])
    figure.colorbar(image, ax=axes, shrink=0.8)
    return _save(
        figure,
        path,
        "Correlations between dimensions; “between halves” is corrected for unreliability and free "
        "of the penalty",
    )


def rater_fit(found: Analysis, path: Path) -> dict[Path, str]:
    """Infit and side bias of each rater."""
    fit = found.raters
    if fit is None:
        raise ValueError("an analysis without raters has no rater plot")
    figure, axes = _figure(1, 2, width=7.0, height=3.2)
    bad = fit.misfits | fit.upside_down
    for rows, colour in ((~bad, ACCENT), (bad, WARN)):
        axes[0].scatter(fit.slope[rows], fit.infit[rows], s=14, color=colour)
        axes[1].errorbar(
            fit.side[rows],
            fit.comparisons[rows],
            xerr=fit.side_error[rows],
            fmt="o",
            markersize=4,
            color=colour,
            linewidth=0.8,
        )
    axes[0].axhline(1, color=MUTED, linewidth=0.8)
    axes[0].axvline(1, color=MUTED, linewidth=0.8)
    axes[0].set(xlabel="slope on the others' scores", ylabel="infit")
    axes[1].axvline(0, color=MUTED, linewidth=0.8)
    axes[1].set(xlabel="side bias, logits (right of 0: prefers the left)", ylabel="comparisons")
    return _save(figure, path, "Raters: fit to the others' judgements, and side bias")


def _figure(rows: int, columns: int, *, width: float, height: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(rows, columns)).ravel())


def _save(figure: Figure, path: Path, alt: str) -> dict[Path, str]:
    """Write a PNG, the same bytes for the same figure."""
    figure.savefig(path, dpi=130, metadata={"Software": None})
    return {path: alt}
