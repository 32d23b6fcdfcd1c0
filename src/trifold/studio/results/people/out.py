"""Results taken out: tables of a run, and one person as JSON or as the pages that reports write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trifold.reports.candidate import candidate_values
from trifold.reports.feedback.values import feedback_values
from trifold.reports.model import ReportedModel
from trifold.scoring.folder.tables import SPREADSHEETS, SUFFIXES
from trifold.scoring.schema import TABLES
from trifold.studio.results.people.person import Results
from trifold.studio.results.poles import Scale, in_words_of

KINDS = (*(f".{kind}" for kind in SPREADSHEETS), *SUFFIXES)
OWN_STYLE = (  # of pages that stand alone: nothing loaded, their style in them
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def files_of(folder: Path) -> list[str]:
    """Names of the tables that a run wrote, spreadsheets first."""
    names = [f"{table}{kind}" for kind in KINDS for table in reversed(TABLES)]
    return [name for name in names if (folder / name).is_file()]


def as_json(person: Results, model: ReportedModel) -> dict[str, Any]:
    """One person as programs read them: rows as in the tables, evidence, overrides."""
    return {
        "candidate": person.row,
        "answers": list(person.answers),
        "evidence": person.evidence,
        "overrides": [vars(one) for one in person.overrides],
        "bundle_id": model.bundle_id,
        "terms": model.terms,
    }


def feedback(
    person: Results, model: ReportedModel, scales: Sequence[Scale], *, contact: str
) -> dict[str, Any]:
    """Values of the page for the person, as ``trifold score feedback=…`` writes it."""
    values = feedback_values(
        person.row, person.answers, model, contact=contact, evidence=person.evidence
    )
    return in_words_of(scales, values)


def technical(
    person: Results, model: ReportedModel, scales: Sequence[Scale], *, said: Any, overview: str
) -> dict[str, Any]:
    """Values of the page of a candidate, as ``trifold score`` writes it."""
    values = candidate_values(
        person.row,
        person.answers,
        model,
        overview=overview,
        evidence=person.evidence,
        transcripts=said,
        overrides=person.overrides,
    )
    return in_words_of(scales, values)
