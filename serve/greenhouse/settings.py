"""What the owner says about Greenhouse, in one YAML file.

::

    caller: greenhouse           # whose key Greenhouse holds
    key_file: greenhouse.key     # the same key, beside this file: Greenhouse is told with it
    provider: interviews         # caller that brings the recordings; the one above without it
    profile_url: https://hr.example.com/interviews/{interview}
    tests:
      - {id: structured, name: Structured video interview, model: trifold}
    partner_score: warmth        # a scale, where one number is wanted; without it there is none
    hosts: "*.greenhouse.io"     # where tests are said to be done
    days: 90                     # after which an interview is forgotten
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from trifold.errors import InputError, unknown
from trifold.serve.access.caller_entries import NAME
from trifold.serve.outbound.addresses import Hosts, hosts_of

HOSTS, DAYS, MODEL = "*.greenhouse.io", 90, "trifold"
PLACE = "{interview}"
_OF_TEST, _MODEL = ("id", "name", "model"), re.compile(r"[A-Za-z0-9_-]{1,64}")
_FIELDS = (
    "caller",
    "key_file",
    "provider",
    "profile_url",
    "tests",
    "partner_score",
    "hosts",
    "days",
)


@dataclass(frozen=True)
class OfferedTest:
    """A test that Greenhouse lists: its id, its name, and the model that scores it."""

    id: str
    name: str
    model: str


@dataclass(frozen=True)
class GreenhouseSettings:
    """What the file says, see there.

    Attributes:
        caller: whose key Greenhouse holds.
        provider: caller that brings the recordings.
        key_file: with the key of ``caller``.
        profile_url: of a page about an interview.
        tests: by id.
        partner_score: a scale, or nothing.
        hosts: where tests are said to be done.
        days: that an interview is kept.
    """

    caller: str
    provider: str
    key_file: Path
    profile_url: str
    tests: Mapping[str, OfferedTest]
    partner_score: str
    hosts: Hosts
    days: int

    def key(self) -> str:
        """The key that Greenhouse holds.

        Raises:
            InputError: when the file has none.
        """
        try:
            key = self.key_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            key = ""
        if not key:
            raise InputError(expected="a file with a key", got="none", where=self.key_file)
        return key


def read_greenhouse(path: str) -> GreenhouseSettings | None:
    """What the file says; None without one.

    Raises:
        InputError: when it holds anything else.
    """
    if not path:
        return None
    try:
        facts = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        got = type(error).__name__
        raise InputError(expected="a YAML file for Greenhouse", got=got, where=path) from error
    if not isinstance(facts, dict):
        raise InputError(expected="settings for Greenhouse", got="another text", where=path)
    for name in facts:
        if name not in _FIELDS:
            raise unknown(str(name)[:60], _FIELDS, what="settings of Greenhouse", where=path)
    caller, days = _text(facts, "caller", path), facts.get("days", DAYS)
    profile = _text(facts, "profile_url", path)
    if not profile.startswith("https://") or PLACE not in profile:
        expected = f"profile_url: an https:// address with {PLACE} in it"
        raise InputError(expected=expected, got=repr(profile), where=path)
    if type(days) is not int or not 1 <= days <= 3650:
        raise InputError(expected="days: from 1 to 3650", got=repr(days), where=path)
    found = GreenhouseSettings(
        caller,
        _text(facts, "provider", path, caller),
        Path(path).parent / _text(facts, "key_file", path),
        profile,
        _tests(facts.get("tests"), path),
        _text(facts, "partner_score", path, ""),
        hosts_of(_text(facts, "hosts", path, HOSTS), path),
        days,
    )
    found.key()
    return found


def _text(facts: Mapping[str, Any], name: str, path: str, usual: str | None = None) -> str:
    value = facts.get(name, usual)
    good = isinstance(value, str) and (value or usual == "")
    if not good or (name in ("caller", "provider") and not NAME.fullmatch(str(value))):
        raise InputError(expected=f"{name}: a text", got=repr(value)[:60], where=path)
    return str(value)


def _tests(facts: object, path: str) -> dict[str, OfferedTest]:
    if not isinstance(facts, list) or not facts:
        raise _no_test("another value", path)
    tests: dict[str, OfferedTest] = {}
    for one in facts:
        if not isinstance(one, dict) or not all(isinstance(v, str) and v for v in one.values()):
            raise _no_test(f"another value: {one!r:.60}", path)
        for name in one:
            if name not in _OF_TEST:
                raise unknown(str(name)[:60], _OF_TEST, what="settings of a test", where=path)
        if not {"id", "name"} <= set(one):
            raise _no_test(f"a test with {', '.join(one) or 'nothing'} alone", path)
        test = OfferedTest(one["id"], one["name"], one.get("model", MODEL))
        if not _MODEL.fullmatch(test.model):
            raise _no_test(f"the model {test.model!r:.60}", path)
        if test.id in tests:
            raise _no_test(f"the id {test.id!r:.60} twice", path)
        tests[test.id] = test
    return tests


def _no_test(got: str, path: str) -> InputError:
    expected = "tests: a list of id, name and, if you like, model, each a text"
    return InputError(expected=expected, got=got, where=path)
