"""What is looked at when a person is deleted: that it may be done, in time, and everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from trifold.policy.checks.registry import Breach, check
from trifold.policy.facts import DeleteFacts

SINCE = ("consent", "scored", "requested")


@check("delete", params=("what", "since", "days"))
def keep_at_least(facts: DeleteFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """A duty to keep that has ended, or never began."""
    begun = facts.since.get(params["since"])
    if begun is not None and (until := begun + timedelta(days=params["days"])) > today:
        yield Breach(f"{params['what']} since {begun}, to be kept until {until}")


@check("delete", params=("what", "since", "days"))
def keep_at_most(facts: DeleteFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """What may not be kept longer is deleted in time."""
    begun = facts.since.get(params["since"])
    if begun is not None and (by := begun + timedelta(days=params["days"])) < today:
        yield Breach(f"{params['what']} since {begun}, to be deleted by {by}")


@check("delete")
def nothing_remains(facts: DeleteFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """No place that was named holds the person any more."""
    for place in facts.remaining:
        yield Breach(f"something in {place}")


@check("delete", params=("sections",))
def others_told(facts: DeleteFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """A receipt is written, and it is stated who else holds copies; nobody is an answer."""
    if not facts.receipt:
        yield Breach("no receipt=FILE")
    for section in params["sections"]:
        if facts.deployment.get(section, "names") is None:
            yield Breach(f"no {section}.names in the deployment file")
