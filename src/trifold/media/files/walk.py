"""Recordings below a folder: every one of them once, also behind links."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trifold.media.files.border import ANYWHERE, Border
from trifold.media.files.suffixes import MEDIA_SUFFIXES, is_recording, lacks_its_end
from trifold.tables.cells import printable

BESIDE = {  # what lies beside recordings and is read by others, or is no recording for certain
    ".vtt",
    ".srt",
    ".sbv",
    ".ass",
    ".ssa",
    ".ttml",
    ".dfxp",
    ".xml",
    ".json",
    ".txt",
    ".md",
    ".docx",
    ".rtf",
    ".textgrid",
    ".eaf",
    ".csv",
    ".tsv",
    ".jsonl",
    ".parquet",
    ".xlsx",
    ".xls",
    ".ods",
    ".yaml",
    ".html",
    ".log",
    ".odt",
    ".doc",
    ".docm",
    ".markdown",
    ".text",
}
TIMED = {
    *(".vtt", ".srt", ".sbv", ".ass", ".ssa", ".ttml", ".dfxp", ".itt", ".smi", ".sami", ".lrc"),
    *(".sub", ".scc", ".json3", ".srv1", ".srv2", ".srv3", ".otr", ".prtranscript"),
    *(".textgrid", ".eaf", ".cha", ".trs", ".exb", ".ctm", ".stm"),
}
SHOWN = 5  # file names that one line holds


@dataclass
class Walk:
    """What lies below a folder.

    Attributes:
        files: recordings, hidden ones left out.
        copies: recordings that lead to the same file as another, by the one that counts.
        ignored: other files that may be meant as recordings.
        unfinished: those that were not fetched, or not to their end.
        transcripts: files that are transcripts by their kind, and not what else lies about.
        locked: folders that cannot be opened.
        outside: those of the recordings that are links to files beyond the border.
        folders_outside: links to folders beyond it, which were not looked through.
    """

    files: list[Path] = field(default_factory=list)
    copies: dict[Path, Path] = field(default_factory=dict)
    ignored: list[Path] = field(default_factory=list)
    unfinished: list[Path] = field(default_factory=list)
    transcripts: list[Path] = field(default_factory=list)
    locked: list[Path] = field(default_factory=list)
    outside: list[Path] = field(default_factory=list)
    folders_outside: list[Path] = field(default_factory=list)


def walk(root: Path, border: Border = ANYWHERE) -> Walk:
    """Look through a folder and all below it; links are followed, and each file counts once.

    A file that several names lead to counts where no link leads to it, or at the first of them.

    Args:
        root: the folder.
        border: beyond which nothing is opened.
    """
    found = Walk()
    for folder, names in _folders(root, found, border):
        for name in sorted(names):
            path = folder / name
            if not border.holds(path):
                if path.suffix.lower() in MEDIA_SUFFIXES:
                    found.outside.append(path)
                    found.files.append(path)
            elif is_recording(path):
                found.files.append(path)
            elif path.suffix.lower() in TIMED:
                found.transcripts.append(path)
            elif lacks_its_end(path):
                found.unfinished.append(path)
            elif path.suffix.lower() not in BESIDE:
                found.ignored.append(path)
    first: dict[object, Path] = {}
    ours = set(found.files).difference(found.outside)

    def order(path: Path) -> tuple[bool, str]:
        """What lies behind a link below the root comes last."""
        above = (p for p in (path, *path.parents) if p != root and root in p.parents)
        return any(p.is_symlink() for p in above), str(path)

    for path in sorted(ours, key=order):
        other = first.setdefault(_identity(path), path)
        if other is not path:
            found.copies[path] = other
    return found


def passed_over(found: Walk, strays: Sequence[Path]) -> list[str]:
    """Lines about files that were seen and are no answers, nor what was said in one.

    Args:
        found: all that was seen.
        strays: transcripts of no recording.
    """
    lines = []
    if strays:
        line = f"{_counted(strays, 'transcript')} of no recording, by the names: {_names(strays)}"
        lines.append(f"{line} (called as the recording is, it is read: q1.vtt beside q1.mp4)")
    if found.unfinished:
        line = f"{_counted(found.unfinished, 'recording')} not fetched, or not to the end"
        lines.append(f"{line}: {_names(found.unfinished)} (nobody is scored by these)")
    if found.copies:
        lines.append(f"{_counted(found.copies, 'file')} counted once: links to files in here")
    if found.ignored:
        lines.append(f"{_counted(found.ignored, 'file')} ignored: {_names(found.ignored)}")
    if found.locked:
        lines.append(f"{_counted(found.locked, 'folder')} cannot be opened: {_names(found.locked)}")
    if links := [*found.outside, *found.folders_outside]:
        line = f"{_counted(links, 'link')} out of the folder not followed: {_names(links)}"
        lines.append(f"{line} (links=all follows)")
    return lines


def _folders(top: Path, found: Walk, border: Border) -> Iterator[tuple[Path, list[str]]]:
    """Every folder once, with the names of the files in it; real ones before links to them."""
    seen: set[tuple[int, int]] = set()
    waiting, links = [top], list[Path]()
    while waiting or links:
        folder = waiting.pop() if waiting else links.pop(0)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            state = folder.stat()
        except OSError:
            found.locked.append(folder)
            continue
        if (state.st_dev, state.st_ino) in seen:
            continue
        seen.add((state.st_dev, state.st_ino))
        shown = [e for e in entries if not e.name.startswith(".") or lacks_its_end(Path(e.name))]
        inner = [entry for entry in shown if _is_folder(entry)]
        waiting += [Path(entry.path) for entry in inner if not entry.is_symlink()]
        linked = [Path(entry.path) for entry in inner if entry.is_symlink()]
        links += [path for path in linked if border.holds(path)]
        found.folders_outside += [path for path in linked if not border.holds(path)]
        folders = {entry.name for entry in inner}
        yield folder, [entry.name for entry in shown if entry.name not in folders]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _identity(path: Path) -> object:
    """What is the same for two names of one file; the path itself where nothing is there."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return path
    return (state.st_dev, state.st_ino) if stat.S_ISREG(state.st_mode) else path


def _counted(things: Sequence[Path] | dict[Path, Path], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _names(paths: Sequence[Path]) -> str:
    named = [printable(path.name) for path in paths[:SHOWN]]
    return ", ".join([*named, *(["…"] if len(paths) > SHOWN else [])])
