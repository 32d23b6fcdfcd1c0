"""Records of lines with a key each: ``Speaker: Otto``, ``Time: 0:03``, ``Text: I soak it.``; YAML.

The keys are those of tables' columns; a line without one goes on with the words above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.tabular.with_header import (
    COLUMNS,
    cue_of_row,
    plain_column,
)
from trifold.media.transcripts.timed.lines import split_lines
from trifold.media.transcripts.timed.repetition import parsed_from_cues

MOST_KEYED = 0.6  # of the lines
_KEYED = re.compile(
    r"\s*(?:- )?[*_\"]{0,3}([^\W\d_][\w ]{0,18}?)[*_\"]{0,3}\s?[:=](?:[*_]{1,2})?\s(.*)"
)
_NAMES = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}


def recognises(text: str) -> bool:
    """True where several records state their words, and when or by whom they were said."""
    head = text[:20_000]
    if ":" not in head and "=" not in head:
        return False
    lines = [line for line in split_lines(head) if line.strip()]
    records = _records(lines)
    keyed = sum(len(record) for record in records)
    whole = [r for r in records if "text" in r and r.get("start", "")[:1].isdigit()]
    return len(whole) > 1 and len(whole) == len(records) and keyed >= MOST_KEYED * len(lines)


def read(text: str) -> ParsedTranscript:
    """Read the records in their order."""
    records = _records(split_lines(text))
    rows = [{name: record.get(name, "") for name in COLUMNS} for record in records]
    whole = all(row["start"].isdigit() for row in rows)
    return parsed_from_cues(
        [cue_of_row(row, {}) for row in rows], kind="records", unit_known=not whole
    )


def _records(lines: Sequence[str]) -> list[dict[str, str]]:
    """Values by what they are; a key that comes again begins the next record."""
    records: list[dict[str, str]] = []
    last = ""
    for line in lines:
        keyed = _KEYED.fullmatch(f"{line.rstrip()} ")
        name = _NAMES.get(plain_column(keyed[1])) if keyed else None
        if keyed and name:
            if not records or name in records[-1]:
                records.append({})
            records[-1][name] = _unquoted(keyed[2].strip())
            last = name
        elif last == "text" and line.strip() and not keyed:
            records[-1]["text"] += f" {line.strip()}"
    return records


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value


FORMATS = (Format(recognises, read),)
