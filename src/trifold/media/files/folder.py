"""Interview media on disk to clips: a flat folder, a folder per candidate, or a manifest.

* flat: one file per candidate; candidate and clip are named by the file's stem.
* nested: a sub-folder per candidate, a file per answer; clips are named ``candidate/answer``. A
  folder that holds nothing but all of these, as archives often have one, is passed through. Where
  names do not tell whose the files are, ``candidates`` must (see ``trifold.people``).
* manifest: a table (or ``manifest.csv``, ``.xlsx``, … in the folder) with a ``path`` column,
  relative to the manifest, and any of candidate_id, clip_id, question, question_id, transcript (the
  text), transcript_path and speaker (the candidate's label in it); candidate_id and a transcript do
  without a path. Other columns are left to their readers.
* published: where a ``metadata`` table in the folder or beside it lists its files, as RecruitView
  does, ids, questions and transcripts come from there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.media.container.tags import tagged_language
from trifold.media.files.border import LEFT_OUT, LINKS, Border, border_of
from trifold.media.files.listed import listed_clips, resolved
from trifold.media.files.manifest import (
    clips_of_table,
    read_manifest_table,
    with_views,
)
from trifold.media.files.suffixes import MEDIA_SUFFIXES as MEDIA_SUFFIXES
from trifold.media.files.views import meeting_name, one_recording
from trifold.media.files.walk import Walk, passed_over, walk
from trifold.media.transcripts.beside import Taken, TranscriptsBeside
from trifold.people import CANDIDATES, group, is_holder, summary
from trifold.tables.cells import composed, one_spelling, plain
from trifold.tables.cells import printable as printable
from trifold.tables.reading import SUFFIXES as TABLE_SUFFIXES

MANIFESTS = tuple(f"manifest{suffix}" for suffix in TABLE_SUFFIXES)


@dataclass(frozen=True)
class Interviews:
    """What was found, and what a person should know of it before work starts.

    Attributes:
        clips: every file, also those that are no answer of their own (``left_out`` says why).
        lines: how the files were grouped into people, then what was guessed or passed over.
    """

    clips: tuple[Clip, ...]
    lines: tuple[str, ...]


def scan(
    path: Path, *, unique: bool = True, candidates: str = "auto", links: str = "inside"
) -> list[Clip]:
    """The clips of ``survey``."""
    return list(survey(path, unique=unique, candidates=candidates, links=links).clips)


def survey(
    path: Path, *, unique: bool = True, candidates: str = "auto", links: str = "inside"
) -> Interviews:
    """Find the clips of a folder, manifest or file, in natural order (``a2`` before ``a10``).

    Args:
        path: the folder, manifest or single media file.
        unique: refuse clips that share an id; scoring keeps them and says so in their rows.
        candidates: ``file``, ``folder`` or ``manifest`` says what a person is; ``auto`` takes it
            from a manifest or tells it by the names, where they do.
        links: ``inside`` opens nothing that a link, or a manifest that nobody named, has outside of
            the folder: its row says so; ``all`` opens that too.

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
    found = _survey(path, candidates, links)
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
    found = _folder_of(root, Walk(files), border_of(root, "all"), candidates, {})
    check_unique(found.clips, root)
    return found


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


def _survey(path: Path, candidates: str, links: str) -> Interviews:
    if path.is_file():
        if path.suffix.lower() in MEDIA_SUFFIXES:
            border = border_of(path.parent, links)
            listed, notes = listed_clips(path.parent, [path], links)
            made = _folder_of(path.parent, Walk([path]), border, "auto", listed)
            return replace(made, lines=(*made.lines, *notes))
        return _manifest(path, candidates, links)
    if not path.is_dir():
        raise InputError(expected="a folder or manifest of media", got="nothing there", where=path)
    tables = [path / name for name in MANIFESTS if (path / name).is_file()]
    if tables:
        if not border_of(path, links).holds(tables[0]):
            wanted = f"a manifest inside {path} (links=all opens others)"
            raise InputError(expected=wanted, got="a link that leads out of it", where=tables[0])
        found = _manifest(tables[0], candidates, links, unasked=True)
        more = [f"{tables[0].name} is read, {t.name} is not" for t in tables[1:]]
        return replace(found, lines=(*found.lines, *more))
    if candidates == "manifest":
        raise InputError(expected="a manifest (manifest.csv or the like)", got="none", where=path)
    return _scan_folder(path, candidates, links)


