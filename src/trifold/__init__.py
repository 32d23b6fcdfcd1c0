"""Apparent personality and interview performance from interview videos, with intervals.

>>> import trifold
>>> model = trifold.load("demo/run")
>>> scores = model.score("data/new_interviews")
>>> scores.candidates  # a frame: a row per person, each score with its interval
>>> why = scores.explain("new1-00000", "openness")
>>> why.plot("why.png")
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trifold.api.explanation import Explanation
    from trifold.api.model import Model, Scores, load
    from trifold.errors import TrifoldError
    from trifold.plugins import plugin

__all__ = ["Explanation", "Model", "Scores", "TrifoldError", "load", "plugin"]
_WHERE = {
    "Explanation": "trifold.api.explanation",
    "Model": "trifold.api.model",
    "Scores": "trifold.api.model",
    "TrifoldError": "trifold.errors",
    "load": "trifold.api.model",
    "plugin": "trifold.plugins",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: a command line that needs none of it starts at once."""
    if name == "__version__":
        return version("trifold")
    if name not in _WHERE:
        raise AttributeError(f"module 'trifold' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
