"""How files become people and answers: by their names, until somebody says otherwise.

Names are read as ``trifold score`` reads them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.media.files.border import Border
from trifold.media.files.folder import natural_key, survey
from trifold.media.files.recordings import strays
from trifold.media.files.walk import Walk, walk
from trifold.runtime.private import private_folder, write_atomically
from trifold.studio.database.projects import Project, Recording
from trifold.studio.recordings.files import linked_folders, recordings_folder
from trifold.studio.recordings.people import People, usable_name
from trifold.studio.web.visit import Studio

STRAYS = "transcripts of no recording.json"
GONE = "the file is not there any more"
OF_LINKS = "(links=all follows)"  # ends lines about what our links, surveyed apart, lead to


@dataclass
class Sorted:
    """What names of files tell.

    Attributes:
        files: path among the recordings to the file's clip; None where names do not tell whose.
        lines: what a person should know: rules, guesses and what was passed over.
        unclear: why names do not tell, one line per folder; empty where they do.
        strays: transcripts of no recording, as paths among the recordings.
    """

    files: dict[str, Clip | None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)


def told_by_names(studio: Studio, project_id: str, candidates: str = "auto") -> Sorted:
    """Look through a project's folders; nothing is changed.

    Args:
        studio: of the project.
        project_id: of the project.
        candidates: what a person is, see ``trifold.people.grouping``.
    """
    found, root = Sorted(), recordings_folder(studio, project_id)
    for name, folder in {"": root, **linked_folders(studio, project_id)}.items():
        seen = walk(folder, Border(folder)) if folder.is_dir() else Walk()
        inside = [file for file in seen.files if Border(folder).holds(file)]
        found.strays += [_below(file, folder, name) for file in strays((), seen)]
        if not inside:
            continue
        for file in inside:
            found.files[_below(file, folder, name)] = None
        try:
            interviews = survey(folder, unique=False, candidates=candidates)
        except InputError as error:
            found.unclear.append(f"{name}: {error.got}" if name else str(error.got))
            continue
        ours = {clip.path: clip for clip in interviews.clips if clip.path is not None}
        if candidates == "folder" and not name:  # that folder is the project, and no person
            ours = {file: clip for file, clip in ours.items() if file.parent != folder}
        found.files |= {_below(f, folder, name): ours[f] for f in inside if f in ours}
        named = {
            _below(c.transcript_path, folder, name)
            for c in interviews.clips
            if c.transcript_path is not None and c.transcript_path.is_relative_to(folder)
        }
        found.strays = [stray for stray in found.strays if stray not in named]
        found.lines += [line for line in interviews.lines if not line.endswith(OF_LINKS)]
    return found


def sort_recordings(studio: Studio, project_id: str) -> Sorted:
    """Note every file as a recording, and whose it is by its name where nobody has said so."""
    with studio.database.reading() as session:
        candidates = session.get_one(Project, project_id).candidates
    found = told_by_names(studio, project_id, candidates)
    with studio.database.writing() as session:
        wanted = select(Recording).where(Recording.project_id == project_id)
        known = {one.path: one for one in session.scalars(wanted)}
        people = People(session, project_id)
        places = _places(found.files)
        for path, clip in found.files.items():
            recording = known.get(path)
            if recording is None:
                recording = Recording(project_id=project_id, path=path, by_hand=False, left_out="")
                session.add(recording)
            if not recording.size_bytes:
                recording.size_bytes = _size(studio, project_id, path)
            if not recording.by_hand:
                _told(recording, clip, people, places[path])
        _without_file(session, known, found)
        session.flush()
        people.forget_empty()
    folder = private_folder(studio.folder_of(project_id))
    write_atomically(folder / STRAYS, json.dumps(found.strays).encode())
    return found


def strays_of(studio: Studio, project_id: str) -> list[str]:
    """Transcripts that belonged to no recording when names were last looked at."""
    place = studio.folder_of(project_id) / STRAYS
    return json.loads(place.read_bytes()) if place.is_file() else []


def _told(recording: Recording, clip: Clip | None, people: People, place: int) -> None:
    """What a clip says, for a recording of which nobody has said anything."""
    recording.position = place
    if clip is None:
        recording.left_out = ""
        return
    recording.candidate_id = people.named(usable_name(clip.candidate_id)).id
    recording.left_out = "" if clip.left_out is None else clip.left_out[1]
    recording.question, recording.question_id = clip.question or "", clip.question_id or ""
    recording.speaker = (clip.speaker or recording.speaker or "")[:200]
    recording.transcript = clip.transcript if isinstance(clip.transcript, str) else ""
    named = clip.transcript_path is not None and bool(clip.question or clip.question_id)
    recording.transcript_path = str(clip.transcript_path) if named else ""


def _places(files: Mapping[str, Clip | None]) -> dict[str, int]:
    """Order among the files of one person; that of a table where there is one, else of names."""
    order = sorted(files, key=natural_key)
    counts: dict[str, int] = {}
    places = {}
    for path in order:
        clip = files[path]
        person = clip.candidate_id if clip else ""
        places[path] = counts[person] = counts.get(person, 0) + 1
    return places


def _without_file(session: Session, known: Mapping[str, Recording], found: Sorted) -> None:
    """Recordings whose files are gone: those that nobody has touched go too."""
    for path, recording in known.items():
        if path in found.files:
            if recording.left_out == GONE:
                recording.left_out = ""
        elif recording.by_hand or recording.quality:
            recording.left_out = GONE
        else:
            session.execute(delete(Recording).where(Recording.id == recording.id))


def _below(file: Path, folder: Path, name: str) -> str:
    inner = file.relative_to(folder).as_posix()
    return f"{name}/{inner}" if name else inner


def _size(studio: Studio, project_id: str, path: str) -> int:
    file = recordings_folder(studio, project_id) / path
    return file.stat().st_size if file.is_file() else 0