def _manifest(path: Path, candidates: str, links: str, *, unasked: bool = False) -> Interviews:
    table = read_manifest_table(path)
    clips, notes = clips_of_table(table, candidates=candidates, links=links, unasked=unasked)
    return Interviews(tuple(clips), (_people_line(clips), *notes))


def _scan_folder(root: Path, candidates: str, links: str) -> Interviews:
    border = border_of(root, links)
    found = walk(root, border)
    files = sorted(found.files, key=lambda file: natural_key(str(file.relative_to(root))))
    found = replace(found, files=files)
    if not files and not found.folders_outside:
        suffixes = " ".join(sorted(MEDIA_SUFFIXES))
        raise InputError(expected=f"media files ({suffixes})", got="none", where=root)
    listed, notes = listed_clips(root, files, links) if candidates == "auto" else ({}, [])
    made = _folder_of(root, found, border, candidates, listed)
    return replace(made, lines=(*made.lines, *notes, *passed_over(found)))


def _folder_of(
    root: Path, found: Walk, border: Border, candidates: str, listed: dict[Path, Clip]
) -> Interviews:
    """Clips of the files; those that a metadata table lists are as it says."""
    files = found.files
    views = one_recording([file for file in files if file not in found.copies])
    named = [_as_named(file, root, views) for file in files]
    grouping = group(named, root=root.resolve().name, candidates=candidates)
    people, notes = one_spelling([plain(printable(p)) for p in grouping.people])
    inside, beside = _unwrapped(files, root), TranscriptsBeside(spoken=tagged_language)
    clips = []
    for file, person in zip(files, people, strict=True):
        if file in found.outside:
            clip = Clip(_clip_id(file, inside), person, file, left_out=LEFT_OUT)
        else:
            taken = listed.get(resolved(file))
            clip = taken or _clip_of(file, inside, person, beside.of(file, border))
        if file in found.copies:
            other = found.copies[file].relative_to(root)
            clip = replace(
                clip, left_out=(Code.SAME_FILE, f"the same file as {other}, which is taken")
            )
        clips.append(clip)
    clips += [_behind(link, inside) for link in found.folders_outside]
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
    least = min(map(len, parts), default=0)
    if not alone or least < 2 or (least < 3 and not is_holder(parts[0][0])):
        return root
    return _unwrapped(files, root / parts[0][0])


def _behind(link: Path, root: Path) -> Clip:
    """A link to a folder that was not looked through, so that whose it is has a row."""
    inner = composed(printable(link.relative_to(root).as_posix()))
    return Clip(f"{inner}/", plain(inner.partition("/")[0]), link, left_out=LEFT_OUT)


def _clip_id(file: Path, root: Path) -> str:
    return composed(printable(file.relative_to(root).with_suffix("").as_posix()))


def _clip_of(file: Path, root: Path, person: str, said: Taken) -> Clip:
    return Clip(
        clip_id=_clip_id(file, root),
        candidate_id=person,
        path=file,
        transcript_path=said.path,
        transcript_doubt=said.doubt,
        transcript_outside=said.outside,
    )


def _people_line(clips: Sequence[Clip], rule: str = "as the manifest says") -> str:
    return summary([clip.candidate_id for clip in clips], rule=rule)


def _name(clip: Clip) -> str:
    return clip.path.name if clip.path is not None else "a row without path"
