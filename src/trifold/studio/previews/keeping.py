"""Where a preview lies, and whether it is that of the recording as it is now.

``previews/ann/q1.avi.mp4`` is the preview of ``recordings/ann/q1.avi``, and has its time of change.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

FOLDER = "previews"
SUFFIX, PARTIAL, FAILED = ".mp4", ".part", ".failed"


class Standing(StrEnum):
    """How it stands with a preview."""

    NONE = "none"
    READY = "ready"
    FAILED = "failed"


def preview_of(folder: Path, recording: str) -> Path:
    """Where the preview of a recording lies, if there is one.

    Args:
        folder: of the project.
        recording: its path among the project's recordings.
    """
    return folder / FOLDER / f"{recording}{SUFFIX}"


def standing(folder: Path, recording: str, source: Path) -> Standing:
    """Whether there is a preview of a recording, or that it could not be made.

    Args:
        folder: of the project.
        recording: its path among the project's recordings.
        source: the file itself; one that was changed since has no preview.
    """
    made = preview_of(folder, recording)
    if _is_of(made, source):
        return Standing.READY
    return Standing.FAILED if _is_of(failure_of(made), source) else Standing.NONE


def failure_of(made: Path) -> Path:
    """The note that a preview could not be made."""
    return made.with_name(f"{made.name}{FAILED}")


def forget_preview(folder: Path, recording: str) -> None:
    """Remove the preview of a recording with all that was begun of it."""
    made = preview_of(folder, recording)
    for file in (made, failure_of(made), made.with_name(f"{made.name}{PARTIAL}")):
        file.unlink(missing_ok=True)


def _is_of(made: Path, source: Path) -> bool:
    try:
        return made.stat().st_mtime_ns == source.stat().st_mtime_ns
    except OSError:
        return False
