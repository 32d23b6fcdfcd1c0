"""The policies of a project: which there are, what they demand, and whom they close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trifold.commands.governance.policies import Gate
from trifold.errors import unknown
from trifold.policy.deployment import read_deployment
from trifold.policy.facts import Consent, ScoreFacts
from trifold.policy.findings import examine
from trifold.policy.reading import COMMON, read_policy, read_profile
from trifold.policy.rules import Policy, Profile, Rule
from trifold.shipped import POLICIES, names_of, shipped
from trifold.studio.database.projects import Project
from trifold.studio.web.visit import Studio


@dataclass(frozen=True)
class Demands:
    """A profile and its own rules that are in force.

    Attributes:
        profile: of a file.
        rules: by hook, in the order of the work.
    """

    profile: Profile
    rules: Mapping[str, Sequence[Rule]]


def gate_of(studio: Studio, project: Project) -> Gate:
    """The project's policies with what the organisation states.

    Raises:
        InputError: when a profile is none any more, or the statements cannot be read.
    """
    deployment = read_deployment(studio.settings.deployment)
    return Gate(read_policy([str(name) for name in project.policy]), deployment)


def profiles(today: date) -> list[Demands]:
    """All that come with Trifold, ``common`` first."""
    names = [COMMON, *(name for name in names_of(POLICIES) if name != COMMON)]
    return [_demands(read_profile(shipped(name, POLICIES)), today) for name in names]


def chosen(names: Sequence[str]) -> list[str]:
    """Names of profiles, as ``Project.policy`` keeps them; ``common`` always holds.

    Raises:
        InputError: when one is unknown.
    """
    for name in names:
        if name not in names_of(POLICIES):
            raise unknown(name, names_of(POLICIES), what="policies", where="policy")
    return [name for name in names_of(POLICIES) if name in names and name != COMMON]


def needed(policy: Policy, today: date) -> list[str]:
    """What must stand recorded of each candidate before anything of them is analysed."""
    names: list[str] = []
    for rule in policy.at("score", today):
        if rule.check == "candidate_notice":
            names += ["notice_id", "notice_on"]
        elif rule.check == "notice_business_days":
            names.append("notice_on")
        elif rule.check == "consent_first":
            names += rule.params["needs"]
    return list(dict.fromkeys(names))


def closed(gate: Gate, consents: Mapping[str, Consent]) -> dict[str, str]:
    """Names of candidates of whom nothing may be analysed today, to why."""
    facts = ScoreFacts(candidates=tuple(consents), consents=consents, deployment=gate.deployment)
    found = examine(gate.policy, "score", facts, gate.today).closed
    return {name: line for name, (_, line) in found.items()}


def _demands(profile: Profile, today: date) -> Demands:
    rules: dict[str, list[Rule]] = {}
    for rule in profile.rules:
        if rule.holds_on(today):
            rules.setdefault(rule.hook, []).append(rule)
    return Demands(profile, rules)
