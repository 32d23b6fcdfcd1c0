"""Agreement of raters, for who may see ratings, and the tables to take along."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pandas as pd
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from trifold.errors import InputError, unknown
from trifold.studio.accounts.roles import Action
from trifold.studio.database.ratings import Comparison
from trifold.studio.ratings import keeping
from trifold.studio.ratings.agreement import (
    WANTED,
    agreement,
    is_under_way,
    long_table,
    rater_rows,
)
from trifold.studio.ratings.export import comparisons_table, ratings_table
from trifold.studio.ratings.pages.rating import settings_of
from trifold.studio.ratings.pair_reliability import reliabilities
from trifold.studio.ratings.pairs import judged
from trifold.studio.ratings.schema import schema_values, targets_of
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Area, Visit
from trifold.tables.sheets import xlsx_sheet
from trifold.tables.writing import as_csv

TABLES = {"ratings": ratings_table, "comparisons": comparisons_table}
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def agreement_page(visit: Visit) -> Response:
    """Who has rated how much, how far they agree, and what more would bring."""
    targets = targets_of(visit.here.targets)
    names = [one.name for one in targets]
    wanted = _wanted(visit)
    with visit.studio.database.reading() as session:
        people = keeping.candidates_to_rate(session, visit.here.id)
        raters = rater_rows(session, visit.here.id, [one.id for one in people], names)
        hidden = is_under_way(session, visit.here.id, visit.me.id, raters)
        if hidden:
            return visit.page("ratings_hidden.html.j2")
        # which reads every recording
        compared = compared_in(session, visit)
        pairs = judged(session, visit.here.id, targets, raters=()) if compared else None
        table = long_table(session, visit.here.id)
    visit.note("agreement_seen")
    found = agreement(table, names, [one.name for one in people], wanted=wanted)
    reliable = reliabilities(pairs.data, wanted) if pairs and len(pairs.data) else {}
    return visit.page(
        "ratings_agreement.html.j2",
        targets=targets,
        raters=raters,
        people=people,
        found=found,
        compared=reliable,
        mode=settings_of(visit).mode,
        wanted=wanted,
        choices=WANTED,
    )


def ratings_file(visit: Visit) -> Response:
    """Ratings or comparisons as a table, or the schema of the targets."""
    name = visit.request.path_params["file"]
    _refuse_while_rating(visit)
    if name == "schema.yaml":
        return _schema(visit)
    stem, _, kind = name.partition(".")
    if stem not in TABLES or kind not in KINDS:
        raise unknown(name, [f"{one}.{end}" for one in TABLES for end in KINDS], what="tables")
    with visit.studio.database.reading() as session:
        table = TABLES[stem](session, visit.here.id)
    visit.note("ratings_exported", table=stem, rows=len(table))
    if kind == "csv":
        text = as_csv(table)
        return _download(text.encode(), name, KINDS[kind])
    made = BytesIO()
    with xlsx_sheet(made, stem, list(table.columns)) as sheet:
        sheet.write(_cells(table))
    return _download(made.getvalue(), name, KINDS[kind])


def compared_in(session: Session, visit: Visit) -> bool:
    """Whether anybody has compared anything in the project."""
    wanted = select(Comparison.id).where(Comparison.project_id == visit.here.id)
    return session.scalar(wanted.limit(1)) is not None


def _refuse_while_rating(visit: Visit) -> None:
    """Raise where who asks is still rating themselves."""
    names = [one.name for one in targets_of(visit.here.targets)]
    with visit.studio.database.reading() as session:
        people = [one.id for one in keeping.candidates_to_rate(session, visit.here.id)]
        raters = rater_rows(session, visit.here.id, people, names)
        if is_under_way(session, visit.here.id, visit.me.id, raters):
            raise InputError(
                expected="own ratings of everybody before those of others",
                got="candidates whom you have not rated",
            )


def _schema(visit: Visit) -> Response:
    values = schema_values(visit.here.name, targets_of(visit.here.targets))
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    return _download(text.encode(), "schema.yaml", "application/yaml")


def _download(content: bytes, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _cells(table: pd.DataFrame) -> list[list[Any]]:
    return [
        [None if pd.isna(cell) else cell for cell in row]
        for row in table.itertuples(index=False, name=None)
    ]


def _wanted(visit: Visit) -> float:
    """The reliability that the address asks for; .80 where it asks for none that there is."""
    known = {f"{one:g}": one for one in WANTED}
    return known.get(visit.request.query_params.get("wanted", ""), 0.8)


AREAS = (
    Area(
        "agreement_page",
        "Agreement",
        "How far raters agree, how strict each is, and what more ratings would bring.",
        Action.SEE_RATINGS,
    ),
)
PAGES = (
    Page("/projects/{project}/agreement", agreement_page, Action.SEE_RATINGS),
    Page("/projects/{project}/agreement/{file}", ratings_file, Action.SEE_RATINGS),
)
