"""Quotas: counted over stops, refused with the time to come again, told each time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from trifold.errors import InputError
from trifold.serve.database.opened import open_database
from trifold.serve.database.tables import UsageRow
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.usage.counts import Counts
from trifold.serve.usage.limits import KINDS, REQUESTS, Limits, limits_of, periods_at
from trifold.serve.usage.quotas import QuotaProblem, Usage

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


def usage(database, quota: str, now: list[datetime]) -> Usage:
    return Usage(Counts(database), lambda _: limits_of(quota), lambda: now[0])


def admit(held: Usage, *callers: str, job: bool = False) -> None:
    for caller in callers:
        asyncio.run(held.admit(caller, job=job))


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)))
def test_days_and_months_follow_each_other_without_a_gap(now) -> None:
    for period in periods_at(now):
        assert period.start <= now < period.end
        following = next(p for p in periods_at(period.end) if p.kind == period.kind)
        assert following.start == period.end
        assert following.key > period.key


def test_who_has_used_its_day_waits_for_the_next_and_then_for_the_month(database) -> None:
    now = [NOON]
    held = usage(database, "requests_day=2,requests_month=3", now)
    admit(held, "ann", "ann")
    with pytest.raises(QuotaProblem, match="requests_day of 2") as raised:
        admit(held, "ann")
    assert (raised.value.status, raised.value.headers) == (429, {"Retry-After": "43200"})
    admit(held, "bob")
    now[0] = NOON + timedelta(hours=12)  # another day, and another month
    admit(held, "ann", "ann")
    now[0] += timedelta(days=1)
    admit(held, "ann")
    with pytest.raises(QuotaProblem, match="requests_month of 3") as raised:
        admit(held, "ann")
    assert raised.value.headers == {"Retry-After": str(27 * 86400)}


def test_refused_requests_are_not_counted_and_jobs_are_requests(database) -> None:
    held = usage(database, "jobs_day=1", [NOON])
    admit(held, "ann", job=True)
    for _ in range(3):
        with pytest.raises(QuotaProblem, match="jobs_day"):
            admit(held, "ann", job=True)
    admit(held, "ann")
    day = asyncio.run(held.to_dict("ann"))["day"]
    assert (day["requests"], day["jobs"], day["from"]) == (2, 1, "2027-01-31T00:00:00+00:00")


def test_minutes_count_once_they_are_scored(database) -> None:
    held = usage(database, "minutes_day=1", [NOON])
    for seconds in ("59.4", "", "none", "nan", "-5", "inf"):
        held.scored("ann", seconds)
    admit(held, "ann")
    held.scored("ann", "30")
    with pytest.raises(QuotaProblem, match="minutes_day of 1"):
        admit(held, "ann", job=True)
    assert asyncio.run(held.to_dict("ann"))["day"]["minutes"] == 1.49


def test_headers_are_those_of_the_draft(database) -> None:
    held = usage(database, "requests_day=10,minutes_month=60", [NOON])
    admit(held, "ann")
    held.scored("ann", "90")
    assert asyncio.run(held.headers("ann")) == {
        "RateLimit-Policy": '"requests_day";q=10;w=86400, "minutes_month";q=60;w=2678400',
        "RateLimit": '"requests_day";r=9;t=43200, "minutes_month";r=59;t=43200',
    }
    assert asyncio.run(usage(database, "", [NOON]).headers("ann")) == {}


def test_counts_outlive_a_stop_and_old_ones_go(database) -> None:
    held = usage(database, "", [NOON])
    admit(held, "ann", job=True)
    asyncio.run(held.close())
    held = usage(database, "", [NOON])
    assert asyncio.run(held.to_dict("ann"))["day"]["jobs"] == 1
    counts = Counts(database)
    days = [NOON + timedelta(days=days) for days in range(800)]
    counts.add({("ann", p.key, REQUESTS): 1.0 for day in days for p in periods_at(day)})
    counts.expire()
    with database.reading() as session:
        rows = session.scalars(select(UsageRow.period).distinct().order_by(UsageRow.period)).all()
    lengths = [len(period) for period in rows]
    assert (lengths.count(10), lengths.count(7)) == (62, 25)
    assert rows[-1] == periods_at(days[-1])[0].key


def test_of_several_gateways_together_as_many_are_let_through_as_the_quota_says(
    database, database_setting, tmp_path
) -> None:
    other = open_database(tmp_path, Settings(database=database_setting), pooled=True)
    gateways = [Counts(database), Counts(other)]
    most = {"requests_day": 25, "requests_month": 1000}

    def ask(number: int) -> bool:
        counts = gateways[number % 2]
        return counts.take("ann", [REQUESTS], most, NOON) is None

    with ThreadPoolExecutor(6) as pool:
        let_through = list(pool.map(ask, range(60)))
    assert sum(let_through) == 25
    assert gateways[0].used("ann", NOON)["month"][REQUESTS] == 25
    other.close()


def test_gateways_that_write_what_they_gathered_wait_for_each_other_and_lose_nothing(
    database, database_setting, tmp_path
) -> None:
    """In whatever order they saw their callers."""
    other = open_database(tmp_path, Settings(database=database_setting), pooled=True)
    rows = [(f"caller {n}", "2027-01-31", kind) for n in range(40) for kind in KINDS]
    turns = [Counts(one) for one in (database, other)] * 8

    def add(turn: int) -> None:
        ordered = rows if turn % 3 else rows[::-1]
        turns[turn].add(dict.fromkeys(ordered, 0.5))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(len(turns))))
    for name in ("caller 0", "caller 39"):
        assert Counts(database).used(name, NOON)["day"] == dict.fromkeys(KINDS, 8.0)
    other.close()


def test_while_nothing_can_be_written_nobody_is_refused_and_it_is_counted_later(
    database, caplog
) -> None:
    held = usage(database, "requests_day=2", [NOON])
    with database.writing() as session:
        session.execute(text("ALTER TABLE serve_usage RENAME TO away"))
    admit(held, "ann", "ann", "ann")
    held.scored("ann", "60")
    assert asyncio.run(held.headers("ann")) == {}
    assert caplog.text.count("usage is not counted") == 1
    with pytest.raises(Problem, match="the database cannot be used") as raised:
        asyncio.run(held.to_dict("ann"))
    assert raised.value.status == 503
    with database.writing() as session:
        session.execute(text("ALTER TABLE away RENAME TO serve_usage"))
    day = asyncio.run(held.to_dict("ann"))["day"]
    assert (day["requests"], day["minutes"]) == (3, 1.0)
    with pytest.raises(QuotaProblem):
        admit(held, "ann")


@pytest.mark.parametrize("quota", ["requests=5", "requests_week=5", "jobs_day", "jobs_day=x",
                                  "jobs_day=1.5", "jobs_day=-1",
                                  "jobs_day=1,jobs_day=9"])  # fmt: skip
def test_what_is_no_quota_is_refused_by_name(quota: str) -> None:
    with pytest.raises(InputError, match="quota: expected"):
        limits_of(quota)


def test_a_quota_is_a_number_of_each_kind() -> None:
    assert limits_of(" requests_day=5, minutes_month=60,") == Limits(
        {"requests_day": 5, "minutes_month": 60}
    )
