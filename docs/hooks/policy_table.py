"""Tables of policies and of what a deployer states, from the files and the code that are read."""

from __future__ import annotations

from datetime import date

from trifold.policy.deployment import FIELDS
from trifold.policy.reading import read_policy
from trifold.policy.rules import CONFIDENCE, Profile, Rule
from trifold.shipped import POLICIES, names_of

KINDS = {str: "text", int: "whole number", date: "date", bool: "true or false", list: "list"}


def rules() -> str:
    """Every profile with its rules, sources and the day on which these were read."""
    profiles = read_policy(names_of(POLICIES)).profiles
    return "\n\n".join([_confidence(), *(_profile(profile) for profile in profiles)])


def statements() -> str:
    """Every field of a deployment file."""
    rows = [
        f"| `{section}.{name}` | {KINDS.get(kind, 'values by name')} | {meaning} |"
        for section, fields in FIELDS.items()
        for name, (kind, meaning) in fields.items()
    ]
    return "\n".join(["| field | kind | what |", "|---|---|---|", *rows])


def _confidence() -> str:
    return "\n".join(f"* **{name}**: {meaning}." for name, meaning in CONFIDENCE.items())


def _profile(profile: Profile) -> str:
    head = f"### {profile.id} {{: #policy-{profile.id} }}"
    about = f"Version {profile.version}, checked on {profile.checked_on}."
    if profile.sources:
        about += f" Sources: {'; '.join(profile.sources)}."
    rows = [_row(rule) for rule in profile.rules]
    table = ["| rule | when | expected | else | source |", "|---|---|---|---|---|", *rows]
    return "\n\n".join([head, about, "\n".join(table)])


def _row(rule: Rule) -> str:
    days = [f"from {rule.starts}"] if rule.starts else []
    days += [f"to {rule.ends}"] if rule.ends else []
    source = "; ".join([part for part in (rule.source, *days, rule.confidence) if part])
    cells = (f"`{rule.id}`", rule.hook, rule.message, rule.on_fail, source)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
