"""What a job of tests does; it loads nothing, so that its process begins at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STEPS, STEP_S = 5, 0.05


def steps(facts: Mapping[str, Any]) -> None:
    """Do what is not done yet, one step after the other; fail or wait where that is asked for."""
    folder = Path(facts["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    if facts.get("fails"):
        raise SystemExit("error: expected something, got nothing")
    for number in range(STEPS):
        with (folder / "log").open("a") as log:
            log.write(f"begin {number}\n")
        time.sleep(facts.get("step_s", STEP_S))
        (folder / f"step-{number}").touch()
        with (folder / "log").open("a") as log:
            log.write(f"end {number}\n")
