"""What is looked at before training and scoring: names that are groups, notices, consent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from trifold.codes import Code
from trifold.policy.checks.registry import Breach, check
from trifold.policy.facts import Consent, ScoreFacts, TrainFacts
from trifold.policy.protected import group_names, zip_names

_PSEUDONYM = re.compile(r"[0-9a-f]{16,128}")
NOBODY = Consent()


@check("train", "score")
def no_group_names(
    facts: TrainFacts | ScoreFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """No column, prompt or feature says which group somebody belongs to."""
    for place, names in facts.names.items():
        for name in group_names(names):
            yield Breach(f"{_short(name)} in {place}")


@check("train", "score")
def no_zip_names(
    facts: TrainFacts | ScoreFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """No column, prompt or feature holds a postcode."""
    for place, names in facts.names.items():
        for name in zip_names(names):
            yield Breach(f"{_short(name)} in {place}")


@check("score")
def candidate_notice(facts: ScoreFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """A notice with id and date stands recorded of each candidate."""
    for candidate in facts.candidates:
        told = facts.consents.get(candidate, NOBODY)
        if not told.notice_id or not _by(told.notice_on, today):
            yield Breach("no notice_id and notice_on", candidate, Code.NO_NOTICE)


@check("score", params=("days", "holidays"))
def notice_business_days(
    facts: ScoreFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """Each candidate had the notice so many business days ago."""
    holidays = frozenset(params["holidays"])
    for candidate in facts.candidates:
        told = facts.consents.get(candidate, NOBODY)
        if told.notice_on is None:
            yield Breach("no notice_on", candidate, Code.NO_NOTICE)
            continue
        due = business_days_after(told.notice_on, params["days"], holidays)
        if today < due:
            yield Breach(
                f"a notice of {told.notice_on}: not before {due}", candidate, Code.NO_NOTICE
            )


@check("score", params=("needs",))
def consent_first(facts: ScoreFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """What is needed of each candidate is dated, not later than today, and not withdrawn."""
    for candidate in facts.candidates:
        told = facts.consents.get(candidate, NOBODY)
        absent = [name for name in params["needs"] if not _by(getattr(told, name), today)]
        if absent:
            yield Breach(f"no {' and no '.join(absent)}", candidate, Code.NO_CONSENT)
        elif told.withdrawn_on is not None and told.withdrawn_on <= today:
            yield Breach(f"consent withdrawn on {told.withdrawn_on}", candidate, Code.NO_CONSENT)


@check("score", params=("section", "fields"))
def stated_for_scoring(
    facts: ScoreFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """The deployer states these fields."""
    absent = facts.deployment.missing(params["section"], tuple(params["fields"]))
    if absent:
        yield Breach(f"no {', '.join(absent)} in the deployment file")


@check("score", params=("purposes",))
def purpose_is(facts: ScoreFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """The purpose is one of these."""
    if facts.purpose not in params["purposes"]:
        yield Breach(f"purpose={facts.purpose}")


@check("score")
def pseudonymous_ids(facts: ScoreFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """Ids are hashes: 16 hex digits or more."""
    plain = [name for name in facts.candidates if not _PSEUDONYM.fullmatch(name)]
    if plain:
        yield Breach(f"{len(plain)} of {len(facts.candidates)} ids that are none")


@check("score", "serve", params=("days",))
def event_log(facts: Any, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """Each scoring is written to an append-only log, which is kept long enough."""
    if not facts.event_log:
        yield Breach("no audit_log")
    kept = facts.deployment.get("event_log", "kept_days")
    if kept is None or kept < params["days"]:
        yield Breach(f"event_log.kept_days of {kept if kept is not None else 'nothing'}")


def business_days_after(day: date, n: int, holidays: frozenset[date] = frozenset()) -> date:
    """The n-th day after a day that is neither Saturday, Sunday nor a holiday."""
    while n > 0:
        day += timedelta(days=1)
        n -= day.weekday() < 5 and day not in holidays
    return day


def _by(day: date | None, today: date) -> bool:
    return day is not None and day <= today


def _short(name: str) -> str:
    return repr(name if len(name) <= 60 else f"{name[:57]}…")
