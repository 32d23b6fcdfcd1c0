"""``trifold retention out=DIR``: what of whom must be kept until when, and is due when."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import DictConfig

from trifold.commands.governance.policies import Gate
from trifold.commands.shared import existing
from trifold.errors import InputError
from trifold.policy.facts import Consent
from trifold.policy.retention import Term, terms_of
from trifold.records.consent import read_consents
from trifold.tables.writing import write_csv


def retention(config: DictConfig) -> list[Path]:
    """Print the term of each person's data, clashes and what is overdue; nothing is deleted."""
    gate = Gate.of(config)
    rows = [
        {"candidate_id": person, **_row(term, gate.today)}
        for person in _people(config)
        for term in _terms(config, gate, person)
    ]
    late = [row for row in rows if row["state"] == "overdue"]
    clashes = [row for row in rows if row["state"] == "clash"]
    for row in rows:
        print(f"{row['candidate_id']}: {row['said']}{' (overdue)' if row in late else ''}")
    print(f"{len(late)} overdue, {len(clashes)} clashes, of {len(rows)} terms")
    if config.table is None:
        return []
    frame = pd.DataFrame(rows).drop(columns="said", errors="ignore")
    path = Path(config.table)
    path.parent.mkdir(parents=True, exist_ok=True)
    return [write_csv(frame, path)]


def begun(config: DictConfig, person: str) -> dict[str, date]:
    """The days from which retention runs for a person, as far as they are known.

    ``scored`` is the day on which the tables that hold the person were written last.
    """
    found: dict[str, date] = {}
    told = read_consents(config.get("consent")).get(person, Consent())
    if told.consent_on is not None:
        found["consent"] = told.consent_on
    if told.withdrawn_on is not None:
        found["requested"] = told.withdrawn_on
    if config.get("requested_on"):
        found["requested"] = requested_on(config, date.today())
    if config.get("out") is not None:
        from trifold.reports.forgetting import known_people

        out = Path(config.out)
        if person in known_people(out):
            changed_s = (out / "candidates.jsonl").stat().st_mtime
            found["scored"] = datetime.fromtimestamp(changed_s).date()
    return found


def requested_on(config: DictConfig, today: date) -> date:
    """When deletion was asked for; today where nothing else is said.

    Raises:
        InputError: when it is no date.
    """
    given = config.get("requested_on")
    if given is None:
        return today
    try:
        return date.fromisoformat(str(given))
    except ValueError as error:
        raise InputError(
            expected="a date such as 2026-11-29", got=repr(given), where="requested_on"
        ) from error


def _people(config: DictConfig) -> list[str]:
    """Everybody in the tables and in the consent table."""
    from trifold.reports.forgetting import known_people

    scored: list[str] = []
    if config.out is not None:
        scored = known_people(existing(config.out, what="a folder that trifold score wrote"))
    return list(dict.fromkeys([*scored, *read_consents(config.consent)]))


def _terms(config: DictConfig, gate: Gate, person: str) -> list[Term]:
    own_days = gate.deployment.get("retention", "days")
    return terms_of(gate.policy, begun(config, person), gate.today, own_days=own_days)


def _row(term: Term, today: date) -> dict[str, Any]:
    overdue = term.delete_by is not None and term.delete_by < today
    state = "clash" if term.clashes else "overdue" if overdue else "running"
    return {
        "what": term.what,
        "keep_until": term.keep_until,
        "keep_rule": term.keep_rule,
        "delete_by": term.delete_by,
        "delete_rule": term.delete_rule,
        "state": state,
        "said": str(term),
    }
