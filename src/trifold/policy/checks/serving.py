"""What is looked at while the endpoint is up: its interface, who may call, the bias audit's age."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from trifold.policy.checks.registry import Breach, check
from trifold.policy.facts import ServeFacts


@check("serve", params=("words",))
def no_auto_reject(facts: ServeFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """No path, operation or field rejects or hires, and rows say that they only support."""
    for place, name in _names(facts.api):
        parts = {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
        if parts & set(params["words"]):
            yield Breach(f"{place} '{name}'")
    rows = facts.api.get("components", {}).get("schemas", {}).get("Row", {})
    said = rows.get("properties", {}).get("decision_support_only", {})
    if said.get("const") is not True or "decision_support_only" not in rows.get("required", ()):
        yield Breach("rows without decision_support_only: true")


@check("serve")
def oversight(facts: ServeFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """Overrides with a reason can be stored, and reviewers are named."""
    if not facts.can_override:
        yield Breach("no keep_dir, so that overrides cannot be stored")
    paths = facts.api.get("paths", {})
    if not any("override" in str(path) for path in paths):
        yield Breach("no path for overrides")
    if not facts.deployment.get("reviewers", "names"):
        yield Breach("no reviewers.names in the deployment file")


@check("serve", params=("section", "field", "days"))
def not_older_than(facts: ServeFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """What is stated happened at most so many days ago."""
    day = facts.deployment.get(params["section"], params["field"])
    name = f"{params['section']}.{params['field']}"
    if day is None:
        yield Breach(f"no {name} in the deployment file")
    elif day > today or (today - day).days > params["days"]:
        yield Breach(f"{name} of {day}, {(today - day).days} days ago")


@check("serve", params=("roles",))
def recipients_listed(
    facts: ServeFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """Each caller has a role, and the role is on the list."""
    roles = facts.deployment.get("recipients", "roles") or {}
    for caller in facts.callers:
        role = roles.get(caller)
        if role not in params["roles"]:
            yield Breach(f"the caller '{caller}' with {f'the role {role!r}' if role else 'none'}")


def _names(api: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every path, operation and field of a description, with what it is."""
    for path, operations in api.get("paths", {}).items():
        yield "the path", str(path)
        for operation in operations.values():
            if isinstance(operation, Mapping) and "operationId" in operation:
                yield "the operation", str(operation["operationId"])
    for schema in _schemas(api):
        for field in schema.get("properties", {}):
            yield "the field", str(field)


def _schemas(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every part of a description that has properties."""
    if isinstance(node, Mapping):
        if isinstance(node.get("properties"), Mapping):
            yield node
        for inner in node.values():
            yield from _schemas(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _schemas(inner)
