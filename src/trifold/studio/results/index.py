"""Rows that ``trifold score`` wrote, put into the database for lists; the files stay what counts.

An index belongs to files of one size and time of change. Where they were written anew, as by
forgetting a person, the next look makes it anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.reports.wording import flags, reasons
from trifold.studio.database.base import Base
from trifold.studio.database.projects import Candidate, Project
from trifold.studio.database.work import CandidateResult, Run, TargetResult
from trifold.studio.results.lines import rows_of, stretches
from trifold.studio.results.model import keep_model, taught_by
from trifold.studio.web.visit import Studio

CANDIDATES, ANSWERS, EVIDENCE = "candidates.jsonl", "answers.jsonl", "evidence.jsonl"
TABLES = {"answers": ANSWERS, "evidence": EVIDENCE}
AT_ONCE = 2000  # rows of an insert
Cells = dict[str, Any]


def index_run(studio: Studio, project_id: str, run_id: str) -> int:
    """Put the rows of a run into the database, in place of what was there of it.

    Files are read before anything is locked; people see the old index or the new one.

    Args:
        studio: whose database it is.
        project_id: of the project.
        run_id: of one of its runs that scored.

    Returns:
        How many candidates there are.

    Raises:
        InputError: when there is no such run, its tables cannot be read, or no bundle of the
            project is the one that made its scores.
    """
    with studio.database.reading() as session:
        run = _run(session, project_id, run_id)
        folder, facts = studio.folder_of(project_id) / run.folder, dict(run.facts)
        known = dict(_known(session, project_id))
        bundles = [str(facts.get("bundle") or ""), *_bundles(session, studio, project_id)]
    stamp = stamp_of(folder)
    rows = list(rows_of(folder / CANDIDATES))
    names = list[str]()
    if rows:
        places_of_models = [studio.settings.home / path for path in bundles if path]
        names += [one.name for one in keep_model(folder, rows, places_of_models).targets]
    teachers = taught_by(studio, project_id, str(facts.get("bundle") or ""))
    taught = sum(str(row["candidate_id"]) in teachers for row in rows)
    places = {table: stretches(folder / name) for table, name in TABLES.items()}
    people = [_candidate(run_id, row, known, places) for row in rows]
    scores = (cells for row in rows for cells in _targets(run_id, row, names))
    with studio.database.writing() as session:
        run = _run(session, project_id, run_id, lock=True)
        _replace(session, run_id, people, scores)
        run.facts = {**run.facts, **_facts(rows, people), "taught": taught, "indexed": stamp}
    return len(rows)


def ensure_indexed(studio: Studio, project_id: str, run: Run) -> None:
    """Index a run whose files are others than those that the index was made from.

    Raises:
        InputError: as ``index_run`` says.
    """
    if run.facts.get("indexed") != stamp_of(studio.folder_of(project_id) / run.folder):
        index_run(studio, project_id, run.id)


def stamp_of(folder: Path) -> list[list[int]]:
    """Size and time of change of the tables; zeros where there is none."""
    paths = [folder / name for name in (CANDIDATES, *TABLES.values())]
    states = [path.stat() if path.exists() else None for path in paths]
    return [[state.st_size, state.st_mtime_ns] if state else [0, 0] for state in states]


def key_of(run_id: str, candidate: str) -> str:
    """Sixteen letters for addresses and the log that do not tell a name."""
    name = candidate.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, key=run_id.encode(), digest_size=8).hexdigest()


def codes_of(row: Mapping[str, Any]) -> list[str]:
    """Every code of a row, once: what was missing, what is doubtful, why there are no scores."""
    found = [*(flag["code"] for flag in flags(dict(row))), *reasons(dict(row))]
    return list(dict.fromkeys(found))


def _run(session: Session, project_id: str, run_id: str, *, lock: bool = False) -> Run:
    wanted = select(Run).where(Run.id == run_id, Run.project_id == project_id, Run.kind == "score")
    run = session.scalar(wanted.with_for_update() if lock else wanted)
    if run is None:
        raise InputError(expected="a run of this project that scored", got=run_id)
    return run


def _known(session: Session, project_id: str) -> Iterator[tuple[str, str]]:
    """Name and id of the project's candidates."""
    wanted = select(Candidate.name, Candidate.id).where(Candidate.project_id == project_id)
    yield from ((name, one) for name, one in session.execute(wanted))


def _bundles(session: Session, studio: Studio, project_id: str) -> list[str]:
    """Where models of the project lie: the one that it uses, and what it trained."""
    project = session.get(Project, project_id)
    trained = select(Run.folder).where(Run.project_id == project_id, Run.kind == "train")
    folders = [str(studio.folder_of(project_id) / one) for one in session.scalars(trained)]
    return [str(project.bundle or "") if project else "", *folders]


def _candidate(
    run_id: str,
    row: Mapping[str, Any],
    known: Mapping[str, str],
    places: Mapping[str, Mapping[str, Any]],
) -> Cells:
    name = str(row["candidate_id"])
    return {
        "run_id": run_id,
        "candidate": name,
        "key": known.get(name) or key_of(run_id, name),
        "status": row["status"],
        "codes": "".join(f" {code} " for code in codes_of(row)),
        "places": {table: found.get(name, []) for table, found in places.items()},
        "row": row,
    }


def _targets(run_id: str, row: Mapping[str, Any], names: Sequence[str]) -> list[Cells]:
    return [
        {
            "run_id": run_id,
            "target": name,
            "candidate": str(row["candidate_id"]),
            "value": row[name],
            "low": row[f"{name}_low"],
            "high": row[f"{name}_high"],
            "sem": row.get(f"{name}_sem"),
        }
        for name in names
    ]


def _facts(rows: Sequence[Mapping[str, Any]], people: Sequence[Cells]) -> Cells:
    """What lists show of a run: counts, and the codes to filter by."""
    return {
        "people": len(rows),
        "scored": sum(row["status"] == "scored" for row in rows),
        "codes": sorted({code for cells in people for code in cells["codes"].split()}),
    }


def _replace(
    session: Session, run_id: str, people: Sequence[Cells], scores: Iterable[Cells]
) -> None:
    for table in (TargetResult, CandidateResult):
        session.execute(delete(table).where(table.run_id == run_id))
    for table, cells in ((CandidateResult, people), (TargetResult, scores)):
        rows = insert(Base.metadata.tables[table.__tablename__])
        waiting = iter(cells)
        while group := list(islice(waiting, AT_ONCE)):
            session.execute(rows, group)
