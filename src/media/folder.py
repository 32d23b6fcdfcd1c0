"""Interview media on disk to clips: a flat folder, a folder per candidate, or a manifest.

* flat: one file per candidate; candidate and clip are named by the file's stem.
* nested: a sub-folder per candidate, a file per answer; clips are named ``candidate/answer``. A
  folder that holds nothing but all of these, as archives often have one, is passed through. Where
  names do not tell whose the files are, ``candidates`` must (see ``src.people``).
* manifest: a table (or ``manifest.csv``, ``.xlsx``, … in the folder) with a ``path`` column,
  relative to the manifest, and any of candidate_id, clip_id, question, question_id, transcript (the
  text), transcript_path and speaker (the candidate's label in it); candidate_id and a transcript do
  without a path. Other columns are left to their readers.
* published: where a ``metadata`` table in the folder or beside it lists its files, as RecruitView
  does, ids, questions and transcripts come from there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from src.contracts import Clip
from src.errors import InputError
from src.media.manifest import (
    checked_person,
    clips_of_table,
    read_manifest_table,
    with_views,
)
from src.media.suffixes import MEDIA_SUFFIXES as MEDIA_SUFFIXES
from src.media.tags import tagged_language
from src.media.transcripts.beside import TranscriptsBeside
from src.media.views import SAME_FILE, meeting_name, one_recording
from src.media.walk import Walk, walk
from src.people import CANDIDATES, group, is_holder, summary
from src.tables.cells import composed, one_spelling, plain
from src.tables.reading import SUFFIXES as TABLE_SUFFIXES

MANIFESTS = tuple(f"manifest{suffix}" for suffix in TABLE_SUFFIXES)
METADATA = tuple(f"metadata{suffix}" for suffix in (".jsonl", ".csv", ".parquet", ".xlsx"))
SHOWN = 5  # file names that one line holds


@dataclass(frozen=True)
class Interviews:
    """What was found, and what a person should know of it before work starts.

    Attributes:
        clips: every file, also those that are no answer of their own (``left_out`` says why).
        lines: how the files were grouped into people, then what was guessed or passed over.
    """

    clips: tuple[Clip, ...]
    lines: tuple[str, ...]


def scan(path: Path, *, unique: bool = True, candidates: str = "auto") -> list[Clip]:
    """The clips of ``survey``."""
    return list(survey(path, unique=unique, candidates=candidates).clips)


def survey(path: Path, *, unique: bool = True, candidates: str = "auto") -> Interviews:
    """Find the clips of a folder, manifest or file, in natural order (``a2`` before ``a10``).

    Args:
        path: the folder, manifest or single media file.
        unique: refuse clips that share an id; scoring keeps them and says so in their rows.
        candidates: ``file``, ``folder`` or ``manifest`` says what a person is; ``auto`` takes it
            from a manifest or tells it by the names, where they do.

    Raises:
        InputError: when nothing is there, no media are found, a manifest lacks a column, names do
            not tell whose the files are, or two clips share an id. A listed file that is missing
            stays: scoring reports it in its row.
    """
    if candidates not in CANDIDATES:
        known = ", ".join(CANDIDATES)
        raise InputError(expected=f"candidates among {known}", got=repr(candidates))
    found = _survey(path, candidates)
    if unique:
        check_unique(found.clips, path)
    return found


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key that orders digits by value: ``a2`` before ``a10``."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def printable(text: str) -> str:
    """Text that UTF-8 can hold; bytes of a file name that are none become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


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


def _survey(path: Path, candidates: str) -> Interviews:
    if path.is_file():
        if path.suffix.lower() in MEDIA_SUFFIXES:
            listed, notes = _listed_clips(path.parent, [path])
            made = _folder_of([path], path.parent, Walk([path]), "auto", listed)
            return replace(made, lines=(*made.lines, *notes))
        return _manifest(path, candidates)
    if not path.is_dir():
        raise InputError(expected="a folder or manifest of media", got="nothing there", where=path)
    tables = [path / name for name in MANIFESTS if (path / name).is_file()]
    if tables:
        found = _manifest(tables[0], candidates)
        more = [f"{tables[0].name} is read, {t.name} is not" for t in tables[1:]]
        return replace(found, lines=(*found.lines, *more))
    if candidates == "manifest":
        raise InputError(expected="a manifest (manifest.csv or the like)", got="none", where=path)
    return _scan_folder(path, candidates)


def _manifest(path: Path, candidates: str) -> Interviews:
    clips, notes = clips_of_table(read_manifest_table(path), candidates=candidates)
    return Interviews(tuple(clips), (_people_line(clips), *notes))


