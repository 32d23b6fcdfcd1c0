"""What each column of a table is: person, rater, question, session, target or score."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace

from trifold.errors import InputError
from trifold.media.files.manifest_columns import ALIASES as MANIFEST
from trifold.policy.protected import group_names, zip_names
from trifold.tables.cells import plain
from trifold.tables.headers import key, match, missing_column
from trifold.tables.table import Table

ALIASES: Mapping[str, tuple[str, ...]] = {
    "candidate_id": (*MANIFEST["candidate_id"], "employee", "employeeid"),
    "answer_id": ("answer", "clipid", "clip", "response", "responseid"),
    "question_id": ("question", "questionid", "item", "itemid", "prompt", "exercise", "task"),
    "rater": (
        *("raterid", "ratername", "judge", "judgeid", "annotator", "coder", "assessor"),
        *("assessorid", "evaluator", "interviewer", "interviewerid", "observer", "panelist"),
        *("ratedby", "assessedby", "yourname", "yourinitials", "assessorname", "interviewername"),
        *("reviewer", "scorer", "bewerter", "beurteiler", "evaluateur", "evaluador"),
    ),
    "session": (
        *("time", "wave", "occasion", "visit", "round", "timepoint", "measurement"),
        "redcapeventname",
    ),
    "target": ("trait", "competency", "competence", "dimension", "scale", "criterion", "construct"),
    "score": ("rating", "value", "grade", "points", "mark", "rated", "judgement", "judgment"),
}
OF_A_TOOL = frozenset(  # columns that survey tools alone add, by ``headers.key``
    (
        *("durationinseconds", "locationlatitude", "locationlongitude", "recipientlastname"),
        *("recordeddate", "distributionchannel", "collectorid", "lastpage", "startlanguage"),
        *("datesubmitted", "submitdate", "redcaprepeatinstance", "redcapeventname"),
        *("submissionid",),
    )
)
ALSO_OF_A_TOOL = frozenset(  # and may be anything where none of those is
    ("progress", "finished", "seed", "status", "interviewtime", "totaltime", "timetaken")
)
_ROW_IDS = ("responseid", "respondentid")  # what they call the numbers of rows
_PREVIEWS = frozenset(("survey preview", "survey test", "spam"))  # Qualtrics' ``Status``
_APART = "beside: "  # before names that no role may take
PERSON = ("id", "name", "no", "nr", "code", "recordid")  # where nothing says more plainly who it is


@dataclass(frozen=True)
class Roles:
    """What the user says of the columns; None leaves it to their names."""

    candidate_id: str | None = None
    answer_id: str | None = None
    question_id: str | None = None
    rater: str | None = None
    session: str | None = None
    target: str | None = None
    score: str | None = None

    def named(self) -> dict[str, str]:
        """Role to column, for those that were said."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {role: column for role, column in pairs if column}


def with_roles(table: Table, roles: Roles, *, beside: Collection[str] = ()) -> Table:
    """The table with its columns of known meaning under the names of ``Roles``.

    Args:
        table: as read.
        roles: what the user says of the columns.
        beside: columns that are wanted as something else, whatever they are called.

    Raises:
        InputError: when a named column is absent, nothing says who the person is, two columns go
            by one name, or a column is nearly called like a needed one.
    """
    said = roles.named()
    apart = {key(name) for name in beside} - {key(role) for role in ALIASES}
    came = ", ".join(column for column in table.columns[:12] if column)
    names = [f"{_APART}{name}" if name and key(name) in apart else name for name in table.columns]
    table = table.renamed(names) if apart else table
    for role, column in said.items():
        position = next((i for i, c in enumerate(table.columns) if key(c) == key(column)), None)
        if position is None:
            raise missing_column(column, table)
        columns = [
            role if i == position else ("" if name == role else name)
            for i, name in enumerate(table.columns)
        ]
        table = table.renamed(columns)
    table = _without_previews(_without_row_ids(table, said))
    aliases = {role: others for role, others in ALIASES.items() if role not in said}
    found = match(table, list(ALIASES), aliases=aliases)
    if "candidate_id" not in found.columns:
        found = match(found, ["candidate_id"], aliases={"candidate_id": PERSON})
    if "candidate_id" not in found.columns:
        raise InputError(
            expected="a column 'candidate_id', or candidate_id=COLUMN",
            got=f"columns {came}",
            where=table.where,
        )
    return found.renamed([name.removeprefix(_APART) for name in found.columns]) if apart else found


def _without_row_ids(table: Table, said: Mapping[str, str]) -> Table:
    """The table of a survey tool without its numbers of rows, which are of no answer or person.

    Qualtrics calls them ``ResponseId``, SurveyMonkey ``Respondent ID``. Taken for answers they
    would make every rater's ratings those of another answer.
    """
    if not tool_columns(table):
        return table
    asked = set(map(key, said.values()))
    ours = [name for name in table.columns if key(name) in _ROW_IDS and key(name) not in asked]
    if not ours:
        return table
    names = ["" if name in ours else name for name in table.columns]
    return table.renamed(names, [f"'{ours[0]}' numbers the survey's rows and is passed over"])


def _without_previews(table: Table) -> Table:
    """The table of a survey tool without answers that its makers gave to try it."""
    status = next((name for name in tool_columns(table) if key(name) == "status"), None)
    if status is None:
        return table
    tried = [plain(cell).casefold() in _PREVIEWS for cell in table.cells(status)]
    rows = [i for i, preview in enumerate(tried) if not preview]
    if not rows or len(rows) == len(tried):
        return table
    return replace(
        table,
        rows=tuple(table.rows[i] for i in rows),
        numbers=tuple(table.numbers[i] for i in rows),
        notes=(*table.notes, f"{sum(tried)} rows of previews and tests of the survey are left out"),
    )


def tool_columns(table: Table) -> list[str]:
    """Columns that a survey tool added about the survey, and nobody answered."""
    keys = {name: key(name) for name in table.columns if name}
    if not OF_A_TOOL.intersection(keys.values()):
        return []
    return [name for name, of in keys.items() if of in OF_A_TOOL | ALSO_OF_A_TOOL]


def column_named(table: Table, name: str) -> str:
    """The table's own spelling of a column: ``performance`` names ``Performance``.

    Raises:
        InputError: when there is none, or two go by that name.
    """
    if name in table.columns:
        return name
    found = [column for column in table.columns if column and key(column) == key(name)]
    if not found:
        raise missing_column(name, table)
    if len(found) > 1:
        came = " and ".join(map(repr, found))
        raise InputError(expected=f"one column '{name}'", got=came, where=table.where)
    return found[0]


def is_group(column: str) -> bool:
    """Whether a column says something of a person that no score may be read with."""
    return bool(group_names([column]) or zip_names([column]))
