"""Files that are one recording: views of a meeting, copies in two formats, links to one file.

Meeting services write a file per view (``…_gallery_1920x1080.mp4``, ``…_avo_1280x720.mp4``,
``audio_only.m4a``), and people keep a recording beside its sound (``ann.mp4``, ``ann.wav``). They
are one answer: the view that shows who speaks is taken, a recording goes before its sound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from trifold.media.files.suffixes import AUDIO_SUFFIXES
from trifold.people.names import is_holder

_VIEWS = (  # best first; which one shows the speaker, by the words of meeting services
    r"as|avo|active[\s_-]?speaker(?:[\s_-]?(?:only|view))?|speaker(?:[\s_-]?view)?|camera|webcam",
    r"shared[\s_-]?screen[\s_-]?with[\s_-]?(?:active[\s_-]?)?speaker(?:[\s_-]?view)?",
    r"gallery(?:[\s_-]?view)?|gvo|shared[\s_-]?screen[\s_-]?with[\s_-]?gallery(?:[\s_-]?view)?",
    r"shared[\s_-]?screen|screen(?:[\s_-]?share)?|slides",
    r"audio(?:[\s_-]?only)?|audio[\s_-]?transcript",
)
_SHORT = {"as", "avo", "gvo"}  # words of their own without a size behind
_UNTAGGED = 0.5  # after the speaker's view, before the others
_TAGGED = re.compile(
    r"(?![\s\S]{256})(?P<meeting>.*?)(?:^|[\s_.\-]+)(?:(?P<view>"
    + "|".join(f"(?:{view})" for view in _VIEWS)
    + r")(?:[\s_.\-]+(?P<size>\d{3,4}x\d{3,4}))?|(?P<only_size>\d{3,4}x\d{3,4}))",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"(?:audio|video|zoom)[\s_]?(?:only)?_?(?P<number>\d*)", re.IGNORECASE)


class RecordingView(NamedTuple):
    """What a file's name says: which meeting, how good a view, how many pixels."""

    meeting: str
    rank: float
    pixels: int


def view_of(file: Path) -> RecordingView:
    """The view that a file is, by its name; its own stem where the name says nothing of views."""
    match = _TAGGED.fullmatch(file.stem)
    sound = 10.0 * (file.suffix.lower() in AUDIO_SUFFIXES)
    if match is None or ((match["view"] or "").lower() in _SHORT and not match["size"]):
        return RecordingView(file.stem, _UNTAGGED + sound, 0)
    width, height = ((match["size"] or match["only_size"] or "0x0").lower()).split("x")
    rank = _UNTAGGED if match["view"] is None else _rank(match["view"])
    return RecordingView(match["meeting"], rank + sound, int(width) * int(height))


def one_recording(files: Sequence[Path]) -> dict[Path, Path]:
    """For each file that is another view of a recording, the file that is taken instead.

    Files belong together when they lie in one folder, or in holders side by side (``video/ann.mp4``
    and ``audio/ann.m4a``), and name one meeting.
    """
    groups: dict[tuple[Path, str], list[Path]] = {}
    for file in files:
        home = file.parent.parent if is_holder(file.parent.name) else file.parent
        groups.setdefault((home, view_of(file).meeting.casefold()), []).append(file)
    taken: dict[Path, Path] = {}
    for together in [*groups.values(), *_local_meetings(files)]:
        best = min(together, key=_preference)
        taken |= {file: best for file in together if file != best and file not in taken}
    return {file: _final(file, taken) for file in taken}


def meeting_name(file: Path) -> str:
    """What several views of a meeting are called in common; the file's stem where nothing is."""
    return view_of(file).meeting.strip(" _.-") or file.stem


def _final(file: Path, taken: dict[Path, Path]) -> Path:
    seen = set()
    while file in taken and file not in seen:
        seen.add(file)
        file = taken[file]
    return file


def _preference(file: Path) -> tuple[float, int, str]:
    view = view_of(file)
    return view.rank, -view.pixels, file.name.casefold()


def _rank(word: str) -> float:
    return float(
        next(i for i, view in enumerate(_VIEWS) if re.fullmatch(view, word, re.IGNORECASE))
    )


def _local_meetings(files: Sequence[Path]) -> list[list[Path]]:
    """Recordings that a meeting program keeps locally: ``video123.mp4`` with ``audio123.m4a``."""
    found: dict[tuple[Path, str], list[Path]] = {}
    alone: dict[Path, list[Path]] = {}
    for file in files:
        match = _LOCAL.fullmatch(file.stem)
        if match and match["number"]:
            found.setdefault((file.parent, match["number"]), []).append(file)
        alone.setdefault(file.parent, []).append(file)
    pairs = [  # of a file with sound alone and one with a picture
        group
        for group in found.values()
        if len({file.suffix.lower() in AUDIO_SUFFIXES for file in group}) == 2
    ]
    for folder_files in alone.values():
        sounds = [f for f in folder_files if re.fullmatch(r"audio[\s_-]?only", f.stem, re.I)]
        if sounds and len(folder_files) == len(sounds) + 1:
            pairs.append(folder_files)
    return pairs
