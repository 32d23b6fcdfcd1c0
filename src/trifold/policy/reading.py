"""Policy files to rules: every field checked, profiles that inherit from others put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from trifold.errors import InputError, unknown
from trifold.policy.checks.all import CHECKS
from trifold.policy.rules import CONFIDENCE, HOOKS, ON_FAIL, Policy, Profile, Rule, strictest
from trifold.shipped import POLICIES, names_of, shipped

COMMON = "common"  # holds whatever else is asked for
_FIELDS = {"id", "version", "checked_on", "sources", "inherits", "rules"}
_OF_RULE = {
    "id",
    "hook",
    "check",
    "params",
    "on_fail",
    "message",
    "source",
    "from",
    "to",
    "confidence",
    "checked_on",
}


def read_policy(names: str | Iterable[str]) -> Policy:
    """The rules of some profiles and of all that they inherit from; ``common`` always holds.

    Args:
        names: of profiles that come with Trifold, or paths of files.

    Raises:
        InputError: when a profile is unknown, a file is no policy, or profiles inherit in a circle.
    """
    wanted = [names] if isinstance(names, str) else list(names)
    found: dict[str, Profile] = {}
    for name in (COMMON, *wanted):
        _collect(str(name).strip(), found, ())
    profiles = tuple(found.values())
    return Policy(profiles, strictest(tuple(rule for p in profiles for rule in p.rules)))


def read_profile(path: Path) -> Profile:
    """One policy file.

    Raises:
        InputError: naming the rule, the field, and what it may be.
    """
    try:
        state = path.stat()
    except OSError as error:
        got = " ".join(str(error).split())[:200]
        raise InputError(expected="a policy file in YAML", got=got, where=path) from error
    return _parsed(path, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=64)  # a server reads the same ones for every page
def _parsed(path: Path, _state: tuple[int, int]) -> Profile:
    try:
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        got = " ".join(str(error).split())[:200]
        raise InputError(expected="a policy file in YAML", got=got, where=path) from error
    if not isinstance(facts, dict):
        raise InputError(expected="a policy file", got=type(facts).__name__, where=path)
    _only(facts, _FIELDS, path)
    missing = sorted({"id", "version", "checked_on", "rules"} - facts.keys())
    if missing:
        raise InputError(expected=f"a field {missing[0]}", got="none", where=path)
    checked_on = _needed_day(facts["checked_on"], "checked_on", path)
    name = str(facts["id"])
    rules = [_rule(rule, name, checked_on, path) for rule in _list(facts["rules"], "rules", path)]
    ids = [rule.id for rule in rules]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise InputError(expected="each rule once", got=f"'{twice}' twice", where=path)
    return Profile(
        id=name,
        version=str(facts["version"]),
        checked_on=checked_on,
        sources=tuple(map(str, _list(facts.get("sources"), "sources", path))),
        inherits=tuple(map(str, _list(facts.get("inherits"), "inherits", path))),
        rules=tuple(rules),
    )


def _collect(name: str, found: dict[str, Profile], above: Sequence[str]) -> None:
    """Read a profile after those that it inherits from."""
    path = shipped(name, POLICIES)
    if not path.is_file():
        raise unknown(name, names_of(POLICIES), what="policies", where="policy")
    profile = read_profile(path)
    if profile.id in above:
        circle = " → ".join([*above, profile.id])
        raise InputError(expected="profiles that inherit in no circle", got=circle, where=path)
    for parent in profile.inherits:
        _collect(parent, found, (*above, profile.id))
    found.setdefault(profile.id, profile)


def _rule(facts: object, profile: str, checked_on: date, path: Path) -> Rule:
    if not isinstance(facts, dict) or "id" not in facts:
        raise InputError(expected="a rule with an id", got=repr(facts)[:60], where=path)
    where = f"{path}: rule {facts['id']}"
    _only(facts, _OF_RULE, where)
    for name in ("hook", "check", "on_fail", "message"):
        if not isinstance(facts.get(name), str) or not facts[name].strip():
            raise InputError(expected=f"text at {name}", got=repr(facts.get(name)), where=where)
    for name, known in (("hook", HOOKS), ("on_fail", ON_FAIL), ("confidence", CONFIDENCE)):
        if facts.get(name, "read") not in known:
            raise unknown(facts.get(name), known, what=name, where=where)
    params = facts.get("params") or {}
    _check_of(facts["check"], facts["hook"], params, where)
    return Rule(
        id=str(facts["id"]),
        hook=facts["hook"],
        check=facts["check"],
        on_fail=facts["on_fail"],
        message=" ".join(facts["message"].split()),
        source=" ".join(str(facts.get("source") or "").split()),
        profile=profile,
        checked_on=_day(facts.get("checked_on"), "checked_on", where) or checked_on,
        confidence=facts.get("confidence", "read"),
        params=params,
        starts=_day(facts.get("from"), "from", where),
        ends=_day(facts.get("to"), "to", where),
    )


def _check_of(name: str, hook: str, params: object, where: object) -> None:
    """Refuse a check that is none, is of another hook, or takes other parameters."""
    if name not in CHECKS:
        raise unknown(name, CHECKS, what="checks", where=where)
    check = CHECKS[name]
    if hook not in check.hooks:
        raise unknown(hook, check.hooks, what=f"hooks of the check {name}", where=where)
    if not isinstance(params, dict):
        raise InputError(expected="params by name", got=repr(params)[:60], where=where)
    for given in params:
        if given not in check.params:
            raise unknown(given, check.params, what=f"params of {name}", where=where)
    for needed in sorted(set(check.params) - params.keys()):
        raise InputError(expected=f"a param {needed} of {name}", got="none", where=where)


def _only(facts: Mapping[str, Any], known: set[str], where: object) -> None:
    for name in facts:
        if name not in known:
            raise unknown(name, sorted(known), what="fields", where=where)


def _list(value: object, name: str, where: object) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise InputError(expected=f"a list at {name}", got=repr(value)[:60], where=where)
    return value


def _day(value: object, name: str, where: object) -> date | None:
    return None if value is None else _needed_day(value, name, where)


def _needed_day(value: object, name: str, where: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise InputError(expected=f"a date such as 2026-11-29 at {name}", got=repr(value), where=where)
