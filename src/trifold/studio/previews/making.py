"""The job that makes previews: of some recordings, or of all that browsers cannot play."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from trifold.contracts import Chosen
from trifold.errors import InputError
from trifold.runtime.private import private_folder, write_atomically
from trifold.runtime.progress import stage
from trifold.studio.database.projects import Recording
from trifold.studio.previews.keeping import (
    PARTIAL,
    Standing,
    failure_of,
    forget_preview,
    preview_of,
    standing,
)
from trifold.studio.previews.kinds import plays
from trifold.studio.recordings.files import file_of
from trifold.studio.recordings.tracks import tracks_chosen
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio
from trifold.studio.web.visit import Studio

PATIENCE_S = 4 * 3600.0  # for one recording


def make_previews(facts: Mapping[str, Any]) -> None:
    """Make what is missing; what cannot be made is noted and stops nothing.

    Args:
        facts: ``settings`` of the studio, id of a ``project`` and ids of ``recordings``; none of
            these takes all that browsers cannot play.
    """
    studio = open_studio(StudioSettings.from_plain(facts["settings"]))
    wanted = list(missing(studio, str(facts["project"]), list(facts["recordings"])))
    with stage("previews", len(wanted), unit="files", show=True) as told:
        for recording, source in wanted:
            made = preview_of(studio.folder_of(recording.project_id), recording.path)
            make(source, made, tracks_chosen(recording))
            if not _is_there(studio, recording):  # deleted or chosen anew meanwhile
                forget_preview(studio.folder_of(recording.project_id), recording.path)
            told.advance()


def missing(
    studio: Studio, project_id: str, only: list[str] | None = None
) -> Iterator[tuple[Recording, Path]]:
    """Recordings without a preview, with their files.

    Args:
        studio: of the project.
        project_id: of the project.
        only: ids of those that are wanted; none takes all that browsers cannot play.
    """
    found = select(Recording).where(Recording.project_id == project_id).order_by(Recording.path)
    if only:
        found = found.where(Recording.id.in_(only))
    with studio.database.reading() as session:
        recordings = list(session.scalars(found))
        session.expunge_all()
    for one in recordings:
        codecs = one.quality.get("codecs", {})
        if not only and plays(Path(one.path), codecs.get("video"), codecs.get("audio")):
            continue
        try:
            source = file_of(studio, one)
        except InputError:  # it leads to where nobody may look
            continue
        there = source.is_file()
        if there and standing(studio.folder_of(project_id), one.path, source) is Standing.NONE:
            yield one, source


def make(source: Path, made: Path, chosen: Chosen) -> bool:
    """Make one preview in a process of its own; whether that went well.

    Args:
        source: the recording.
        made: where the preview shall lie; it is there whole or not at all.
        chosen: what somebody chose of the recording.
    """
    stamp = source.stat()
    private_folder(made.parent)
    partial = made.with_name(f"{made.name}{PARTIAL}")
    order = [str(source), str(partial), json.dumps(chosen)]
    words = [sys.executable, "-m", "trifold.studio.previews.encoding", *order]
    try:
        code = subprocess.run(words, timeout=PATIENCE_S, check=False).returncode  # noqa: S603
    except subprocess.TimeoutExpired:
        code = -1
    good = code == 0 and partial.is_file()
    kept = made if good else failure_of(made)
    if good:
        partial.chmod(0o600)
        os.utime(partial, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        partial.replace(made)
        failure_of(made).unlink(missing_ok=True)
    else:
        partial.unlink(missing_ok=True)
        write_atomically(kept, f"{code}\n".encode())
        os.utime(kept, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    return good


def _is_there(studio: Studio, recording: Recording) -> bool:
    with studio.database.reading() as session:
        known = session.get(Recording, recording.id)
        return (
            known is not None
            and known.path == recording.path
            and tracks_chosen(known) == tracks_chosen(recording)
        )
