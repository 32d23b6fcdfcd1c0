"""What a user of the scores must be told, in plain words."""

from __future__ import annotations

import numpy as np

from trifold.paired_comparisons.analysis import Analysis
from trifold.paired_comparisons.diagnostics.halo import EXCESS
from trifold.paired_comparisons.diagnostics.reliability import DEMANDED, spearman_brown
from trifold.paired_comparisons.model.comparisons import degrees

ENOUGH_COMPARISONS = 10  # per clip and dimension, Kinnear et al. (2025)
TRIAD_EXCESS = 0.03


def warnings_of(found: Analysis) -> list[str]:
    """One line each, the gravest first."""
    return [
        *_upside_down(found),
        *_connection(found),
        *_reliability(found),
        *_side(found),
        *_misfits(found),
        *_triads(found),
        *_halo(found),
        *_selection(found),
        *_extremes(found),
    ]


def _upside_down(found: Analysis) -> list[str]:
    if found.raters is None or not found.raters.upside_down.any():
        return []
    names = _names(found.data.raters, found.raters.upside_down)
    return [f"Raters who judge against everybody else: {names}. Is their winner coded upside down?"]


def _connection(found: Analysis) -> list[str]:
    apart = [c for c in found.connections if c.components > 1]
    if not apart:
        return []
    worst = max(apart, key=lambda c: c.components)
    data = found.data
    return [
        f"In {len(apart)} of {len(found.connections)} graphs (question by dimension) clips are not "
        f"connected by comparisons, at worst question '{data.questions[worst.question]}' on "
        f"'{data.dimensions[worst.dimension]}' with {worst.components} separate groups: scores "
        "between groups come from the penalty and the other dimensions, not from judgements."
    ]


def _reliability(found: Analysis) -> list[str]:
    lines = []
    typical = float(np.median(degrees(found.data)))
    if typical < ENOUGH_COMPARISONS:
        lines.append(
            f"The median clip has {typical:g} comparisons per dimension; about "
            f"{ENOUGH_COMPARISONS} are usually needed (Kinnear et al., 2025)."
        )
    whole = spearman_brown(np.clip(found.split.nuclear.mean(axis=0), 0, 1))
    low = np.minimum(whole, found.debiased.reliability) < DEMANDED
    if low.any():
        lines.append(
            f"Reliability below {DEMANDED:g}: {_names(found.data.dimensions, low)}. Collect more "
            "comparisons before training on these scores or showing them to anybody."
        )
    if not (found.debiased.uncertainty.exact and found.ridge.uncertainty.exact):
        lines.append(
            "A question is so large that standard errors take the opponents' scores as known: they "
            "are somewhat too small."
        )
    return lines


def _side(found: Analysis) -> list[str]:
    if not found.settings.side or found.free.side:
        return []
    return [
        "Side bias was not estimated: clips change sides too rarely to tell it from their scores. "
        "Draw the sides at random."
    ]


def _misfits(found: Analysis) -> list[str]:
    if found.raters is None:
        return []
    noisy = found.raters.misfits & ~found.raters.upside_down
    if not noisy.any():
        return []
    return [f"Raters noisier than the others: {_names(found.data.raters, noisy)}."]


def _triads(found: Analysis) -> list[str]:
    excess = np.array([t.circular - t.expected > TRIAD_EXCESS for t in found.triads])
    if not excess.any():
        return []
    names = _names(found.data.dimensions, excess)
    return [f"More circular triads than noise explains: {names}. Judges weigh different things."]


def _halo(found: Analysis) -> list[str]:
    if "halves" not in found.halos or found.data.shape[1] < 2:
        return []
    debiased = found.halos["nuclear"].mean_correlation
    judged = found.halos["halves"].mean_correlation
    if debiased - judged <= EXCESS:
        return []
    return [
        f"Halo: dimensions of the debiased scores correlate {debiased:.2f} on average, the "
        f"judgements themselves {judged:.2f}. Use the per-dimension scores where dimensions are to "
        "be told apart."
    ]


def _selection(found: Analysis) -> list[str]:
    if found.selection is None:
        return [
            "Too few pairs could be held out to choose the penalty by cross-validation; it is half "
            "the size of the noise of coin flips, and scores stay shrunk."
        ]
    if found.selection.loss[found.selection.chosen].mean() >= found.selection.baseline:
        return ["Held-out judgements are not predicted better than by coin flips."]
    return []


def _extremes(found: Analysis) -> list[str]:
    count = int(found.extreme.any(axis=1).sum())
    if not count:
        return []
    return [
        f"{count} clips won or lost every comparison on some dimension; only the penalty keeps "
        "their scores finite."
    ]


def _names(names: tuple[str, ...], which: np.ndarray, most: int = 6) -> str:
    chosen = [name for name, yes in zip(names, which, strict=True) if yes]
    rest = f" and {len(chosen) - most} more" if len(chosen) > most else ""
    return ", ".join(chosen[:most]) + rest
