"""Published layouts: a ``metadata`` table in a folder, or beside it, that lists its files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.media.files.border import Closed, border_of
from trifold.media.files.manifest import clips_of_table
from trifold.media.files.manifest_columns import read_manifest_table
from trifold.tables.reading import is_table

METADATA = (".jsonl", ".csv", ".parquet", ".xlsx")  # kinds of a ``metadata`` table, the first read


def listed_clips(
    root: Path, files: Sequence[Path], links: str, closed: Closed
) -> tuple[dict[Path, Clip], list[str]]:
    """Clips that a ``metadata`` table in the folder or beside it describes, by media file."""
    notes = []
    there = {resolved(file) for file in files}
    folders = (root, root.parent)
    for table in (t for folder in folders for t in tables_called("metadata", folder, METADATA)):
        if not border_of(table.parent, links).holds(table):
            continue
        try:
            listing = read_manifest_table(table)
            clips, said = clips_of_table(listing, links=links, unasked=True, closed=closed)
        except InputError as error:
            notes.append(f"{table.name} is ignored: expected {error.expected}, got {error.got}")
            continue
        listed = {resolved(c.path): c for c in clips if c.path is not None}
        if there & listed.keys():
            return listed, [*notes, *said]
        notes.append(f"{table.name} lists none of these files: ignored")
    return {}, notes


def tables_called(name: str, folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Tables of that name in a folder, in capitals or not, in the order of the suffixes."""
    order = {suffix: i for i, suffix in enumerate(suffixes)}
    try:
        found = [path for path in folder.iterdir() if path.stem.casefold() == name]
    except OSError:
        return []
    found = [path for path in found if path.suffix.lower() in order and path.is_file()]
    return sorted(found, key=lambda p: (order[p.suffix.lower()], p.name.lower() != p.name, p.name))


def nearly_called(name: str, folder: Path) -> list[Path]:
    """Tables whose name begins so and goes on, as ``manifest (1).csv`` does."""
    try:
        found = sorted(path for path in folder.iterdir() if is_table(path) and path.is_file())
    except OSError:
        return []
    return [path for path in found if re.match(rf"{name}[\s_.(-]", path.stem, re.IGNORECASE)]


def resolved(path: Path) -> Path:
    """Where a path leads; itself where links go in a circle or no system can hold it."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path
