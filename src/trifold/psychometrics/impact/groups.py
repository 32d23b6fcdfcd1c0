"""Self-reported groups: read, checked, crossed, and counted where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.impact.two_groups.rates import Group
from trifold.psychometrics.statistics.tidy import require_columns

UNKNOWN = (
    "",
    "unknown",
    "not stated",
    "not known",
    "prefer not to say",
    "declined",
    "n/a",
    "na",
    "none",
)
SELF_REPORTED = "self-reported"
BETWEEN = " \u00d7 "  # multiplication sign
SMALL_SHARE = 0.02


@dataclass(frozen=True)
class Grouping:
    """One way of dividing people.

    Attributes:
        name: column, or columns joined by " × ".
        names: groups, in the order of the alphabet.
        place: (n,) group of each person, -1 where it is not known.
    """

    name: str
    names: tuple[str, ...]
    place: Array

    @property
    def counts(self) -> Array:
        """(G,) people of each group."""
        return np.bincount(self.place[self.place >= 0], minlength=len(self.names))

    def selected(self, chosen: Array) -> tuple[Group, ...]:
        """Groups with how many of them are chosen, (n,) bool."""
        known = self.place >= 0
        count = np.bincount(self.place[known & chosen], minlength=len(self.names))
        rows = zip(self.names, count, self.counts, strict=True)
        return tuple(Group(name, int(s), int(n)) for name, s, n in rows)


def groupings(
    groups: pd.DataFrame,
    candidates: Sequence[str],
    *,
    columns: Sequence[str] | None = None,
    provenance: str = SELF_REPORTED,
    crossed: bool = True,
) -> tuple[Grouping, ...]:
    """Every column by itself, then every two columns crossed.

    Args:
        groups: ``candidate_id`` and columns of groups; people without a row are unknown.
        candidates: (n,) ids, in the order in which groups are told.
        columns: to read; all but ``candidate_id`` by default.
        provenance: how groups were found; only self-report is taken.
        crossed: whether intersections are made.

    Raises:
        InputError: for groups that were inferred, missing columns, or two rows of one person.
    """
    if provenance != SELF_REPORTED:
        raise InputError(expected=f"groups that are {SELF_REPORTED}", got=provenance)
    require_columns(groups, ("candidate_id", *(columns or ())), what="groups")
    ids = groups["candidate_id"].astype(str)
    if ids.duplicated().any():
        raise InputError(
            expected="one row a person",
            got=f"two of {ids[ids.duplicated()].iloc[0]}",
            where="groups",
        )
    read = list(columns or [c for c in groups.columns if c != "candidate_id"])
    if not read:
        raise InputError(expected="a column of groups", got="none", where="groups")
    by_person = groups.set_index(ids)[read].reindex([str(c) for c in candidates])
    single = [_grouping(str(column), by_person[column]) for column in read]
    pairs = [_crossed(a, b) for a, b in combinations(single, 2)] if crossed else []
    return (*single, *pairs)


def _grouping(name: str, values: pd.Series) -> Grouping:
    """Of one column; what says that nothing is known is unknown."""
    text = values.astype("string").str.strip()
    known = text.notna() & ~text.str.lower().isin(UNKNOWN)
    names, place = np.unique(text[known].to_numpy(dtype=str), return_inverse=True)
    full = np.full(len(values), -1)
    full[known.to_numpy(dtype=bool)] = place
    return Grouping(name, tuple(map(str, names)), full)


def _crossed(a: Grouping, b: Grouping) -> Grouping:
    """Intersections that have people; unknown where either is."""
    known = (a.place >= 0) & (b.place >= 0)
    pair = np.where(known, a.place * len(b.names) + b.place, -1)
    codes, place = np.unique(pair[known], return_inverse=True)
    full = np.full(len(pair), -1)
    full[known] = place
    names = [f"{a.names[c // len(b.names)]}{BETWEEN}{b.names[c % len(b.names)]}" for c in codes]
    return Grouping(f"{a.name}{BETWEEN}{b.name}", tuple(names), full)


def small_shares(grouping: Grouping) -> tuple[str, ...]:
    """Groups of less than two per cent of the known people."""
    share = grouping.counts / max(1, grouping.counts.sum())
    return tuple(n for n, s in zip(grouping.names, share, strict=True) if s < SMALL_SHARE)


def left_out_names(left_out: Mapping[str, str], grouping: Grouping) -> tuple[str, ...]:
    """Names of the groups of a grouping that are left out of comparisons, once that is allowed.

    Args:
        left_out: group to reason; groups of other columns are passed over.
        grouping: whose groups may be among them.

    Raises:
        InputError: where a group is not below two per cent or its reason is empty.
    """
    named = tuple(name for name in left_out if name in grouping.names)
    for name in named:
        if name not in small_shares(grouping):
            raise InputError(
                expected="only groups below two per cent left out",
                got=f"{name} of {grouping.name}",
            )
        if not left_out[name].strip():
            raise InputError(expected=f"a written reason to leave out {name}", got="none")
    return named


def reference_of(groups: Sequence[Group], left_out: Sequence[str] = ()) -> Group | None:
    """The group with the highest rate, the larger of equals; None without any."""
    eligible = [group for group in groups if group.name not in left_out]
    return max(eligible, key=lambda g: (g.selected / g.n, g.n, g.name), default=None)
