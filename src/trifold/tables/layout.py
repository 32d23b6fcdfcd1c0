"""Where a table's header is, what it is, and which rows below it are no data.

Above the header may stand a title or comments. Spreadsheets write headers of two rows, the upper
one over several columns; SurveyMonkey's second row names the parts of a question. Qualtrics writes
two rows of questions and keys below its header, and joined exports repeat it in the middle.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from trifold.tables.cells import number, plain
from trifold.tables.headers import key

HEADER_WITHIN = 20  # rows from the top; above it may stand a title
_KEY_OF_SURVEY = '{"importid":'  # Qualtrics, below each of its columns
_ONE_ANSWER = frozenset(("response", "open-ended response"))  # SurveyMonkey, below a question
_COUNTERS = frozenset(  # what R, pandas and readr call a column of row numbers
    (
        *("", "x", "x1", "v1", "unnamed: 0", "...1", "rowname", "rownames", "row.names", "row"),
        *("rownum", "rownumber", "row_number", "row number", "index"),
    )
)
Rows = Sequence[Sequence[str]]


def header_position(rows: Rows, known: Collection[str]) -> tuple[int, int]:
    """Position of the header's first row, and how many known columns it has.

    That is the first row with cells, unless it has no known column and one of the next has two, or
    one below a title, which is a single cell.

    Args:
        rows: of the file.
        known: keys of column names, see ``headers.key``.
    """
    filled = [i for i, row in enumerate(rows) if any(cell.strip() for cell in row)]
    if not filled:
        raise ValueError("no row with cells")
    counts = {i: len({key(cell) for cell in rows[i]} & set(known)) for i in filled[:HEADER_WITHIN]}
    first = filled[0]
    title = sum(map(bool, map(str.strip, rows[first]))) == 1  # over a header of several cells
    enough = 1 if title else 2
    later = [i for i, count in counts.items() if count >= min(enough, len(known)) > 0]
    top = first if counts[first] or not later else later[0]
    if top == first and not counts[top] and len(filled) > 1:
        below = filled[1]
        if counts.get(below) and _names_groups(rows[top], rows[below]):
            return top, counts[below]
    above = filled[filled.index(top) - 1]
    if top == above + 1 and not counts[above] and _names_groups(rows[above], rows[top]):
        return above, counts[top]
    return top, counts[top]


def header_of(rows: Rows, top: int) -> tuple[list[str], int, list[str]]:
    """The names of the columns, where the data start, and what was noticed.

    Args:
        rows: of the file.
        top: position of the header's first row.
    """
    upper = [plain(cell) for cell in rows[top]]
    if top + 1 < len(rows):
        lower = [plain(cell) for cell in rows[top + 1]]
        width = max(len(upper), len(lower))
        upper, lower = (row + [""] * (width - len(row)) for row in (upper, lower))
        if _names_groups(upper, lower) or _names_parts(upper, lower):
            return _trimmed(_joined(upper, lower)), top + 2, ["the header has two rows"]
    return _trimmed(upper), top + 1, []


def data_rows(rows: Rows, start: int, header: Sequence[str]) -> tuple[list[int], list[str]]:
    """Positions of the rows of data, and what was noticed about the others.

    Args:
        rows: of the file.
        start: position below the header.
        header: names of the columns.
    """
    keys = [
        i
        for i in range(start, min(start + 3, len(rows)))
        if sum(plain(cell).casefold().startswith(_KEY_OF_SURVEY) for cell in rows[i]) > 1
    ]
    first = keys[-1] + 1 if keys else start
    notes = []
    if keys:
        above = numbered("row", range(start + 1, first + 1))
        notes.append(f"{above} of the survey's questions and keys passed over")
    filled = [i for i in range(first, len(rows)) if any(cell.strip() for cell in rows[i])]
    names = list(map(key, header))
    again = [i for i in filled if _repeats(rows[i], names)]
    if again:
        repeated = numbered("row", [i + 1 for i in again])
        notes.append(f"{repeated} with the header again passed over")
    return [i for i in filled if i not in set(again)], notes


def without_counter(header: Sequence[str], rows: Rows, known: Collection[str]) -> list[str]:
    """The header, with no name for a first column that only counts the rows."""
    name = header[0].casefold() if header else ""
    if name not in _COUNTERS or key(name) in known or len(rows) < 2:
        return list(header)
    cells = [row[0].strip() for row in rows]
    starts = cells[0] in ("0", "1")
    if starts and cells == [str(i) for i in range(int(cells[0]), int(cells[0]) + len(cells))]:
        return ["", *header[1:]]
    return list(header)


def _names_groups(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the upper row stands over groups of columns that the lower names one by one.

    ``,clarity,,drive,`` over ``candidate,R1,R2,R1,R2``: several names above, each but perhaps the
    last with a gap behind it, and a lower row without gaps or numbers.
    """
    above, below = _padded(upper, lower)
    named = [i for i, cell in enumerate(above) if cell]
    full = all(below[i] for i in range(max(len(_trimmed(above)), len(_trimmed(below)))))
    gaps = [i for i in named if i + 1 < len(above) and not above[i + 1] and below[i + 1]]
    twice = len(set(map(key, below))) < len(below)
    numbers = any(number(cell) is not None for cell in below)
    return full and not above[0] and bool(gaps) and (len(named) > 1 or twice) and not numbers


def _names_parts(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the lower row names parts of some columns of the upper, and is no data.

    Below a name that stands alone is nothing, the name again (of cells that were merged) or
    ``Response``; below a name with gaps behind it each column has a name of its own.
    """
    above, below = _padded(upper, lower)
    parts = False
    group = False  # whether the column belongs to a name with gaps behind it
    alone = 0
    for i, (name, part) in enumerate(zip(above, below, strict=True)):
        gap_behind = i + 1 < len(above) and not above[i + 1] and bool(below[i + 1])
        group = gap_behind if name else group
        says_nothing = not part or key(part) == key(name) or part.casefold() in _ONE_ANSWER
        if part and not says_nothing and (not group or number(part) is not None):
            return False
        parts |= bool(part) and key(part) != key(name)
        alone += bool(name) and says_nothing
    return parts and alone > 0


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    names, group = [], ""
    for i, (name, part) in enumerate(zip(upper, lower, strict=True)):
        if name or not part:
            group = name
        of_group = bool(group) and (not name or (i + 1 < len(upper) and not upper[i + 1]))
        if not part or key(part) == key(group) or part.casefold() in _ONE_ANSWER:
            names.append(name or part)
        else:
            names.append(f"{group} - {part}" if of_group else part)
    return names


def _padded(upper: Sequence[str], lower: Sequence[str]) -> tuple[list[str], list[str]]:
    width = max(len(upper), len(lower))
    above, below = ([plain(c) for c in row] + [""] * (width - len(row)) for row in (upper, lower))
    return above, below


def _trimmed(names: Sequence[str]) -> list[str]:
    end = len(names)
    while end and not names[end - 1]:
        end -= 1
    return list(names[:end])


def _repeats(row: Sequence[str], names: Sequence[str]) -> bool:
    """Whether most cells of a row are the names of their columns."""
    filled = [(key(cell), name) for cell, name in zip(row, names, strict=False) if cell.strip()]
    same = sum(cell == name != "" for cell, name in filled)
    return same > 1 and 2 * same > len(filled)


def numbered(what: str, numbers: Sequence[object]) -> str:
    """``row 3`` or ``rows 3, 5``, and no more than five of them."""
    shown = ", ".join(map(str, numbers[:5])) + (" \u2026" if len(numbers) > 5 else "")
    return f"{what}{'' if len(numbers) == 1 else 's'} {shown}"
