"""A file that has arrived whole becomes a recording of the project, or lies beside one."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.runtime.private import private_folder
from trifold.studio.database.projects import Recording, Upload
from trifold.studio.recordings.files import recordings_folder
from trifold.studio.recordings.names import is_media, numbered
from trifold.studio.recordings.uploads.parts import end, part_file, sha256_of
from trifold.studio.web.visit import Studio


class OtherContentError(InputError):
    """What arrived is not what was sent."""


def arrive(studio: Studio, upload: Upload) -> Recording | None:
    """Move a whole upload among the recordings; may be done again after a death in the midst.

    A file of the same name and content is there once; one of the same name and other content gets
    a number.

    Returns:
        The recording; None where it is a transcript.

    Raises:
        OtherContentError: when it does not have the checksum that was promised; it is thrown away.
    """
    file = part_file(studio, upload)
    digest = sha256_of(file)
    if upload.sha256 not in (None, digest):
        end(studio, upload)
        raise OtherContentError(
            expected=f"{upload.path} with the checksum that it was sent with",
            got="another; send it again",
        )
    path = _place(file, recordings_folder(studio, upload.project_id), upload, digest)
    recording = None
    if is_media(path):
        with studio.database.writing() as session:
            recording = _noted(session, upload, path, digest)
    end(studio, upload)
    return recording


def _place(file: Path, root: Path, upload: Upload, digest: str) -> PurePosixPath:
    """Link the file to the first name that is free, or holds the same; never over another."""
    wanted = PurePosixPath(upload.path)
    for number in range(1, 10_000):
        path = wanted if number == 1 else numbered(wanted, number)
        target = root / path
        _make_folders(root, path)
        try:
            os.link(file, target)
        except FileExistsError:
            same = target.is_file() and target.stat().st_size == upload.length
            if not same or sha256_of(target) != digest:
                continue
        _sync(target.parent)
        return path
    raise InputError(expected="a free name", got="thousands of files of one name", where=wanted)


def _make_folders(root: Path, path: PurePosixPath) -> None:
    """The folders above a file; none of them may be a link or a file.

    Raises:
        InputError: when one is: what is behind a link is not ours to change.
    """
    folder = private_folder(root)
    for name in path.parts[:-1]:
        folder = folder / name
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise InputError(
                expected="a folder to upload into", got="a link or a file", where=folder.name
            )
        private_folder(folder)


def _noted(session: Session, upload: Upload, path: PurePosixPath, digest: str) -> Recording:
    known = session.scalar(
        select(Recording).where(
            Recording.project_id == upload.project_id, Recording.path == path.as_posix()
        )
    )
    if known is None:
        known = Recording(project_id=upload.project_id, path=path.as_posix())
        session.add(known)
    known.size_bytes, known.sha256 = upload.length, digest
    session.flush()
    return known


def _sync(folder: Path) -> None:
    """The name of a new file is on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
