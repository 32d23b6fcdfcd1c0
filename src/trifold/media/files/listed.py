"""Published layouts: a ``metadata`` table in a folder, or beside it, that lists its files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.media.files.border import Closed, border_of
from trifold.media.files.manifest import clips_of_table
from trifold.media.files.manifest_columns import read_manifest_table

METADATA = tuple(f"metadata{suffix}" for suffix in (".jsonl", ".csv", ".parquet", ".xlsx"))


def listed_clips(
    root: Path, files: Sequence[Path], links: str, closed: Closed
) -> tuple[dict[Path, Clip], list[str]]:
    """Clips that a ``metadata`` table in the folder or beside it describes, by media file."""
    notes = []
    there = {resolved(file) for file in files}
    for table in (folder / name for folder in (root, root.parent) for name in METADATA):
        if not table.is_file() or not border_of(table.parent, links).holds(table):
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


def resolved(path: Path) -> Path:
    """Where a path leads; itself where links go in a circle or no system can hold it."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path
