"""From recordings of a folder to clips: whose they are, what lies beside them, what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.media.container.tags import tagged_language
from trifold.media.files.border import LEFT_OUT, Border, Closed, nobody_closed
from trifold.media.files.listed import resolved
from trifold.media.files.manifest import with_views
from trifold.media.files.views import meeting_name, one_recording
from trifold.media.files.walk import Walk
from trifold.media.transcripts.beside import Taken, TranscriptsBeside
from trifold.people.grouping import group, summary
from trifold.people.names import is_holder
from trifold.tables.cells import composed, plain, printable
from trifold.tables.ids import one_spelling


@dataclass(frozen=True)
class Interviews:
    """What was found, and what a person should know of it before work starts.

    Attributes:
        clips: every file, also those that are no answer of their own (``left_out`` says why).
        lines: how the files were grouped into people, then what was guessed or passed over.
        columns: of the manifest as it writes them; none where there was none.
    """

    clips: tuple[Clip, ...]
    lines: tuple[str, ...]
    columns: tuple[str, ...] = ()


def clips_of_files(
    root: Path,
    found: Walk,
    border: Border,
    candidates: str,
    listed: Mapping[Path, Clip],
    *,
    closed: Closed = nobody_closed,
) -> Interviews:
    """Clips of the files; those that a metadata table lists are as it says.

    Args:
        root: the folder.
        found: in it.
        border: what may be opened lies inside of it.
        candidates: what a person is, see ``folder.survey``.
        listed: file to its clip, of a metadata table.
        closed: why a person's files must not be opened; None where they may be.
    """
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
        elif (taken := listed.get(resolved(file))) is not None:
            clip = taken
        elif (reason := closed(person)) is not None:
            clip = Clip(_clip_id(file, inside), person, file, left_out=reason)
        else:
            clip = _clip_of(file, inside, person, beside.of(file, border))
        if file in found.copies:
            other = found.copies[file].relative_to(root)
            clip = replace(
                clip, left_out=(Code.SAME_FILE, f"the same file as {other}, which is taken")
            )
        clips.append(clip)
    clips += [_behind(link, inside) for link in found.folders_outside]
    clips = _distinct(with_views(clips))
    return Interviews(tuple(clips), (people_line(clips, grouping.rule), *notes))


def strays(clips: Sequence[Clip], found: Walk) -> list[Path]:
    """Transcripts that belong to none of the recordings, in order.

    Args:
        clips: of which some may say what their transcripts are, whatever those are called.
        found: recordings and transcripts, which else belong together by their names.
    """
    used = {clip.transcript_path for clip in clips}
    left = [file for file in found.transcripts if file not in used]
    return TranscriptsBeside().of_none(found.files, left)


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


def people_line(clips: Sequence[Clip], rule: str = "as the manifest says") -> str:
    """How many people and files there are, and by which rule."""
    return summary([clip.candidate_id for clip in clips], rule=rule)
