"""Checks by name: pure functions on facts, which say what is wrong and do nothing about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Look = Callable[[Any, Mapping[str, Any], date], Iterator["Breach"]]


@dataclass(frozen=True)
class Breach:
    """What a check found wrong.

    Attributes:
        got: what came instead, as it reads after the word "got".
        candidate: whom alone it is about; None is about all.
        code: for the rows of that candidate.
    """

    got: str
    candidate: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class Check:
    """A function with the hooks whose facts it can look at and the parameters that it takes."""

    look: Look
    hooks: tuple[str, ...]
    params: tuple[str, ...] = ()


CHECKS: dict[str, Check] = {}


def check(*hooks: str, params: tuple[str, ...] = ()) -> Callable[[Look], Look]:
    """Enter a function under its own name.

    Args:
        hooks: at which it may be used.
        params: all of them must be given in a rule.
    """

    def enter(look: Look) -> Look:
        CHECKS[look.__name__] = Check(look, hooks, params)
        return look

    return enter
