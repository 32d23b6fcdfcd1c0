"""Policies of scoring in a worker: at its start, and of each candidate before media are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from trifold.bundle.description import Description
from trifold.policy.collecting import load_facts, names_in
from trifold.policy.deployment import read_deployment
from trifold.policy.facts import Consent, ScoreFacts
from trifold.policy.findings import examine
from trifold.policy.reading import read_policy
from trifold.records.consent import read_consents
from trifold.serve.governance.rules import names_of
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings


def look_at_model(description: Description, settings: Settings) -> None:
    """The rules of loading, and those of scoring that are about all.

    Raises:
        PolicyError: for what is refused.
        InputError: when a profile or the file of statements cannot be read.
    """
    policy, today = read_policy(names_of(settings)), date.today()
    deployment = read_deployment(settings.deployment)
    specs = description.encoder_specs
    loaded = load_facts(
        purpose=settings.purpose,
        terms=description.terms,
        targets=description.schema.names,
        specs=specs,
        modalities=description.stream_modality,
        deployment=deployment,
    )
    examine(policy, "load", loaded, today).raise_refused()
    names = {"the targets": description.schema.names, **names_in(specs)}
    scored = ScoreFacts(
        settings.purpose, names, event_log=bool(settings.audit_log), deployment=deployment
    )
    examine(policy, "score", scored, today).raise_refused()


class ConsentGate:
    """Who may be scored; the consent table is read again when it changes.

    Args:
        settings: name the profiles and the table.

    Raises:
        InputError: when one of them cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._policy = read_policy(names_of(settings))
        self._facts = ScoreFacts(
            settings.purpose,
            event_log=bool(settings.audit_log),
            deployment=read_deployment(settings.deployment),
        )
        self._path = Path(settings.consent) if settings.consent else None
        self._read: tuple[int, Mapping[str, Consent]] = (0, {})
        self._consents()

    def check(self, candidate_id: str) -> None:
        """Refuse a candidate of whom a rule misses something.

        Raises:
            Problem: 403 with ``NO_CONSENT`` or ``NO_NOTICE`` and the rule.
        """
        facts = replace(self._facts, candidates=(candidate_id,), consents=self._consents())
        found = examine(self._policy, "score", facts, date.today())
        if candidate_id in found.closed:
            code, line = found.closed[candidate_id]
            raise Problem(403, code, line, field="candidate_id")

    def _consents(self) -> Mapping[str, Consent]:
        if self._path is None:
            return {}
        changed_ns = self._path.stat().st_mtime_ns if self._path.exists() else -1
        if changed_ns != self._read[0]:
            self._read = (changed_ns, read_consents(self._path))
        return self._read[1]
