"""A candidate's results, read from the rows, and what their page says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trifold.contracts import Transcript
from trifold.records.overrides import Override, read_overrides
from trifold.reports.candidate import candidate_values
from trifold.reports.model import ReportedModel
from trifold.scoring.rows import Row
from trifold.studio.database.work import CandidateResult
from trifold.studio.results.drawing import bars
from trifold.studio.results.index import TABLES
from trifold.studio.results.lines import read_rows
from trifold.studio.results.people.streams import with_streams
from trifold.studio.results.poles import Scale, in_words_of
from trifold.studio.web.messages.advice import advice_of


@dataclass(frozen=True)
class Results:
    """All that is known of one person in a run.

    Attributes:
        key: of addresses.
        row: of the candidate.
        answers: rows of their files, in the order of the input.
        evidence: what moved their scores; None where nobody asked.
        overrides: what reviewers said.
    """

    key: str
    row: Row
    answers: tuple[Row, ...]
    evidence: Mapping[str, Any] | None
    overrides: tuple[Override, ...]

    @property
    def name(self) -> str:
        """Candidate id."""
        return str(self.row["candidate_id"])


def results_of(folder: Path, found: CandidateResult) -> Results:
    """Read a person's rows where the index says that they lie.

    Raises:
        InputError: when the files are others than those of the index.
    """
    tables = {
        table: read_rows(folder / name, found.places.get(table, ()), found.candidate)
        for table, name in TABLES.items()
    }
    return Results(
        found.key,
        found.row,
        tuple(tables["answers"]),
        next(iter(tables["evidence"]), None),
        tuple(read_overrides(folder, found.candidate)),
    )


def person_values(
    person: Results,
    model: ReportedModel,
    scales: Sequence[Scale],
    said: Mapping[str, Transcript],
) -> dict[str, Any]:
    """Values of a candidate's page: those of the page that reports write, with more for a screen.

    Args:
        person: whose page it is.
        model: what made the scores.
        scales: of the model.
        said: clip id to words, where they are known.
    """
    values = in_words_of(
        scales,
        candidate_values(
            person.row,
            person.answers,
            model,
            overview="",
            evidence=person.evidence,
            transcripts=said,
            overrides=person.overrides,
        ),
    )
    withheld = [reason["code"] for reason in values["person"]["reasons"]]
    flagged = [flag["code"] for flag in values["person"]["flags"]]
    norms = {one["name"]: one["norm"] for one in values["person"]["scales"]}
    return {
        **values,
        "results": person,
        "bars": list(zip(scales, bars(person.row, scales), strict=True)),
        "norm_of": norms,
        "panels": with_streams(values["panels"], person.evidence),
        "advice": {code: advice_of(code) for code in (*withheld, *flagged)},
    }
