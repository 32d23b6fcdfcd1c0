"""Whose a file on its way in will be, as far as its name tells before it is there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.people.grouping import group
from trifold.studio.database.projects import Project, Recording, Upload
from trifold.studio.recordings.people import usable_name


def uploads_of(
    session: Session, project_id: str, candidate_id: str, names: Collection[str]
) -> list[Upload]:
    """Unfinished uploads that will be a person's recordings, or will lie beside these.

    Those are files that are called like a recording of theirs, that the names of files give to
    them, and that lie in a folder in which all recordings are theirs.

    Args:
        session: of the database.
        project_id: of the project.
        candidate_id: of the person.
        names: all that the person has or had.
    """
    uploads = list(session.scalars(select(Upload).where(Upload.project_id == project_id)))
    if not uploads:
        return []
    found = select(Recording.path, Recording.candidate_id).where(Recording.project_id == project_id)
    whose = {PurePosixPath(path): owner for path, owner in session.execute(found)}
    own = {path for path, owner in whose.items() if owner == candidate_id}
    others = {path.parent for path in whose.keys() - own}
    folders = {path.parent for path in own} - others - {PurePosixPath()}
    beside = {path.with_suffix("") for path in own}
    paths = [PurePosixPath(upload.path) for upload in uploads]
    told = _told(session.get_one(Project, project_id), list(whose), paths)
    known = {name.casefold() for name in names}
    return [
        upload
        for upload, path, name in zip(uploads, paths, told, strict=True)
        if name.casefold() in known or path.parent in folders or path.with_suffix("") in beside
    ]


def _told(
    project: Project, recordings: Sequence[PurePosixPath], uploads: Sequence[PurePosixPath]
) -> list[str]:
    """The name of each upload's person by the names of files; empty where these do not tell."""
    files = [*recordings, *uploads]
    try:
        people = group(files, root="recordings", candidates=project.candidates).people
    except InputError:
        return [""] * len(uploads)
    return [usable_name(name) for name in people[len(recordings) :]]
