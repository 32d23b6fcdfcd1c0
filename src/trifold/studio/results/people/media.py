"""The recording of an answer: where it lies, what it is, whether browsers play it, its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.contracts import Transcript
from trifold.errors import InputError
from trifold.media.transcripts.beside import TranscriptsBeside
from trifold.media.transcripts.reading import read_transcript
from trifold.media.transcripts.speakers.candidate import of_candidate
from trifold.media.transcripts.timing import fitted
from trifold.studio.database.projects import Recording
from trifold.studio.previews.kinds import OTHERS, PLAYED, has_picture, kind_of, plays
from trifold.studio.previews.pages import Preview, preview
from trifold.studio.recordings.files import file_of
from trifold.studio.web.visit import Studio

FOLDER = "recordings"


@dataclass(frozen=True)
class Media:
    """A file that can be offered.

    Attributes:
        path: of the file, inside the project's recordings.
        kind: its media type.
        plays: whether browsers can be expected to play it.
        has_picture: whether it is shown as a video.
        preview: how it stands with a copy that browsers play.
        speaker: the candidate's label in its transcript, where somebody said it.
    """

    path: Path
    kind: str
    plays: bool
    has_picture: bool
    preview: Preview
    speaker: str | None = None


def media_of(
    session: Session, studio: Studio, project_id: str, answer: Mapping[str, Any]
) -> Media | None:
    """The recording of an answer's row; None where it is gone or was never here.

    Args:
        session: of the database.
        studio: with the project.
        project_id: of the project.
        answer: row of the file.
    """
    clip = str(answer["clip_id"])
    folder = studio.folder_of(project_id)
    recording = _recording(session, project_id, clip)
    path = _noted(studio, recording) if recording else _on_disk(folder / FOLDER, clip)
    if path is None:
        return None
    return Media(
        path,
        kind_of(path),
        plays=plays(path, answer.get("picture_codec"), answer.get("sound_codec")),
        has_picture=has_picture(path),
        preview=preview(session, recording, folder, path),
        speaker=(recording.speaker or None) if recording else None,
    )


def _noted(studio: Studio, recording: Recording) -> Path | None:
    """The file of a recording, also in a folder of the server; None where it is gone."""
    try:
        path = file_of(studio, recording)
    except InputError:
        return None
    return path if path.is_file() else None


def inside(root: Path, relative: str) -> Path | None:
    """A file below a folder; None for what leads out of it, through links too, or is no file."""
    try:
        path = (root / relative).resolve()
        if path.is_relative_to(root.resolve()) and path.is_file():
            return path
    except (OSError, ValueError):  # a name that no file can have
        return None
    return None


def transcript_of(media: Media, answer: Mapping[str, Any]) -> Transcript | None:
    """The candidate's words on the recording's clock; None where no transcript lies beside it.

    Raises:
        TranscriptError: when it cannot be read.
    """
    beside = TranscriptsBeside().of(media.path).path
    if beside is None:
        return None
    said = of_candidate(
        read_transcript(beside),
        speaker=media.speaker,
        candidate_id=str(answer["candidate_id"]),
    )
    length = answer.get("duration_s")
    return fitted(said, float(length) if isinstance(length, int | float) else None)


def _recording(session: Session, project_id: str, clip: str) -> Recording | None:
    """By its id, or by its path without the ending, as rows name files."""
    here = select(Recording).where(Recording.project_id == project_id)
    by_id = session.scalar(here.where(Recording.id == clip))
    if by_id is not None:
        return by_id
    usual = [clip, *(f"{clip}{suffix}" for suffix in PLAYED | OTHERS)]  # which an index finds
    found = session.scalars(here.where(Recording.path.in_(usual)).order_by(Recording.path)).first()
    if found is not None:
        return found
    near = session.scalars(here.where(Recording.path.startswith(clip, autoescape=True)).limit(100))
    return next((one for one in near if _names(one.path, clip)), None)


def _names(path: str, clip: str) -> bool:
    stem = path.rpartition(".")[0] if "." in path.rpartition("/")[2] else path
    return clip in (path, stem)


def _on_disk(root: Path, clip: str) -> Path | None:
    """Where nobody wrote recordings down: a file of that name, of a kind that we know."""
    for suffix in ("", *PLAYED, *OTHERS):
        found = inside(root, clip + suffix)
        if found is not None and found.suffix.lower() in PLAYED | OTHERS:
            return found
    return None
