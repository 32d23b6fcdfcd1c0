"""The rules of a hook held against its facts: what is refused, warned of, and logged."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from trifold.codes import Code
from trifold.errors import TrifoldError
from trifold.policy.checks.all import CHECKS
from trifold.policy.checks.registry import Breach
from trifold.policy.rules import ON_FAIL, Policy, Rule

logger = logging.getLogger("trifold.policy")


class PolicyError(TrifoldError):
    """A rule of a policy forbids what was asked for."""

    code = Code.POLICY_REFUSED


@dataclass(frozen=True)
class Finding:
    """A rule and what broke it."""

    rule: Rule
    breach: Breach

    def __str__(self) -> str:
        """One line."""
        return f"{self.rule}: expected {self.rule.message}, got {self.breach.got}"

    def to_dict(self) -> dict[str, str]:
        """For files that programs read."""
        whose = {"candidate_id": self.breach.candidate} if self.breach.candidate else {}
        facts = {"profile": self.rule.profile, "rule": self.rule.id, "source": self.rule.source}
        told = {"on_fail": self.rule.on_fail, "expected": self.rule.message, "got": self.breach.got}
        return {**facts, **told, **whose}


@dataclass(frozen=True)
class Findings:
    """What the rules of a hook found, the strictest first."""

    found: tuple[Finding, ...] = ()

    @property
    def closed(self) -> dict[str, tuple[str, str]]:
        """Candidate whose recordings are not opened to the code and line for the row."""
        refused: dict[str, tuple[str, str]] = {}
        for one in self._of("refuse"):
            if one.breach.candidate is not None:
                code = one.breach.code or Code.POLICY_REFUSED
                line = f"{one.breach.got}: {one.rule}"
                refused.setdefault(one.breach.candidate, (str(code), line))
        return refused

    @property
    def lines(self) -> list[str]:
        """Warnings, one line each; what is wrong of many candidates is told of the first."""
        told: dict[object, Finding] = {}
        for number, one in enumerate(self._of("warn")):
            key = number if one.breach.candidate is None else (one.rule.profile, one.rule.id)
            told.setdefault(key, one)
        return [f"warning: {one}" for one in told.values()]

    def log(self) -> None:
        """Hand what is to be logged to the logger ``trifold.policy``."""
        for one in self._of("log"):
            logger.info("%s", one)

    def raise_refused(self) -> None:
        """Stop at the first that is refused and is about all.

        Raises:
            PolicyError: naming rule, source, what was expected and what came.
        """
        for one in self._of("refuse"):
            if one.breach.candidate is None:
                raise PolicyError(
                    expected=one.rule.message, got=one.breach.got, where=str(one.rule)
                )

    def _of(self, on_fail: str) -> Iterable[Finding]:
        return (one for one in self.found if one.rule.on_fail == on_fail)


def examine(policy: Policy, hook: str, facts: object, today: date) -> Findings:
    """Look at the facts with every rule of a hook that is in force.

    Where one fact breaks several rules in the same words, the strictest is told.

    Args:
        policy: of ``read_policy``.
        hook: one of ``HOOKS``.
        facts: of that hook.
        today: on which rules are in force, and from which days are counted.
    """
    kept: dict[object, Finding] = {}
    for rule in policy.at(hook, today):
        for breach in CHECKS[rule.check].look(facts, rule.params, today):
            key = (rule.check, breach)
            other = kept.get(key)
            if other is None or _strictness(rule) > _strictness(other.rule):
                kept[key] = Finding(rule, breach)
    return Findings(tuple(sorted(kept.values(), key=lambda one: -_strictness(one.rule))))


def stale_lines(policy: Policy, today: date) -> list[str]:
    """A warning per profile with rules whose sources were read too long ago."""
    old: dict[str, list[Rule]] = {}
    for rule in policy.stale(today):
        old.setdefault(rule.profile, []).append(rule)
    return [
        f"warning: policy {name}: {len(rules)} rules were last checked on "
        f"{min(rule.checked_on for rule in rules)} and may be stale: read their sources again"
        for name, rules in old.items()
    ]


def _strictness(rule: Rule) -> int:
    return ON_FAIL.index(rule.on_fail)
