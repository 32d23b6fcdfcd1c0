"""The manifest of a project's recordings: what people said about them, as commands read it.

``trifold score`` (``candidates: manifest``) and the corpus reader ``manifest`` take it. A row's
``clip_id`` is the recording's path below the project's folder of recordings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.runtime.private import private_folder, write_atomically
from trifold.studio.database.projects import Candidate, Recording
from trifold.studio.recordings.files import file_of
from trifold.studio.recordings.tracks import choice_cells
from trifold.studio.web.visit import Studio

Row = dict[str, str]


def manifest_rows(
    studio: Studio, session: Session, project_id: str, *, only: Sequence[str] | None = None
) -> list[Row]:
    """A row per answer that counts, in the order of people and of their answers.

    Args:
        studio: of the project.
        session: of the database.
        project_id: of the project.
        only: ids of candidates; None takes all.
    """
    wanted = (
        select(Recording, Candidate)
        .join(Candidate, Recording.candidate_id == Candidate.id)
        .where(Recording.project_id == project_id, Recording.left_out == "")
        .order_by(Candidate.name, Candidate.id, Recording.position, Recording.path)
    )
    if only is not None:
        wanted = wanted.where(Candidate.id.in_(list(only)))
    return [row_of(studio, one, person.name) for one, person in session.execute(wanted)]


def row_of(studio: Studio, recording: Recording, person: str) -> Row:
    """One row; columns that say nothing are empty."""
    return {
        "path": str(file_of(studio, recording)),
        "candidate_id": person,
        "clip_id": recording.path,
        "question": recording.question,
        "question_id": recording.question_id,
        "speaker": recording.speaker,
        "transcript": recording.transcript,
        "transcript_path": recording.transcript_path,
        **choice_cells(recording),
    }


def write_manifest(studio: Studio, project_id: str, path: Path) -> int:
    """Write the manifest of all answers that count; returns how many there are.

    Raises:
        InputError: when there is none.
    """
    with studio.database.reading() as session:
        rows = manifest_rows(studio, session, project_id)
    if not rows:
        raise InputError(
            expected="recordings of which it is known whose they are", got="none in this project"
        )
    write_rows(path, rows)
    return len(rows)


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """A file of JSON Lines, whole or not at all."""
    private_folder(path.parent)
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    write_atomically(path, lines.encode("utf-8"))
