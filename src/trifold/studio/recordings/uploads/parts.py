"""Files on their way in: what has arrived of each lies in a file whose size is the offset.

There is no second note of how much there is, so nothing can disagree with it after a ``kill -9``.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from trifold.errors import InputError
from trifold.runtime.private import FILE, private_folder
from trifold.studio.database.base import now
from trifold.studio.database.projects import Upload
from trifold.studio.recordings.names import safe_path
from trifold.studio.web.visit import PROJECTS, Studio, Visit

FOLDER = "uploads"  # of a project
KEPT = timedelta(days=7)  # that an upload may lie idle
KEPT_EMPTY = timedelta(days=1)  # likewise, where nothing of it has come
SPARE_BYTES = 500_000_000  # of the disk, that are left to the database and to runs


class TooLargeError(InputError):
    """A file beyond the limit of the settings."""


class NoRoomError(InputError):
    """The disk is full, or would be."""


class BusyError(InputError):
    """Another request writes the same file."""


def begin(
    visit: Visit, *, name: str, length: int, sha256: str | None = None, takes_up: bool = False
) -> Upload:
    """Make room for a file.

    Args:
        visit: of who sends it, in a project.
        name: of the file, with its folders.
        length: in bytes.
        sha256: of its content in hexadecimal digits, where the sender knows it.
        takes_up: whether one that was begun before, of which nothing came or is coming, stands for
            this one.

    Raises:
        TooLargeError: when it is beyond the limit.
        NoRoomError: when the disk would be full.
        InputError: when it is empty, of a kind that is not read, or the checksum is none.
    """
    path, largest = safe_path(name), visit.studio.settings.largest_bytes
    if length > largest:
        raise TooLargeError(
            expected=f"a file of at most {largest / 1e9:g} GB", got=f"{length / 1e9:.1f} GB"
        )
    if length <= 0:
        raise InputError(expected="a recording", got="an empty file", where=path.name)
    if sha256 is not None and not (len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")):
        raise InputError(expected="a SHA-256 in 64 lower-case digits", got="another text")
    check_room(visit.folder, length)
    forget_idle(visit.studio)
    upload = Upload(
        project_id=visit.here.id,
        account_id=visit.me.id,
        path=path.as_posix(),
        length=length,
        sha256=sha256,
    )
    if takes_up and (begun := _begun(visit.studio, upload)) is not None:
        return begun
    with visit.studio.database.writing() as session:
        session.add(upload)
    # after the row, so that a file without one is always left over
    file = part_file(visit.studio, upload)
    private_folder(file.parent)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE))
    return upload


def _begun(studio: Studio, wanted: Upload) -> Upload | None:
    """The same upload, where its beginning was never answered: nothing of it has come.

    Of one that has bytes, or gets some now, nobody could say whether they are of this file.
    """
    same = (
        Upload.project_id == wanted.project_id,
        Upload.account_id == wanted.account_id,
        Upload.path == wanted.path,
        Upload.length == wanted.length,
        Upload.sha256 == wanted.sha256 if wanted.sha256 else Upload.sha256.is_(None),
    )
    with studio.database.reading() as session:
        found = list(session.scalars(select(Upload).where(*same)))
        session.expunge_all()
    return next((one for one in found if _is_untouched(part_file(studio, one))), None)


def _is_untouched(file: Path) -> bool:
    try:
        with appending(file) as part:
            return not part.tell()
    except (FileNotFoundError, BusyError):
        return False


def find(visit: Visit, upload_id: str) -> Upload | None:
    """An upload of this project by this account, while its file is there."""
    with visit.studio.database.reading() as session:
        upload = session.get(Upload, upload_id)
        if upload is not None:
            session.expunge(upload)
    ours = upload is not None and (upload.project_id, upload.account_id) == (
        visit.here.id,
        visit.me.id,
    )
    return upload if ours and upload and part_file(visit.studio, upload).exists() else None


def part_file(studio: Studio, upload: Upload) -> Path:
    """Where what has arrived of it lies."""
    return studio.folder_of(upload.project_id) / FOLDER / upload.id


@contextmanager
def appending(file: Path) -> Iterator[BinaryIO]:
    """The file to write at its end; on disk when the block ends, however it does.

    Raises:
        BusyError: when another request has it.
        NoRoomError: when the disk is full.
    """
    with file.open("r+b", buffering=0) as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                expected="one request at a time for an upload", got="another one that writes"
            ) from error
        part.seek(0, os.SEEK_END)
        try:
            yield part
        finally:
            os.fsync(part.fileno())


def write(part: BinaryIO, data: bytes) -> None:
    """All of the data, or as much as the disk takes.

    Raises:
        NoRoomError: when it is full.
    """
    view = memoryview(data)
    try:
        while view:
            view = view[part.write(view) :]
    except OSError as error:
        raise NoRoomError(
            expected="room on the server's disk", got=(error.strerror or "none").lower()
        ) from error


def end(studio: Studio, upload: Upload) -> None:
    """Forget an upload and what has arrived of it."""
    with studio.database.writing() as session:
        known = session.get(Upload, upload.id)
        if known is not None:
            session.delete(known)
    part_file(studio, upload).unlink(missing_ok=True)


def forget_idle(studio: Studio) -> None:
    """End uploads of which nothing more has come for days, and what a kill left of ended ones."""
    files = list((studio.settings.home / PROJECTS).glob(f"*/{FOLDER}/*"))
    with studio.database.reading() as session:
        known = set(session.scalars(select(Upload.id).where(Upload.id.in_(f.name for f in files))))
        old = list(session.scalars(select(Upload).where(Upload.created_at < now() - KEPT_EMPTY)))
        session.expunge_all()
    for file in files:
        if file.name not in known:
            file.unlink(missing_ok=True)
    for upload in old:
        file = part_file(studio, upload)
        if not file.exists() or _is_idle(file):
            end(studio, upload)


def _is_idle(file: Path) -> bool:
    kept = KEPT if file.stat().st_size else KEPT_EMPTY
    return file.stat().st_mtime < (now() - kept).timestamp()


def check_room(folder: Path, length: int) -> None:
    """Whether the disk takes a file.

    Raises:
        NoRoomError: when it would be full.
    """
    free = shutil.disk_usage(private_folder(folder)).free
    if length > free - SPARE_BYTES:
        raise NoRoomError(
            expected=f"room for {length / 1e9:.1f} GB on the server's disk",
            got=f"{max(0, free - SPARE_BYTES) / 1e9:.1f} GB; delete something or ask who keeps it",
        )


def sha256_of(file: Path) -> str:
    """Of the content, in hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
