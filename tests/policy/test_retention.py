"""The longest duty against the shortest permission; clashes are said."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.policy_factory import TODAY
from trifold.policy.checks.people import business_days_after
from trifold.policy.reading import read_policy
from trifold.policy.retention import terms_of
from trifold.policy.rules import Policy, Rule

DAY = date(2026, 11, 2)


def rule(check: str, days: int, what: str = "everything", since: str = "scored") -> Rule:
    params = {"what": what, "since": since, "days": days}
    return Rule(f"{check}{days}", "delete", check, "warn", "m", "", "p", TODAY, params=params)


@given(st.lists(st.integers(0, 5000), min_size=1), st.lists(st.integers(0, 5000), min_size=1))
def test_the_longest_duty_and_the_shortest_permission_count(duties, permissions) -> None:
    rules = [rule("keep_at_least", n) for n in duties]
    rules += [rule("keep_at_most", n) for n in permissions]
    (term,) = terms_of(Policy((), tuple(rules)), {"scored": DAY}, TODAY)
    assert term.keep_until == DAY + timedelta(days=max(duties))
    assert term.delete_by == DAY + timedelta(days=min(permissions))
    assert term.clashes == (min(permissions) < max(duties))
    assert ("CLASH" in str(term)) == term.clashes


def test_illinois_and_california_clash_and_both_are_told() -> None:
    since = {"scored": DAY, "requested": TODAY}
    terms = {t.what: t for t in terms_of(read_policy(["us-il", "us-ca"]), since, TODAY)}
    said = str(terms["everything"])
    assert "keep until 2030-11-02 (us-ca: 2 CCR § 11013)" in said
    assert "delete by 2026-12-29 (us-il: 820 ILCS 42/15)" in said
    assert said.endswith("CLASH: a person must decide")


def test_what_has_not_begun_has_no_term_and_ones_own_promise_counts() -> None:
    policy = read_policy("us-il")
    assert all(t.delete_by is None for t in terms_of(policy, {}, TODAY))
    terms = terms_of(policy, {"scored": DAY}, TODAY, own_days=10)
    assert {t.delete_by for t in terms} == {date(2026, 11, 12)}
    (term,) = terms_of(read_policy([]), {}, TODAY)
    assert str(term) == "everything: no rule"


def test_business_days_leave_out_weekends_and_holidays() -> None:
    friday, thanksgiving = date(2026, 11, 20), frozenset({date(2026, 11, 26)})
    assert business_days_after(friday, 1) == date(2026, 11, 23)
    assert business_days_after(friday, 10) == date(2026, 12, 4)
    assert business_days_after(friday, 10, thanksgiving) == date(2026, 12, 7)
    assert business_days_after(friday, 0) == friday


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 60))
def test_business_days_agree_with_numpy(day: date, n: int) -> None:
    expected = np.busday_offset(np.busday_offset(day, 0, roll="backward"), n, roll="backward")
    assert business_days_after(day, n) == (day if n == 0 else expected.astype(object))
