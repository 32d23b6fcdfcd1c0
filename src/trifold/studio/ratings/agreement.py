"""How far raters agree, how strict each is, and what more ratings would bring."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.reliability.generalizability.coefficients import coefficients
from trifold.psychometrics.reliability.generalizability.decision import needed
from trifold.psychometrics.reliability.studies.agreement import agreement_study
from trifold.psychometrics.reliability.studies.raters import rater_study
from trifold.studies.scores import COLUMNS, RATER
from trifold.studies.sections.parts import unknown_as
from trifold.studio.database.people import Account
from trifold.studio.database.projects import Candidate
from trifold.studio.database.ratings import Rating
from trifold.studio.ratings.keeping import Progress, progress_of

WANTED = (0.7, 0.8, 0.9)
DRAWS, SEED = 2000, 0  # as ``trifold reliability`` has them by default


@dataclass(frozen=True)
class More:
    """So many candidates need so many more ratings.

    Attributes:
        have: ratings that each has. more: that each needs. people: how many they are.
    """

    have: int
    more: int
    people: int


@dataclass(frozen=True)
class TargetAgreement:
    """One target.

    Attributes:
        single: ICC(A,1), one rater alone. mean: ICC(A,k), the mean of those there are.
        order: ICC(C,k), the same where only the order of people counts.
        size: ratings of a candidate, harmonic mean.
        severity: rater to points less than the mean rater gives the same people.
        needed: ratings of each candidate for the reliability that is wanted; infinite where no
            number suffices, NaN where nobody can tell.
        more: who lacks how many for that.
        why: why it is not known; empty where it is.
    """

    single: Estimate
    mean: Estimate
    order: Estimate
    size: float
    severity: Mapping[str, Estimate]
    needed: float
    more: tuple[More, ...]
    why: str

    @property
    def ratings_more(self) -> int:
        """In all."""
        return sum(one.more * one.people for one in self.more)


def long_table(session: Session, project: str) -> pd.DataFrame:
    """Every rating as studies read them; "cannot tell" is no score."""
    wanted = (
        select(Candidate.name, Rating.account_id, Rating.target, Rating.value)
        .join(Candidate, Candidate.id == Rating.candidate_id)
        .where(Rating.project_id == project, Rating.value.is_not(None))
        .order_by(Candidate.name, Rating.account_id, Rating.target)
    )
    rows = [
        (person, "", "", f"{RATER}{rater}", target, value, "")
        for person, rater, target, value in session.execute(wanted)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def agreement(
    table: pd.DataFrame, targets: Sequence[str], people: Sequence[str], *, wanted: float
) -> dict[str, TargetAgreement]:
    """Agreement of every target that two raters have rated.

    Args:
        table: see ``long_table``.
        targets: names, in the project's order.
        people: names of all candidates, also of those whom nobody rated.
        wanted: reliability of the mean rating.
    """
    found = {}
    for target in targets:
        mine = table[table["target"] == target]
        if mine["source"].nunique() > 1:
            rows = tuple(mine.itertuples(index=False, name=None))
            found[target] = _of_target(rows, tuple(people), wanted)
    return found


@lru_cache(maxsize=256)  # pages are opened more often than ratings come in
def _of_target(
    rows: tuple[tuple[object, ...], ...], people: tuple[str, ...], wanted: float
) -> TargetAgreement:
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    among = next(iter(agreement_study(table, resamples=DRAWS, seed=SEED).values()))
    raters = next(iter(rater_study(table, draws=DRAWS, seed=SEED).values()))
    icc = among.raters
    lost = not math.isfinite(icc["ICC(A,k)"].estimate)
    number = needed(raters.study, wanted, facet="r", absolute=True).estimate
    if raters.study.defined and not math.isfinite(coefficients(raters.study).absolute.estimate):
        number = needed(raters.study, wanted, facet="r").estimate  # parts that share no rater
    have = Counter(table["candidate_id"])
    return TargetAgreement(
        icc["ICC(A,1)"],
        icc["ICC(A,k)"],
        icc["ICC(C,k)"],
        among.size,
        {name.removeprefix(RATER): one.severity for name, one in raters.raters.items()},
        number,
        lacking([have.get(one, 0) for one in people], number),
        unknown_as([icc["ICC(A,k)"]]) if lost else "",
    )


def lacking(have: Sequence[int], number: float) -> tuple[More, ...]:
    """Who needs how many more ratings, most people first; nobody where no number is known.

    Args:
        have: ratings of each candidate.
        number: that each needs.
    """
    if not math.isfinite(number):
        return ()
    counts = Counter(one for one in have if one < number)
    return tuple(
        More(one, int(number) - one, people)
        for one, people in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )


@dataclass(frozen=True)
class RaterRow:
    """How much a rater has rated."""

    id: str
    name: str
    progress: Progress
    given: int
    unknown: int


def rater_rows(
    session: Session, project: str, candidates: Sequence[str], targets: Sequence[str]
) -> list[RaterRow]:
    """Everybody who has rated, by name."""
    wanted = select(Rating.account_id, Rating.candidate_id, Rating.target, Rating.value).where(
        Rating.project_id == project
    )
    given: dict[str, dict[str, dict[str, float | None]]] = {}
    for rater, candidate, target, value in session.execute(wanted):
        given.setdefault(rater, {}).setdefault(candidate, {})[target] = value
    names = select(Account.id, Account.name).where(Account.id.in_(given))
    rows = [
        RaterRow(
            rater,
            name,
            progress_of(list(candidates), given[rater], list(targets)),
            sum(value is not None for one in given[rater].values() for value in one.values()),
            sum(value is None for one in given[rater].values() for value in one.values()),
        )
        for rater, name in session.execute(names)
    ]
    return sorted(rows, key=lambda row: row.name.casefold())


def is_under_way(session: Session, project: str, account: str, rows: Sequence[RaterRow]) -> bool:
    """Whether an account has begun to rate and is not done: it must not see what others gave."""
    own = next((row for row in rows if row.id == account), None)
    if own is not None:
        return own.progress.done < own.progress.total
    wanted = select(func.count()).where(Rating.project_id == project, Rating.account_id == account)
    return bool(session.scalar(wanted))
