"""Which columns of a table hold scores, and what is said of the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from trifold.errors import InputError
from trifold.studies.columns import ALIASES, is_group, tool_columns
from trifold.tables.cells import is_missing, is_moment, number
from trifold.tables.headers import key
from trifold.tables.table import Table

MOSTLY = 2 / 3  # of the cells that hold something hold a number: then the others are errors
SHOWN = 8  # columns that one line names
_TIMING = re.compile(r"(?:group|question) ?time:? .*|.*_(?:first|last) click|.*_page submit", re.I)
_WHEN = re.compile(  # what a column of moments is called, whose numbers count days or seconds
    r"(?<!candi)date|datum|timestamp|created|submitted|started|completed|modified|recorded|zeitpunkt|fecha"
)
_NUMBERING = frozenset(  # numbers of people, rows and telephones
    (
        *("id", "no", "nr", "code", "recordid", "rowid", "lfdnr", "laufendenummer", "nummer"),
        *("index", "row", "rownumber", "responseid", "submissionid", "employeeid"),
        *("phone", "mobile", "phonenumber", "telephone", "telefon", "telefonnummer", "mobil"),
        "personalnummer",
    )
)
_ABOUT = ("sd", "se", "sem", "std", "stdev", "var", "variance", "n", "count", "min", "max")
_SERIALS = (20_000.0, 80_000.0), (1e9, 1e13)  # days since 1900 now, and seconds since 1970
_AGAIN = re.compile(r"(.+?)(?:\.\d|\.\.\.\d+)")  # what pandas and R make of a name that comes again


@dataclass(frozen=True)
class ScoreColumns:
    """Columns of scores, those that hold none, and lines about these."""

    names: list[str]
    notes: list[str]


def score_columns(
    table: Table, *, beside: Collection[str] = (), wanted: Collection[str] = ()
) -> ScoreColumns:
    """The columns that hold numbers and have no other role.

    Args:
        table: with its roles, see ``columns.with_roles``.
        beside: columns that are wanted as something else.
        wanted: names that are scores, though a survey tool calls a column of its own so.
    """
    others = [n for n in table.columns if n and n not in (*ALIASES, *beside)]
    groups = [name for name in others if is_group(name)]
    free = [name for name in others if name not in groups]
    asked = set(map(key, wanted))
    theirs = {*tool_columns(table), *(name for name in free if _is_state(table, name))}
    tools = [name for name in free if name in theirs and key(name) not in asked]
    keys = {key(name) for name in free}
    words, numbers, dates, other = list[str](), list[str](), list[str](), list[str]()
    for position, name in enumerate(table.columns):
        if name in free and name not in tools:
            held = [row[position] for row in table.rows if not is_missing(row[position])]
            mostly = sum(number(cell) is not None for cell in held) >= MOSTLY * len(held)
            if held and _are_dates(name, held) and key(name) not in asked:
                dates.append(name)
            elif held and mostly and key(name) not in asked and _is_no_score(key(name), keys):
                other.append(name)
            elif held:
                (numbers if mostly else words).append(name)
    notes = []
    for names, what in (
        (tools, "are a survey tool's own"),
        (groups, "tell people's groups, which no score is read with,"),
        (dates, "hold dates or times"),
        (other, "number people or describe other columns"),
        (words, "hold no numbers"),
    ):
        if names:
            more = ", \u2026" if len(names) > SHOWN else ""
            notes.append(f"columns {', '.join(names[:SHOWN])}{more} {what} and are left out")
    return ScoreColumns(numbers, notes)


def with_one_score(
    table: Table, beside: Collection[str], wanted: Collection[str], *, wide: bool
) -> Table:
    """The table, whose column of scores is one of several where others are named besides.

    ``grade`` may hold all scores of a long table, or stand beside ``clarity`` in a wide one.

    Args:
        table: with its roles, see ``columns.with_roles``.
        beside: columns that are wanted as something else.
        wanted: names of scores.
        wide: every column of numbers is wanted.

    Raises:
        InputError: when nothing tells which.
    """
    written = table.written.get("score", "score")
    if "score" not in table.columns or "target" in table.columns:
        return table
    asked = {key(name) for name in wanted}
    others = score_columns(table, beside=beside, wanted=wanted).names
    if wide or asked & {key(written), *map(key, others)} - {"score"}:
        return table.renamed([written if name == "score" else name for name in table.columns])
    if others and key(written) != "score":
        raise InputError(
            expected=f"score={written} where it alone holds scores, or only=[…] that names several",
            got=f"'{written}' beside {', '.join(others[:SHOWN])}",
            where=table.where,
        )
    return table


def _is_state(table: Table, name: str) -> bool:
    """Whether a column times a page, or tells whether a form is complete, as REDCap writes it."""
    states = {"0", "1", "2", ""}  # incomplete, unverified, complete
    form = name.endswith("_complete") and table.columns.count(name) == 1
    return _TIMING.fullmatch(name) is not None or (form and states.issuperset(table.cells(name)))


def _is_no_score(name: str, names: Collection[str]) -> bool:
    """Whether a column numbers people, or is the deviation or the number of another's ratings."""
    of = (name.removesuffix(about) for about in _ABOUT if name.endswith(about))
    return name in _NUMBERING or any(one in names for one in of)


def _are_dates(name: str, cells: Sequence[str]) -> bool:
    """Whether all cells are moments, also as numbers where the name says so."""
    if all(is_moment(cell) and number(cell) is None for cell in cells):
        return True
    values = [number(cell) for cell in cells] if _WHEN.search(key(name)) else [None]
    return any(all(v is not None and low < v < high for v in values) for low, high in _SERIALS)


def refuse_twice(table: Table, names: Sequence[str]) -> None:
    """Refuse columns of numbers that have one name.

    Raises:
        InputError: naming the first two.
    """
    for name in names:
        again = _AGAIN.fullmatch(name)
        first = again[1] if again else name
        if names.count(name) > 1 or (first != name and first in names):
            raise InputError(
                expected=f"one column '{first}', or a name that says what each holds "
                f"({first}_rater1, {first}_q1, {first}_t1)",
                got=f"'{first}' and '{name}'",
                where=table.where,
            )
