"""Whether a trained network used the curvature that it had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array
from trifold.decimals import decimal, general
from trifold.messages import joined, say
from trifold.network.flattening import prototypes_moved
from trifold.psychometrics.metrics import pearson
from trifold.training.protocol.testing import Outcome

UNCHANGED = 0.995  # correlation, from which a tenth of the standard deviation is another at most


def geometry_facts(outcome: Outcome, names: Sequence[str]) -> dict[str, Any]:
    """``geometry`` of ``metrics.json``; nothing for networks without curved parts.

    Args:
        outcome: of a run; its test scores are compared with those of the same networks flattened,
            see ``trifold.network.flattening``.
        names: of the K targets.
    """
    if outcome.flattened is None:
        return {}
    shift, r = shift_and_r(outcome.preds, outcome.flattened)
    return {
        "geometry": {
            "shift_sd": dict(zip(names, map(_number, shift), strict=True)),
            "r": dict(zip(names, map(_number, r), strict=True)),
            "mean_shift_sd": _number(_mean(shift)),
            "mean_r": _number(_mean(r)),
            "prototypes_moved": prototypes_moved(outcome.fitted.network),
        }
    }


def shift_and_r(preds: Array, flattened: Array) -> tuple[Array, Array]:
    """How far flattening moves scores, and how well it keeps who is where.

    Args:
        preds: (S, n, K) scores, S repeats apart.
        flattened: the same of the networks in flat space.

    Returns:
        (K,) standard deviation of the change over that of the scores, and (K,) correlations, which
        a new slope and offset would not mend; both are means over repeats, and NaN for a target on
        which everybody has the same score.
    """
    spread = preds.std(axis=1)
    spread = np.where(spread > 1e-9, spread, np.nan)
    shift = (preds - flattened).std(axis=1) / spread
    r = np.array(
        [
            [pearson(p[:, k], f[:, k]) for k in range(preds.shape[2])]
            for p, f in zip(preds, flattened, strict=True)
        ]
    )
    return shift.mean(axis=0), r.mean(axis=0)


def of_geometry(metrics: Mapping[str, Any]) -> list[str]:
    """One sentence about whether curvature was used; none where there was none to use."""
    facts = metrics.get("geometry")
    if facts is None or facts["mean_r"] is None:
        return []
    shift, r, moved = facts["mean_shift_sd"], facts["mean_r"], facts["prototypes_moved"]
    known = {"shift": general(shift, 2), "r": decimal(r, 3)}
    told = (
        say(
            "The trained network used curvature: flattened, it gives scores that differ by "
            "%(shift)s of their standard deviations (r = %(r)s).",
            **known,
        )
        if r < UNCHANGED
        else say(
            "The trained network used no curvature: flattened, it gives scores that differ by "
            "%(shift)s of their standard deviations (r = %(r)s).",
            **known,
        )
    )
    if moved is None:
        return [told]
    way = say("Its prototypes moved by %(moved)s radii of curvature.", moved=general(moved, 2))
    return [joined([told, way], " ")]


def _mean(values: Array) -> float:
    """Over targets where there is one."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
