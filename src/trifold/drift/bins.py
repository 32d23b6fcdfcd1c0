"""One quantity as counts in bins: how it lay in training, with no value of anybody's in it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_BINS, LEAST_IN_BIN = 10, 5  # people
NONE, ELSE = "none", "else"  # nothing was there; what training had too seldom to be told
DIGITS = 3  # of an edge, which lies between two people


@dataclass(frozen=True)
class Bins:
    """Counts of people.

    Attributes:
        edges: B - 1 ascending upper ends of the first bins, of a number; none of a category.
        names: B names of categories; none of a number.
        counts: people in each bin; of a number one more at the end, those without one.
    """

    edges: tuple[float, ...]
    names: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        """People."""
        return sum(self.counts)

    @property
    def is_number(self) -> bool:
        """Whether the bins have an order."""
        return not self.names

    def place(self, value: object) -> int:
        """The bin of a value; None is a value too."""
        if self.is_number:
            if value is None:
                return len(self.counts) - 1
            return bisect_left(self.edges, float(value))  # type: ignore[arg-type]
        name = NONE if value is None else str(value)
        return self.names.index(name) if name in self.names else self.names.index(ELSE)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        where = {"edges": self.edges} if self.is_number else {"names": self.names}
        return {**where, "counts": self.counts}


def bins_of(facts: Mapping[str, Any]) -> Bins:
    """What ``to_dict`` gave.

    Raises:
        ValueError, TypeError, LookupError: when it is not.
    """
    counts = tuple(map(int, facts["counts"]))
    edges = tuple(map(float, facts.get("edges", ())))
    names = tuple(map(str, facts.get("names", ())))
    fits = len(names) == len(counts) and ELSE in names if names else len(counts) == len(edges) + 2
    if not fits or min(counts) < 0 or list(edges) != sorted(set(edges)) or len(counts) > 64:
        raise ValueError("bins with a count for each")
    return Bins(edges, names, counts)


def number_bins(values: Sequence[float | None]) -> Bins | None:
    """About as many people in every bin; None where too few have a number.

    Fewer than 5 without a number are counted where most people are, so that no bin tells of them.

    Args:
        values: of each person.
    """
    there = np.sort([float(value) for value in values if value is not None])
    wanted = min(MOST_BINS, len(there) // LEAST_IN_BIN)
    if wanted < 2:
        return None
    ends = np.quantile(there, np.arange(1, wanted) / wanted)
    edges: list[float] = []
    for edge in sorted({float(f"{end:.{DIGITS}g}") for end in ends}):
        last = edges[-1] if edges else -np.inf
        left = np.searchsorted(there, edge, "right")
        inside = left - np.searchsorted(there, last, "right")
        if min(inside, len(there) - left) >= LEAST_IN_BIN:
            edges.append(edge)
    places = np.searchsorted(edges, there, "left")
    counts = np.bincount(places, minlength=len(edges) + 1).tolist()
    return Bins(tuple(edges), (), _without_few((*counts, len(values) - len(there))))


def category_bins(values: Sequence[str | None]) -> Bins:
    """A bin for every category of some people, and one for all others.

    Fewer than 5 others are counted where most people are, so that no bin tells of them.

    Args:
        values: of each person.
    """
    counts = Counter(NONE if value is None else value for value in values)
    often = {name: n for name, n in counts.items() if n >= LEAST_IN_BIN and name != ELSE}
    names = sorted(often)
    rest = len(values) - sum(often.values())
    return Bins((), (*names, ELSE), _without_few((*(often[name] for name in names), rest)))


def _without_few(counts: tuple[int, ...]) -> tuple[int, ...]:
    *others, last = counts
    if not others or last >= LEAST_IN_BIN:
        return counts
    others[int(np.argmax(others))] += last
    return (*others, 0)
