"""Plots of a run: learning curves, predicted against true, model beside its baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trifold.contracts import Array, TargetSchema
from trifold.figures import ACCENT, INK, MUTED, STYLE, with_point
from trifold.messages import raw, say

Tell = Callable[[str], str]
TRAIN, VALIDATION = say("train"), say("validation")


def learning_curves(
    history: Sequence[Mapping[str, float]], path: Path, *, tell: Tell = str, point: str = "."
) -> None:
    """Train and validation loss by epoch, the kept epoch marked.

    Args:
        history: of training.
        path: where the PNG goes.
        tell: says a text in the language of who looks.
        point: what that language writes in front of decimals.
    """
    epochs = [row["epoch"] for row in history]
    best = min(history, key=lambda row: row["val_loss"])
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(1, 1, width=5.0, height=3.2)
        axis = axes[0]
        axis.plot(epochs, [row["train_loss"] for row in history], color=MUTED, label=tell(TRAIN))
        axis.plot(
            epochs, [row["val_loss"] for row in history], color=ACCENT, label=tell(VALIDATION)
        )
        kept = tell(say("kept epoch"))
        axis.axvline(best["epoch"], color=INK, linewidth=0.8, linestyle=":", label=kept)
        axis.set(xlabel=tell(say("epoch")), ylabel=tell(say("loss (Huber + CCC)")))
        axis.legend(frameon=False)
        save_figure(figure, path, point)


def layer_curves(
    rows: Sequence[Mapping[str, Any]], layers: Sequence[int], names: Sequence[str], path: Path
) -> None:
    """Spearman correlation by layer: each target, their mean with its interval, and baselines.

    Args:
        rows: of ``trifold.training.probing.layer_table``.
        layers: numbers of the layers.
        names: of the targets.
        path: where the PNG goes.
    """
    found = {row["layer"]: row for row in rows}
    chosen = [found[str(layer)] for layer in layers]
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(1, 1, width=5.0, height=3.2)
        axis = axes[0]
        for name in names:
            axis.plot(layers, [row[f"spearman_{name}"] for row in chosen], color=MUTED, lw=0.8)
        low, high = ([row[f"spearman_{end}"] for row in chosen] for end in ("low", "high"))
        axis.fill_between(layers, low, high, color=ACCENT, alpha=0.15, linewidth=0)
        axis.plot(
            layers, [row["spearman"] for row in chosen], color=ACCENT, label="mean of targets"
        )
        length = found["answer_length"]["spearman"]
        axis.axhline(length, color=INK, linewidth=0.8, linestyle=":", label="answer length")
        axis.set(xlabel="layer", ylabel="Spearman, out of fold")
        axis.legend(frameon=False)
        save_figure(figure, path)


def predicted_against_true(
    preds: Array,
    target: Array,
    schema: TargetSchema,
    half_width: Array,
    path: Path,
    *,
    tell: Tell = str,
    point: str = ".",
) -> None:
    """One panel per target with the identity line and the interval shaded around it.

    Args:
        preds: (B, K) scores of held-out candidates.
        target: (B, K) labels.
        schema: the K targets.
        half_width: (K,) half-width of the intervals; infinite ones are not drawn.
        path: where the PNG goes.
        tell: says a text in the language of who looks.
        point: what that language writes in front of decimals.
    """
    columns = min(4, len(schema.targets))
    rows = -(-len(schema.targets) // columns)
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(rows, columns, width=2.5 * columns, height=2.5 * rows)
        for k, (axis, spec) in enumerate(zip(axes, schema.targets, strict=False)):
            ends = np.array([spec.low, spec.high])
            if np.isfinite(half_width[k]):
                interval = (ends - half_width[k], ends + half_width[k])
                axis.fill_between(ends, *interval, color=ACCENT, alpha=0.10, linewidth=0)
            axis.plot(ends, ends, color=MUTED, linewidth=1)
            axis.scatter(preds[:, k], target[:, k], s=10, color=ACCENT, alpha=0.6, linewidths=0)
            axis.set(xlim=ends, ylim=ends, aspect="equal")
            axis.set_title(spec.name.replace("_", " "), fontsize=9)
        for axis in axes[len(schema.targets) :]:
            axis.axis("off")
        figure.supxlabel(tell(say("predicted")))
        figure.supylabel(tell(say("rated")))
        save_figure(figure, path, point)


def model_beside_baselines(
    metrics: Mapping[str, Any], path: Path, *, tell: Tell = str, point: str = "."
) -> None:
    """Mean Spearman with 95 % intervals of the model and every baseline that has one.

    Args:
        metrics: what goes to ``metrics.json``: ``test`` and ``baselines``.
        path: where the PNG goes.
        tell: says a text in the language of who looks.
        point: what that language writes in front of decimals.
    """
    rows = [("model", metrics["test"]["spearman"])]
    rows += [(name, table["spearman"]) for name, table in metrics["baselines"].items()]
    rows = [(name, value) for name, value in rows if value["mean"] is not None][::-1]
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(1, 1, width=5.0, height=0.45 * len(rows) + 0.9)
        axis = axes[0]
        for y, (name, value) in enumerate(rows):
            colour = ACCENT if name == "model" else INK
            if value.get("low") is not None:
                axis.plot([value["low"], value["high"]], [y, y], color=colour, linewidth=2)
            axis.plot(value["mean"], y, "o", color=colour)
        names = [tell(raw(name.replace("_", " "))) for name, _ in rows]
        axis.set_yticks(range(len(rows)), names)
        axis.axvline(0, color=MUTED, linewidth=0.8)
        label = tell(say("mean Spearman on test candidates, 95 %% interval"))
        axis.set(xlabel=label, ylim=(-0.6, len(rows)))
        save_figure(figure, path, point)


def new_figure(
    rows: int, columns: int, *, width: float, height: float
) -> tuple[Figure, list[Axes]]:
    """A figure without pyplot, so nothing global is left open."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(rows, columns)).ravel())


def save_figure(figure: Figure, path: Path, point: str = ".") -> None:
    """Write a PNG, the same bytes for the same figure, with ``point`` in front of decimals."""
    with_point(figure, point)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, metadata={"Software": None})
