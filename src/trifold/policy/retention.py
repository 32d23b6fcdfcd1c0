"""How long data must and may be kept: the longest duty against the shortest permission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from trifold.policy.rules import Policy, Rule

DUTY, PERMISSION = "keep_at_least", "keep_at_most"  # names of the checks


@dataclass(frozen=True)
class Term:
    """When one kind of data may and must go.

    Attributes:
        what: the data.
        keep_until: the last day on which a duty holds; None where there is none.
        keep_rule: the rule with that duty.
        delete_by: the last day on which it may be there; None where there is none.
        delete_rule: the rule that says so.
    """

    what: str
    keep_until: date | None = None
    keep_rule: str = ""
    delete_by: date | None = None
    delete_rule: str = ""

    @property
    def clashes(self) -> bool:
        """Whether it must be kept longer than it may be."""
        return bool(self.keep_until and self.delete_by and self.delete_by < self.keep_until)

    def __str__(self) -> str:
        """One line for people; a clash is said, not solved."""
        keep = f"keep until {self.keep_until} ({self.keep_rule})" if self.keep_until else ""
        go = f"delete by {self.delete_by} ({self.delete_rule})" if self.delete_by else ""
        said = "; ".join(part for part in (keep, go) if part) or "no rule"
        return f"{self.what}: {said}{'; CLASH: a person must decide' if self.clashes else ''}"


def terms_of(
    policy: Policy, since: Mapping[str, date], today: date, *, own_days: int | None = None
) -> list[Term]:
    """The term of each kind of data of one person.

    A rule for ``everything`` holds for every kind.

    Args:
        policy: with rules of the checks ``keep_at_least`` and ``keep_at_most``.
        since: ``consent``, ``scored``, ``requested`` to the day on which it was; a rule whose day
            is not there has not begun to run.
        today: on which rules are in force.
        own_days: how long the deployer told candidates that it keeps data, from ``scored``.
    """
    rules = [r for r in policy.at("delete", today) if r.check in (DUTY, PERMISSION)]
    kinds = list(dict.fromkeys(str(rule.params["what"]) for rule in rules)) or ["everything"]
    return [_term(kind, rules, since, own_days) for kind in kinds]


def _term(kind: str, rules: list[Rule], since: Mapping[str, date], own_days: int | None) -> Term:
    """The latest of the duties and the earliest of the permissions."""
    dated: dict[str, list[tuple[date, str]]] = {DUTY: [], PERMISSION: []}
    for rule in rules:
        begun = since.get(str(rule.params["since"]))
        if begun is not None and rule.params["what"] in (kind, "everything"):
            day = begun + timedelta(days=int(rule.params["days"]))
            dated[rule.check].append((day, f"{rule.profile}: {rule.source or rule.id}"))
    if own_days is not None and "scored" in since:
        day = since["scored"] + timedelta(days=own_days)
        dated[PERMISSION].append((day, "your own retention.days"))
    keep = max(dated[DUTY], default=(None, ""))
    go = min(dated[PERMISSION], default=(None, ""))
    return Term(kind, *keep, *go)
