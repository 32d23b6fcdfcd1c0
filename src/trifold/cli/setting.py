"""What a setting may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["there", "output", "text", "flag", "whole", "number", "choice", "list"]


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        kind: ``there`` (a path where something is), ``output`` (a path that can be written),
            ``text``, ``flag``, ``whole`` or real ``number``, one ``choice``, or a ``list``.
        what: in words, for messages.
        optional: null is allowed.
        low: smallest number.
        high: largest number.
        inside: neither of the two.
        choices: of a choice, or of the items of a list; none allows any.
        shipped: group of files that come with Trifold, whose names do too.
    """

    kind: Kind
    what: str = ""
    optional: bool = False
    low: float = float("-inf")
    high: float = float("inf")
    inside: bool = False
    choices: tuple[str, ...] = ()
    shipped: str = ""

    @property
    def literal(self) -> bool:
        """Whether the text on the command line is the value."""
        return self.kind in ("there", "output", "text")


def whole(low: int, **more: Any) -> Setting:
    """A whole number of ``low`` or more."""
    return Setting("whole", f"a whole number of {low} or more", low=low, **more)


def choice(*choices: str, **more: Any) -> Setting:
    """One of some words."""
    return Setting("choice", choices=choices, **more)


TEXT, FLAG = Setting("text", "text", optional=True), Setting("flag", "true or false")
