"""The columns of a manifest, by all the names that they go by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trifold.contracts import Chosen
from trifold.errors import InputError
from trifold.tables.cells import plain
from trifold.tables.headers import match
from trifold.tables.reading import read_table
from trifold.tables.table import Table

COLUMNS = (
    "path",
    "candidate_id",
    "clip_id",
    "question",
    "question_id",
    "transcript",
    "transcript_path",
    "speaker",
    "audio_track",
    "audio_channel",
    "video_track",
    "voice_at",
)
ALIASES = {  # what published layouts, recorders, studies and other languages call the same things
    "path": (
        "file",
        "filename",
        "filepath",
        "video",
        "videopath",
        "videofile",
        "videofilename",
        "videoname",
        "media",
        "mediapath",
        "mediafile",
        "audio",
        "audiopath",
        "audiofile",
        "recording",
        "recordingpath",
        "recordingfile",
        "datei",
        "dateiname",
        "dateipfad",
        "pfad",
        "fichier",
        "archivo",
    ),
    "candidate_id": (
        "candidate",
        "candidatename",
        "candidateno",
        "candidatenumber",
        "candidatenr",
        "candidatecode",
        "person",
        "personid",
        "personname",
        "participant",
        "participantid",
        "participantname",
        "participantno",
        "participantnumber",
        "subject",
        "subjectid",
        "interviewee",
        "intervieweeid",
        "intervieweename",
        "applicant",
        "applicantid",
        "applicantname",
        "respondent",
        "respondentid",
        "userno",
        "userid",
        "user",
        "kandidat",
        "kandidatenid",
        "bewerber",
        "bewerberid",
        "teilnehmer",
        "teilnehmerid",
        "proband",
        "probandid",
        "candidat",
        "candidato",
    ),
    "clip_id": ("id", "clip", "answerid", "responseid"),
    "question": ("questiontext", "prompt", "frage"),
    "question_id": ("questionno", "questionnumber", "questionnr"),
    "transcript": ("text", "transcripttext", "transcription", "transkript"),
    "transcript_path": ("transcriptfile", "vtt", "srt", "subtitles", "subtitlefile", "captions"),
    "speaker": ("speakername", "speakerlabel"),
    "audio_track": (),
    "audio_channel": (),
    "video_track": (),
    "voice_at": (),
}
SIDES = {"left": "1", "right": "2"}  # of a stereo track
MOST_TRACKS = 99
MOST_MOMENTS, LATEST_S = 20, 1e6  # that a cell of voice_at names
KNOWN = (*COLUMNS, *(other for others in ALIASES.values() for other in others))
SECONDS = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?")
NAMES_SOMEBODY = ("name", "fullname", "email", "code", "pid")  # and may name something else


def read_manifest_table(path: Path, *, others: Sequence[str] = ()) -> Table:
    """Read a manifest; its known columns go by their own names.

    Args:
        path: of the table.
        others: columns that it may have besides, such as targets.

    Raises:
        InputError: when it is no table, or a column has two names or nearly a known one.
    """
    table = read_table(path, known=(*KNOWN, *others), what="a manifest")
    return match(table, COLUMNS, aliases=ALIASES)


def chosen_in(cells: Mapping[str, str | None], *, place: str, where: Path) -> Chosen | None:
    """What a row says of tracks, pictures and voices; None where it says nothing.

    Args:
        cells: column to cell, None where it is empty.
        place: of the row, for messages.
        where: the table.

    Raises:
        InputError: when a cell is no number from 1 on, or no seconds.
    """
    found: dict[str, Any] = {}
    for name in Chosen._fields:
        if cells.get(name):
            read = moments_in if name == "voice_at" else _number_in
            found[name] = read(str(cells[name]), f"{name} in {place}", where)
    return Chosen(**found) if found else None


def moments_in(cell: str, what: str, where: Path) -> tuple[float, ...]:
    """Seconds as the cell names them, in order: ``12.5``, or several as ``12.5; 40``.

    Args:
        cell: of a table.
        what: it is, for messages.
        where: the table.

    Raises:
        InputError: for anything else.
    """
    parts = cell.replace(";", " ").split()
    if parts and len(parts) <= MOST_MOMENTS and all(map(SECONDS.fullmatch, parts)):
        found = tuple(sorted({float(part) for part in parts}))
        if found[-1] <= LATEST_S:
            return found
    raise InputError(
        expected=f"seconds such as '12.5' or '12.5; 40' as {what}", got=repr(cell), where=where
    )


def _number_in(cell: str, what: str, where: Path) -> int:
    text = SIDES.get(cell.strip().casefold(), cell.strip()).removesuffix(".0")
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_TRACKS):
        raise InputError(
            expected=f"a number of 1 to {MOST_TRACKS} as {what}", got=repr(cell), where=where
        )
    return int(text)


def refuse_unread_names(table: Table, candidates: str) -> None:
    """Refuse a column that may hold people, where nothing else says who they are."""
    for column in table.columns:
        if candidates == "auto" and plain(column).casefold().replace(" ", "") in NAMES_SOMEBODY:
            raise InputError(
                expected="a column 'candidate_id'",
                got=f"'{column}': rename it or remove it",
                where=table.where,
            )
