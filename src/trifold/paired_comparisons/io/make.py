"""``trifold judgements out=DIR [key=value …]``: judgements to try ``trifold label`` on.

Writes ``comparisons.csv`` as raters would give it and ``truth.csv`` with the scores that the
judgements were drawn from. Nobody in them exists.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trifold.errors import InputError
from trifold.paired_comparisons.io.simulate import DIMENSIONS, Simulation, simulate
from trifold.runtime.endings import run_plain, values_of

USAGE = "trifold judgements out=DIR [questions=6 clips=20 per_clip=14 raters=12 seed=0]"
DEFAULTS: dict[str, float] = {
    "questions": 6,
    "clips": 20,
    "per_clip": 14,
    "raters": 12,
    "dimensions": 5,
    "seed": 0,
    "tie_weight": 0.4,
    "side": 0.1,
    "rater_side_sd": 0.2,
}
WHOLE = ("questions", "clips", "raters", "dimensions", "seed")


def make(arguments: list[str]) -> list[Path]:
    """Write both tables and return their paths.

    Raises:
        InputError: when the arguments are not of the form in ``USAGE``.
    """
    values = _parsed(arguments)
    if "out" not in values:
        raise InputError(expected=USAGE, got="no out=DIR")
    out = Path(str(values.pop("out")))
    out.mkdir(parents=True, exist_ok=True)
    made = _simulated(DEFAULTS | values)
    tables = {"comparisons": comparisons_table(made), "truth": _truth_table(made)}
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False)
    return [out / f"{name}.csv" for name in tables]


def comparisons_table(made: Simulation) -> pd.DataFrame:
    """The judgements in the layout that ``trifold label`` reads."""
    data = made.data
    clips, raters = np.array(data.clips), np.array([*data.raters, ""])
    return pd.DataFrame(
        {
            "question": np.array(data.questions)[data.question[data.left]],
            "left": clips[data.left],
            "right": clips[data.right],
            "dimension": np.array(data.dimensions)[data.dimension],
            "winner": np.array(["right", "tie", "left"])[(2 * data.outcome).astype(int)],
            "rater": raters[data.rater],
        }
    )


def _truth_table(made: Simulation) -> pd.DataFrame:
    table = pd.DataFrame(made.truth, columns=list(made.data.dimensions))
    table.insert(0, "clip_id", list(made.data.clips))
    return table


def _simulated(values: dict[str, float]) -> Simulation:
    whole = {name: int(values[name]) for name in WHOLE}
    if not 1 <= whole["dimensions"] <= len(DIMENSIONS):
        raise InputError(
            expected=f"1 to {len(DIMENSIONS)} dimensions", got=str(whole["dimensions"])
        )
    return simulate(
        [whole["clips"]] * whole["questions"],
        per_clip=values["per_clip"],
        seed=whole["seed"],
        dimensions=DIMENSIONS[: whole["dimensions"]],
        shared=True,
        tie_weight=values["tie_weight"],
        side=values["side"],
        raters=whole["raters"],
        rater_side_sd=values["rater_side_sd"],
    )


def _parsed(arguments: list[str]) -> dict[str, Any]:
    if not all("=" in argument for argument in arguments):
        raise InputError(expected=USAGE, got=" ".join(arguments))
    texts = values_of(arguments, [*DEFAULTS, "out"])
    return {key: text if key == "out" else _number(key, text) for key, text in texts.items()}


def _number(key: str, text: str) -> float:
    """A number of 0 or more, whole where the setting counts something."""
    try:
        value = int(text) if key in WHOLE else float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise InputError(expected=f"a number of 0 or more for {key}", got=repr(text))
    return value


def main() -> None:
    """Entry point: prints the paths, or one line about what is wrong."""
    run_plain(make, f"{__doc__}\n{USAGE}")


if __name__ == "__main__":
    main()
