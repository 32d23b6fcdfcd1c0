"""Interview media on disk to clips: a flat folder, a folder per candidate, or a manifest.

* flat: one file per candidate; candidate and clip are named by the file's stem.
* nested: a sub-folder per candidate, a file per answer; clips are named ``candidate/answer``. A
  folder that holds nothing but all of these, as archives often have one, is passed through. Where
  names do not tell whose the files are, ``candidates`` must (see ``trifold.people.grouping``).
* manifest: a table (or ``manifest.csv``, ``.xlsx``, … in the folder) with a ``path`` column,
  relative to the manifest, and any of candidate_id, clip_id, question, question_id, transcript (the
  text), transcript_path, speaker (the candidate's label in it), audio_track, audio_channel and
  video_track (numbers of those that are the candidate's), voice_at (seconds at which the candidate
  speaks); candidate_id and a transcript do without a path. Other columns are left to their readers.
* published: where a ``metadata`` table in the folder or beside it lists its files, as RecruitView
  does, ids, questions and transcripts come from there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.media.files.border import LINKS, Closed, border_of, nobody_closed
from trifold.media.files.listed import listed_clips, nearly_called, tables_called
from trifold.media.files.manifest import clips_of_table
from trifold.media.files.manifest_columns import read_manifest_table
from trifold.media.files.recordings import Interviews, clips_of_files, people_line, strays
from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.media.files.walk import Walk, passed_over, walk
from trifold.people.grouping import CANDIDATES
from trifold.tables.reading import SUFFIXES as TABLE_SUFFIXES


def scan(
    path: Path, *, unique: bool = True, candidates: str = "auto", links: str = "inside"
) -> list[Clip]:
    """The clips of ``survey``."""
    return list(survey(path, unique=unique, candidates=candidates, links=links).clips)


def survey(
    path: Path,
    *,
    unique: bool = True,
    candidates: str = "auto",
    links: str = "inside",
    closed: Closed = nobody_closed,
) -> Interviews:
    """Find the clips of a folder, manifest or file, in natural order (``a2`` before ``a10``).

    Args:
        path: the folder, manifest or single media file.
        unique: refuse clips that share an id; scoring keeps them and says so in their rows.
        candidates: ``file``, ``folder`` or ``manifest`` says what a person is; ``auto`` takes it
            from a manifest or tells it by the names, where they do.
        links: ``inside`` opens nothing that a link, or a manifest that nobody named, has outside of
            the folder: its row says so; ``all`` opens that too.
        closed: tells of a person why nothing of them may be opened, as code and line for their
            rows; a manifest must then say who the people are.

    Raises:
        InputError: when nothing is there, no media are found, a manifest lacks a column, names do
            not tell whose the files are, or two clips share an id. A listed file that is missing
            stays: scoring reports it in its row.
    """
    if candidates not in CANDIDATES:
        known = ", ".join(CANDIDATES)
        raise InputError(expected=f"candidates among {known}", got=repr(candidates))
    if links not in LINKS:
        raise InputError(expected=f"links among {', '.join(LINKS)}", got=repr(links))
    found = _survey(path, candidates, links, closed)
    if unique:
        check_unique(found.clips, path)
    return found


def survey_files(paths: Sequence[Path], *, candidates: str = "auto") -> Interviews:
    """Clips of recordings that somebody picked, grouped into people as one folder's would be.

    Args:
        paths: recordings, in any folders.
        candidates: as for ``survey``, without manifests.

    Raises:
        InputError: when one is not there or no recording, two share an id, or names do not tell
            whose the files are.
    """
    if candidates not in CANDIDATES or candidates == "manifest":
        known = ", ".join(name for name in CANDIDATES if name != "manifest")
        raise InputError(expected=f"candidates among {known}", got=repr(candidates))
    files = [path.absolute() for path in paths]
    for file in files:
        if not file.is_file() or file.suffix.lower() not in MEDIA_SUFFIXES:
            got = "another kind of file" if file.exists() else "nothing there"
            raise InputError(expected="a recording", got=got, where=file)
    root = Path(os.path.commonpath([file.parent for file in files]))
    files.sort(key=lambda file: natural_key(str(file)))
    found = clips_of_files(root, Walk(files), border_of(root, "all"), candidates, {})
    check_unique(found.clips, root)
    return found


def manifests_in(folder: Path) -> list[Path]:
    """The manifests of a folder, the one that is read first."""
    return tables_called("manifest", folder, TABLE_SUFFIXES)


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key that orders digits by value: ``a2`` before ``a10``."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def check_unique(clips: Sequence[Clip], where: Path) -> None:
    """Refuse clips that share an id.

    Raises:
        InputError: naming the first two.
    """
    seen: dict[str, Clip] = {}
    for clip in clips:
        other = seen.setdefault(clip.clip_id, clip)
        if other is not clip:
            files = f"{_name(other)} and {_name(clip)} are both '{clip.clip_id}'"
            raise InputError(expected="one file per clip", got=files, where=where)


def _survey(path: Path, candidates: str, links: str, closed: Closed) -> Interviews:
    if path.is_file():
        if path.suffix.lower() in MEDIA_SUFFIXES:
            border = border_of(path.parent, links)
            listed, notes = listed_clips(path.parent, [path], links, closed)
            walked = Walk([path])
            made = clips_of_files(path.parent, walked, border, "auto", listed, closed=closed)
            return replace(made, lines=(*made.lines, *notes))
        return _manifest(path, candidates, links, closed)
    if not path.is_dir():
        raise InputError(expected="a folder or manifest of media", got="nothing there", where=path)
    tables = manifests_in(path)
    if tables:
        if not border_of(path, links).holds(tables[0]):
            wanted = f"a manifest inside {path} (links=all opens others)"
            raise InputError(expected=wanted, got="a link that leads out of it", where=tables[0])
        found = _manifest(tables[0], candidates, links, closed, unasked=True)
        more = [f"{tables[0].name} is read, {t.name} is not" for t in tables[1:]]
        return replace(found, lines=(*found.lines, *more))
    if candidates == "manifest":
        raise InputError(expected="a manifest (manifest.csv or the like)", got="none", where=path)
    return _scan_folder(path, candidates, links, closed)


def _manifest(
    path: Path, candidates: str, links: str, closed: Closed, *, unasked: bool = False
) -> Interviews:
    table = read_manifest_table(path)
    clips, notes = clips_of_table(
        table, candidates=candidates, links=links, unasked=unasked, closed=closed
    )
    return Interviews(tuple(clips), (people_line(clips), *notes), table.columns)


def _scan_folder(root: Path, candidates: str, links: str, closed: Closed) -> Interviews:
    border = border_of(root, links)
    found = walk(root, border)
    files = sorted(found.files, key=lambda file: natural_key(str(file.relative_to(root))))
    found = replace(found, files=files)
    if not files and not found.folders_outside:
        suffixes = " ".join(sorted(MEDIA_SUFFIXES))
        raise InputError(expected=f"media files ({suffixes})", got="none", where=root)
    listed: dict[Path, Clip] = {}
    notes: list[str] = []
    if candidates == "auto":
        listed, notes = listed_clips(root, files, links, closed)
    made = clips_of_files(root, found, border, candidates, listed, closed=closed)
    notes += [
        f"{table.name} is not read: a manifest is called manifest{table.suffix.lower()}"
        for table in nearly_called("manifest", root)
    ]
    lines = (*made.lines, *notes, *passed_over(found, strays(made.clips, found)))
    return replace(made, lines=lines)


def _name(clip: Clip) -> str:
    return clip.path.name if clip.path is not None else "a row without path"
