"""The policies of a running endpoint: looked at when it starts, and for each caller once a day."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from trifold.codes import Code
from trifold.policy.deployment import read_deployment
from trifold.policy.facts import ServeFacts
from trifold.policy.findings import PolicyError, examine, stale_lines
from trifold.policy.reading import read_policy
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings

DESCRIPTION = Path(__file__).parents[1] / "openapi.yaml"


class ServingRules:
    """The rules with the hook ``serve``.

    Args:
        settings: name the profiles and the deployer's statements.

    Raises:
        InputError: when a profile or the file of statements cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._policy = read_policy(names_of(settings))
        self._deployment = read_deployment(settings.deployment)
        self._api = read_api()
        self._asked: dict[tuple[str, date], str] = {}

    def check(self) -> None:
        """Look at all that is not about a caller; warnings go to stderr.

        Raises:
            PolicyError: for what is refused.
        """
        today = date.today()
        found = examine(self._policy, "serve", self._facts(()), today)
        for line in [*stale_lines(self._policy, today), *found.lines]:
            print(line, file=sys.stderr, flush=True)
        found.log()
        found.raise_refused()

    def admit(self, caller: str) -> None:
        """Look at what holds today for a caller.

        Raises:
            Problem: 403 with the rule that refuses.
        """
        key = (caller, date.today())
        if key not in self._asked:
            try:
                examine(self._policy, "serve", self._facts((caller,)), key[1]).raise_refused()
                self._asked[key] = ""
            except PolicyError as error:
                self._asked[key] = str(error)
        if self._asked[key]:
            raise Problem(403, Code.POLICY_REFUSED, self._asked[key])

    def _facts(self, callers: tuple[str, ...]) -> ServeFacts:
        return ServeFacts(
            api=self._api,
            callers=callers,
            event_log=bool(self._settings.audit_log),
            can_override=bool(self._settings.keep_dir),
            deployment=self._deployment,
        )


def names_of(settings: Settings) -> list[str]:
    """The profiles that settings name, with commas between."""
    return [name.strip() for name in settings.policy.split(",") if name.strip()]


def read_api() -> dict[str, Any]:
    """The endpoint's own description."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C where it is built
    found: dict[str, Any] = yaml.load(DESCRIPTION.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return found
