"""Candidates of a run: searched, filtered, sorted and paged in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from trifold.scoring.columns import STATUSES
from trifold.studio.database.work import CandidateResult, TargetResult
from trifold.studio.results.ties import Score, is_tied_with

SIZES = (25, 50, 100)
LONGEST = 200  # characters of a search
ORDERS = ("high", "low")
BY_NAME = ""


@dataclass(frozen=True)
class Wish:
    """What somebody asked to see; anything else in an address is as if it were not there.

    Attributes:
        search: part of a name, in any case.
        status: of rows; empty for all.
        code: that rows must carry; empty for all.
        sort: name of a target, or empty for names.
        order: of a target: ``high`` or ``low`` scores first.
        tied: key of a person; those who are not told apart from them on ``sort``.
        page: from 1.
        size: people of a page.
    """

    search: str = ""
    status: str = ""
    code: str = ""
    sort: str = BY_NAME
    order: str = ORDERS[0]
    tied: str = ""
    page: int = 1
    size: int = SIZES[0]

    @classmethod
    def of(cls, asked: Mapping[str, str], targets: Sequence[str]) -> Wish:
        """What an address asks for."""
        return cls(
            search=asked.get("search", "").strip()[:LONGEST],
            status=_among(asked.get("status"), STATUSES, ""),
            code=asked.get("code", "")[:LONGEST].strip(),
            sort=_among(asked.get("sort"), targets, BY_NAME),
            order=_among(asked.get("order"), ORDERS, ORDERS[0]),
            tied=asked.get("tied", "")[:LONGEST],
            page=max(_number(asked.get("page"), 1), 1),
            size=_among(_number(asked.get("size"), SIZES[0]), SIZES, SIZES[0]),
        )

    def address(self, **changes: Any) -> str:
        """The query of an address that asks for this with changes, without what needs no word."""
        wanted, plain = replace(self, **changes), Wish()
        parts = {k: v for k, v in vars(wanted).items() if v != getattr(plain, k)}
        return f"?{urlencode(parts)}" if parts else "?"


@dataclass(frozen=True)
class Found:
    """A page of candidates.

    Attributes:
        people: their results, in order.
        n: how many there are on all pages.
        page: the one that this is; the last where a later one was asked for.
        pages: how many there are, at least 1.
    """

    people: tuple[CandidateResult, ...]
    n: int
    page: int
    pages: int


def find(session: Session, run_id: str, wish: Wish, tied_with: Score | None = None) -> Found:
    """The page that was wished for.

    Everybody is on exactly one page: who has the same score stands in the order of names, and who
    has none stands last.

    Args:
        session: of the database.
        run_id: of the run.
        wish: what to show.
        tied_with: score of the person of ``wish.tied`` on ``wish.sort``; None leaves nobody out.
    """
    wanted = _wanted(run_id, wish, tied_with)
    n = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    pages = max(-(-n // wish.size), 1)
    page = min(wish.page, pages)
    names = list(
        session.scalars(
            wanted.order_by(*_order(wish)).limit(wish.size).offset((page - 1) * wish.size)
        )
    )
    rows = session.scalars(
        select(CandidateResult).where(
            CandidateResult.run_id == run_id, CandidateResult.candidate.in_(names)
        )
    )
    by_name = {row.candidate: row for row in rows}
    return Found(tuple(by_name[name] for name in names), n, page, pages)


def one(session: Session, run_id: str, key: str) -> CandidateResult | None:
    """A person of a run by the key of addresses."""
    return session.scalar(
        select(CandidateResult).where(CandidateResult.run_id == run_id, CandidateResult.key == key)
    )


def _wanted(run_id: str, wish: Wish, tied_with: Score | None) -> Select[Any]:
    """Names of those who fit, in no order."""
    people, scores = CandidateResult, TargetResult
    names = scores.candidate if wish.sort else people.candidate
    wanted = select(names)
    if wish.sort:
        wanted = wanted.where(scores.run_id == run_id, scores.target == wish.sort)
        if tied_with is not None:
            wanted = wanted.where(is_tied_with(tied_with))
    if wish.search:
        wanted = wanted.where(names.icontains(wish.search, autoescape=True))
    if wish.sort and not (wish.status or wish.code):
        return wanted  # scores alone: rows of candidates are large
    if wish.sort:
        wanted = wanted.join(people, people.candidate == scores.candidate)
    wanted = wanted.where(people.run_id == run_id)
    if wish.status:
        wanted = wanted.where(people.status == wish.status)
    if wish.code:
        wanted = wanted.where(people.codes.contains(f" {wish.code} ", autoescape=True))
    return wanted


def _order(wish: Wish) -> Sequence[Any]:
    if not wish.sort:
        return (CandidateResult.candidate,)
    value = TargetResult.value
    first = value.desc() if wish.order == ORDERS[0] else value.asc()
    return first.nulls_last(), TargetResult.candidate


def _among(value: Any, allowed: Sequence[Any], otherwise: Any) -> Any:
    return value if value in allowed else otherwise


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else otherwise
