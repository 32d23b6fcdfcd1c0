"""Data frames as CSV that no spreadsheet runs, and that reads back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trifold.tables.guard import guarded, unguarded

if TYPE_CHECKING:
    from pandas import DataFrame


def write_csv(frame: DataFrame, path: Path, **options: Any) -> Path:
    """Write a frame; text that a spreadsheet might run as a formula has an apostrophe in front.

    Args:
        frame: with its columns; the index is left out.
        path: of the file.
        options: of ``DataFrame.to_csv``.
    """
    frame.map(_guarded).rename(columns=_guarded).to_csv(path, index=False, **options)
    return path


def as_csv(frame: DataFrame) -> str:
    """What ``write_csv`` writes, as text."""
    return str(frame.map(_guarded).rename(columns=_guarded).to_csv(index=False))


def as_written(frame: DataFrame) -> DataFrame:
    """The frame that ``write_csv`` was given, when it was read back as text and numbers."""
    return frame.map(_unguarded).rename(columns=_unguarded)


def _guarded(cell: object) -> object:
    return guarded(cell) if isinstance(cell, str) else cell


def _unguarded(cell: object) -> object:
    return unguarded(cell) if isinstance(cell, str) else cell