def _scan_folder(root: Path, candidates: str) -> Interviews:
    found = walk(root)
    files = sorted(found.files, key=lambda file: natural_key(str(file.relative_to(root))))
    if not files:
        suffixes = " ".join(sorted(MEDIA_SUFFIXES))
        raise InputError(expected=f"media files ({suffixes})", got="none", where=root)
    listed, notes = _listed_clips(root, files) if candidates == "auto" else ({}, [])
    made = _folder_of(files, root, found, candidates, listed)
    return replace(made, lines=(*made.lines, *notes, *_passed_over(found)))


def _folder_of(
    files: Sequence[Path], root: Path, found: Walk, candidates: str, listed: dict[Path, Clip]
) -> Interviews:
    """Clips of the files; those that a metadata table lists are as it says."""
    views = one_recording([file for file in files if file not in found.copies])
    named = [_as_named(file, root, views) for file in files]
    grouping = group(named, root=root.resolve().name, candidates=candidates)
    people, notes = one_spelling([checked_person(plain(printable(p)), root) for p in
                                  grouping.people])  # fmt: skip
    inside, beside = _unwrapped(files, root), TranscriptsBeside(spoken=tagged_language)
    clips = []
    for file, person in zip(files, people, strict=True):
        clip = listed.get(_resolved(file)) or _clip_of(file, inside, person, beside)
        if file in found.copies:
            other = found.copies[file].relative_to(root)
            clip = replace(clip, left_out=(SAME_FILE, f"the same file as {other}, which is taken"))
        clips.append(clip)
    clips = _distinct(with_views(clips))
    return Interviews(tuple(clips), (_people_line(clips, grouping.rule), *notes))


def _distinct(clips: Sequence[Clip]) -> list[Clip]:
    """The clips; what is left out and called like one that counts is named with its suffix."""
    count = {clip.clip_id for clip in clips if clip.left_out is None}
    return [
        replace(clip, clip_id=f"{clip.clip_id}{clip.path.suffix}")
        if clip.left_out is not None and clip.path is not None and clip.clip_id in count
        else clip
        for clip in clips
    ]


def _as_named(file: Path, root: Path, views: dict[Path, Path]) -> PurePath:
    """The path that names a file's person; all views of a meeting have one."""
    inner = file.relative_to(root)
    if file in views or file in views.values():
        best = views.get(file, file)
        return best.relative_to(root).with_name(meeting_name(best) + best.suffix)
    return inner


def _unwrapped(files: Sequence[Path], root: Path) -> Path:
    """The folder that holds the candidates, when ``root`` holds only it."""
    parts = [file.relative_to(root).parts for file in files]
    alone = len({first for first, *_ in parts}) == 1
    least = min(map(len, parts))
    if not alone or least < 2 or (least < 3 and not is_holder(parts[0][0])):
        return root
    return _unwrapped(files, root / parts[0][0])


def _listed_clips(root: Path, files: Sequence[Path]) -> tuple[dict[Path, Clip], list[str]]:
    """Clips that a ``metadata`` table in the folder or beside it describes, by media file."""
    notes = []
    there = {_resolved(file) for file in files}
    for table in (folder / name for folder in (root, root.parent) for name in METADATA):
        if not table.is_file():
            continue
        try:
            clips, said = clips_of_table(read_manifest_table(table))
        except InputError as error:
            notes.append(f"{table.name} is ignored: expected {error.expected}, got {error.got}")
            continue
        listed = {_resolved(c.path): c for c in clips if c.path is not None}
        if there & listed.keys():
            return listed, [*notes, *said]
        notes.append(f"{table.name} lists none of these files: ignored")
    return {}, notes


def _resolved(path: Path) -> Path:
    """Where a path leads; itself where links go in a circle or no system can hold it."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def _clip_of(file: Path, root: Path, person: str, beside: TranscriptsBeside) -> Clip:
    said = beside.of(file)
    return Clip(
        clip_id=composed(printable(file.relative_to(root).with_suffix("").as_posix())),
        candidate_id=person,
        path=file,
        transcript_path=said.path,
        transcript_doubt=said.doubt,
    )


def _passed_over(found: Walk) -> list[str]:
    """Lines about files that were seen and are no answers."""
    lines = []
    if found.copies:
        lines.append(f"{_counted(found.copies, 'file')} counted once: links to files in here")
    if found.ignored:
        lines.append(f"{_counted(found.ignored, 'file')} ignored: {_names(found.ignored)}")
    if found.locked:
        lines.append(f"{_counted(found.locked, 'folder')} cannot be opened: {_names(found.locked)}")
    return lines


def _people_line(clips: Sequence[Clip], rule: str = "as the manifest says") -> str:
    return summary([clip.candidate_id for clip in clips], rule=rule)


def _counted(things: Sequence[Path] | dict[Path, Path], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _names(paths: Sequence[Path]) -> str:
    named = [printable(path.name) for path in paths[:SHOWN]]
    return ", ".join([*named, *(["…"] if len(paths) > SHOWN else [])])


def _name(clip: Clip) -> str:
    return clip.path.name if clip.path is not None else "a row without path"
