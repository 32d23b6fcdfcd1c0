"""Quotas: counted over stops, refused with the time to come again, told each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.errors import InputError
from trifold.serve.state import FILE, State, StateError
from trifold.serve.usage.counts import Counts
from trifold.serve.usage.limits import JOBS, MINUTES, REQUESTS, Limits, limits_of, periods_at
from trifold.serve.usage.quotas import QuotaProblem, Usage

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


def usage(folder, text: str, now: list[datetime]) -> Usage:
    return Usage(Counts(State(folder)), lambda _: limits_of(text), lambda: now[0])


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)))
def test_days_and_months_follow_each_other_without_a_gap(now) -> None:
    for period in periods_at(now):
        assert period.start <= now < period.end
        following = next(p for p in periods_at(period.end) if p.kind == period.kind)
        assert following.start == period.end
        assert following.key > period.key


def test_who_has_used_its_day_waits_for_the_next_and_then_for_the_month(tmp_path) -> None:
    now = [NOON]
    held = usage(tmp_path, "requests_day=2,requests_month=3", now)
    held.admit("ann"), held.admit("ann")
    with pytest.raises(QuotaProblem, match="requests_day of 2") as raised:
        held.admit("ann")
    assert (raised.value.status, raised.value.headers) == (429, {"Retry-After": "43200"})
    held.admit("bob")
    now[0] = NOON + timedelta(hours=12)  # another day, and another month
    held.admit("ann"), held.admit("ann")
    now[0] += timedelta(days=1)
    held.admit("ann")
    with pytest.raises(QuotaProblem, match="requests_month of 3") as raised:
        held.admit("ann")
    assert raised.value.headers == {"Retry-After": str(27 * 86400)}


def test_refused_requests_are_not_counted_and_jobs_are_requests(tmp_path) -> None:
    held = usage(tmp_path, "jobs_day=1", [NOON])
    held.admit("ann", job=True)
    for _ in range(3):
        with pytest.raises(QuotaProblem, match="jobs_day"):
            held.admit("ann", job=True)
    held.admit("ann")
    day = held.to_dict("ann")["day"]
    assert (day["requests"], day["jobs"], day["from"]) == (2, 1, "2027-01-31T00:00:00+00:00")


def test_minutes_count_once_they_are_scored(tmp_path) -> None:
    held = usage(tmp_path, "minutes_day=1", [NOON])
    for seconds in ("59.4", "", "none", "nan", "-5", "inf"):
        held.scored("ann", seconds)
    held.admit("ann")
    held.scored("ann", "30")
    with pytest.raises(QuotaProblem, match="minutes_day of 1"):
        held.admit("ann", job=True)
    assert held.to_dict("ann")["day"]["minutes"] == 1.49


def test_headers_are_those_of_the_draft(tmp_path) -> None:
    held = usage(tmp_path, "requests_day=10,minutes_month=60", [NOON])
    held.admit("ann")
    held.scored("ann", "90")
    assert held.headers("ann") == {
        "RateLimit-Policy": '"requests_day";q=10;w=86400, "minutes_month";q=60;w=2678400',
        "RateLimit": '"requests_day";r=9;t=43200, "minutes_month";r=59;t=43200',
    }
    assert usage(tmp_path, "", [NOON]).headers("ann") == {}


def test_counts_outlive_a_stop_and_old_ones_go(tmp_path) -> None:
    now = [NOON]
    usage(tmp_path, "", now).admit("ann", job=True)
    assert usage(tmp_path, "", now).to_dict("ann")["day"]["jobs"] == 1
    counts = Counts(State(tmp_path))
    for days in range(800):
        counts.add("ann", REQUESTS, 1, NOON + timedelta(days=days))
    counts.expire()
    rows = State(tmp_path).run("SELECT DISTINCT period FROM usage ORDER BY period")
    lengths = [len(row["period"]) for row in rows]
    assert (lengths.count(10), lengths.count(7)) == (62, 25)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_two_processes_count_together(tmp_path) -> None:
    first, second = Counts(State(tmp_path)), Counts(State(tmp_path))
    for kind in (REQUESTS, JOBS, MINUTES):
        for counts in (first, second, first):
            counts.add("ann", kind, 0.5, NOON)
        assert second.used("ann", periods_at(NOON)[0])[kind] == 1.5


def test_a_damaged_file_of_state_is_named(tmp_path) -> None:
    (tmp_path / FILE).write_bytes(b"no database, but long enough to be read as one" * 20)
    with pytest.raises(StateError, match="expected a file of state, got file is not a database"):
        State(tmp_path)


@pytest.mark.parametrize("text", ["requests=5", "requests_week=5", "jobs_day", "jobs_day=x",
                                  "jobs_day=1.5", "jobs_day=-1",
                                  "jobs_day=1,jobs_day=9"])  # fmt: skip
def test_what_is_no_quota_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match="quota: expected"):
        limits_of(text)


def test_a_quota_is_a_number_of_each_kind() -> None:
    assert limits_of(" requests_day=5, minutes_month=60,") == Limits(
        {"requests_day": 5, "minutes_month": 60}
    )
