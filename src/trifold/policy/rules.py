"""What a policy is made of: rules, each with a hook where it is looked at and what then happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

HOOKS = ("load", "train", "score", "report", "serve", "delete")
ON_FAIL = ("log", "warn", "refuse")  # from mild to strict
CONFIDENCE = {
    "read": "the source was read on the day it was checked",
    "recalled": "from memory of the source: read it before relying on this",
    "pending": "the source is not settled yet",
    "house": "a rule of Trifold's own, without a source outside",
}
FRESH_DAYS = 180  # for which a reading of a source is taken to hold


@dataclass(frozen=True)
class Rule:
    """One rule of a profile.

    Attributes:
        id: unique within its profile.
        hook: when it is looked at, one of ``HOOKS``.
        check: name of the function that looks, see ``trifold.policy.checks``.
        on_fail: one of ``ON_FAIL``.
        message: what is expected, as it reads after the word "expected".
        source: article or section; empty for a rule of our own.
        profile: id of the profile that it stands in.
        checked_on: when its source was read.
        confidence: one of ``CONFIDENCE``.
        params: of the check.
        starts: first day on which it holds; None always did.
        ends: last day; None has no end.
    """

    id: str
    hook: str
    check: str
    on_fail: str
    message: str
    source: str
    profile: str
    checked_on: date
    confidence: str = "read"
    params: Mapping[str, Any] = field(default_factory=dict)
    starts: date | None = None
    ends: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force."""
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day <= self.ends
        )

    def is_stale(self, day: date) -> bool:
        """Whether its source was read too long ago to be taken as it stands."""
        return self.confidence != "house" and day > self.checked_on + timedelta(days=FRESH_DAYS)

    def __str__(self) -> str:
        """As messages name it."""
        place = f"policy {self.profile}, rule {self.id}"
        return f"{place} ({self.source})" if self.source else place


@dataclass(frozen=True)
class Profile:
    """A policy file as read.

    Attributes:
        id: its name.
        version: of the file.
        checked_on: when its sources were read.
        sources: titles or addresses.
        inherits: ids of the profiles whose rules hold too.
        rules: its own.
    """

    id: str
    version: str
    checked_on: date
    sources: tuple[str, ...]
    inherits: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Policy:
    """Several profiles at once: their rules, each once and as strict as the strictest says."""

    profiles: tuple[Profile, ...]
    rules: tuple[Rule, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """``id@version`` of each profile."""
        return tuple(f"{profile.id}@{profile.version}" for profile in self.profiles)

    def at(self, hook: str, day: date) -> tuple[Rule, ...]:
        """The rules of a hook that are in force on a day."""
        return tuple(rule for rule in self.rules if rule.hook == hook and rule.holds_on(day))

    def stale(self, day: date) -> tuple[Rule, ...]:
        """Rules in force whose source should be read again."""
        return tuple(rule for rule in self.rules if rule.holds_on(day) and rule.is_stale(day))


def strictest(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Each rule once: of those that look for the same in the same way, the strictest stays.

    Two are the same when hook, check, parameters and dates are.
    """
    kept: dict[object, Rule] = {}
    for rule in rules:
        key = (rule.hook, rule.check, repr(sorted(rule.params.items())), rule.starts, rule.ends)
        other = kept.get(key)
        if other is None or ON_FAIL.index(rule.on_fail) > ON_FAIL.index(other.on_fail):
            kept[key] = rule
    return tuple(kept.values())
