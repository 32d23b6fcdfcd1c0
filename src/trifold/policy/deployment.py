"""What the deploying organisation states about itself, in a YAML file that is its own.

Rules look here for what no program can know: who reviews, when the bias audit was, which notice is
in use. A field that is not stated is missing, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from trifold.errors import InputError, unknown

FIELDS: dict[str, dict[str, tuple[type, str]]] = {
    "dpia": {"id": (str, "of the data protection impact assessment"), "dated": (date, "its date")},
    "ethics": {"id": (str, "of the vote of the ethics board")},
    "notice": {
        "id": (str, "of the notice that candidates get"),
        "dated": (date, "since when it is in use"),
    },
    "reviewers": {"names": (list, "people or roles that review scores")},
    "recipients": {"roles": (dict, "caller of the endpoint to its role")},
    "processors": {"names": (list, "others who hold copies and are told of deletions; may be []")},
    "backups": {"names": (list, "where copies lie that deletion does not reach; may be []")},
    "event_log": {"kept_days": (int, "how long the log of events is kept")},
    "retention": {
        "days": (int, "how long data are kept, as candidates were told"),
        "statement": (str, "where candidates can read it"),
    },
    "biometrics": {"schedule": (str, "address of the public retention schedule")},
    "accommodation": {
        "process": (str, "the alternative process that candidates are offered"),
        "measures": (list, "what is measured by voice, face or time"),
    },
    "technical_file": {
        "general_description": (str, "Annex IV 1"),
        "development": (str, "Annex IV 2"),
        "monitoring": (str, "Annex IV 3"),
        "metrics": (str, "Annex IV 4"),
        "risk_management": (str, "Annex IV 5"),
        "changes": (str, "Annex IV 6"),
        "standards": (str, "Annex IV 7"),
        "declaration": (str, "Annex IV 8"),
        "post_market_plan": (str, "Annex IV 9"),
    },
    "bias_audit": {
        "dated": (date, "of the independent audit"),
        "auditor": (str, "who made it"),
        "url": (str, "of the public summary"),
        "published_on": (date, "of the summary"),
        "last_used_on": (date, "of the tool; omitted while it is in use"),
        "distributed_on": (date, "of the tool as audited"),
        "data": (str, "historical or test"),
        "data_explained": (str, "source and explanation of the data"),
        "test_reason": (str, "why test data, and how they were made"),
        "own_data_n": (int, "people of whom there are a year's own data"),
        "n_unknown": (int, "people of unknown category"),
        "median_over": (str, "known or all: whose median the scoring rate is over"),
        "groups_from": (str, "self-report, or how else"),
        "small_categories": (list, "below 2 %: each with name, n, rate, reason, left_out"),
        "categories": (list, "each with name, n, rate, ratio"),
    },
    "data_statement": {
        "types": (str, "of data collected"),
        "source": (str, "of the data"),
        "retention": (str, "the retention policy"),
    },
    "screening": {
        "ai_alone": (bool, "whether the score alone decides on the next step"),
        "report_to": (date, "end of the period of the last report by race"),
        "filed_on": (date, "when that was filed"),
    },
    "bias_tests": {
        "bundle_id": (str, "of the model that was tested"),
        "job": (str, "for which job"),
        "dated": (date, "when"),
    },
    "leak_probe": {
        "bundle_id": (str, "of the model that was probed"),
        "dated": (date, "when"),
        "result": (str, "what it found"),
    },
}


@dataclass(frozen=True)
class Deployment:
    """The statements by section and field."""

    stated: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def get(self, section: str, name: str) -> Any:
        """What is stated; None where nothing is."""
        if name not in FIELDS[section]:
            raise KeyError(f"{section}.{name}")
        return self.stated.get(section, {}).get(name)

    def missing(self, section: str, names: tuple[str, ...] = ()) -> list[str]:
        """Fields of a section that are not stated, or are empty text; all where none is named."""
        wanted = names or tuple(FIELDS[section])
        return [f"{section}.{n}" for n in wanted if self.get(section, n) in (None, "")]


def read_deployment(path: str | Path | None) -> Deployment:
    """The statements of a file; none without one.

    Raises:
        InputError: when it is no YAML, a field is unknown, or it holds another kind of value.
    """
    if not path:
        return Deployment()
    file = Path(path)
    try:
        facts = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        got = str(error).splitlines()[0]
        raise InputError(expected="a YAML file of statements", got=got, where=file) from error
    if not isinstance(facts, dict):
        raise InputError(expected="sections by name", got=type(facts).__name__, where=file)
    for section, fields in facts.items():
        if section not in FIELDS:
            raise unknown(section, FIELDS, what="sections", where=file)
        if not isinstance(fields, dict):
            raise InputError(expected=f"fields of {section}", got=repr(fields)[:60], where=file)
        for name, value in fields.items():
            _check(section, name, value, file)
    return Deployment(facts)


def _check(section: str, name: str, value: object, file: Path) -> None:
    if name not in FIELDS[section]:
        raise unknown(name, FIELDS[section], what=f"fields of {section}", where=file)
    kind, meaning = FIELDS[section][name]
    if type(value) is not kind:
        names = {
            str: "text",
            int: "a whole number",
            date: "a date",
            bool: "true or false",
            list: "a list",
            dict: "values by name",
        }
        raise InputError(
            expected=f"{names[kind]} ({meaning})",
            got=repr(value)[:60],
            where=f"{file}: {section}.{name}",
        )
