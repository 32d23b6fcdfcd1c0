"""How near the name of a transcript is to that of a recording."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.media.transcripts.languages import is_original, language_of

SUFFIXES = (
    ".vtt",
    ".srt",
    ".ass",
    ".ssa",
    ".sbv",
    ".ttml",
    ".dfxp",
    ".json",
    ".json3",
    ".srv3",
    ".srv1",
    ".textgrid",
    ".eaf",
    ".docx",
    ".xml",
    ".smi",
    ".tsv",
    ".txt",
    ".odt",
    ".rtf",
    ".doc",
)
FOLDERS = ("transcripts", "transcript", "subtitles", "subs", "captions", "transkripte")
MARKS = (
    "transcript",
    "transcription",
    "captions",
    "caption",
    "cc",
    "subtitles",
    "subtitle",
    "subs",
    "auto",
    "asr",
    "whisper",
    "closed_caption",
    "transkript",
)
ALONE = (
    "transcript",
    "captions",
    "closed_caption",
    "meeting_saved_closed_caption",
    "subtitles",
    "audio_transcript",
)  # of a folder that holds one recording
MARKED_ENDS = tuple(f"{sign}{mark}" for mark in MARKS for sign in "._- ")
NEAREST, MEDIA_NAME, MARKED, IN_LANGUAGE, ONLY_ONE = range(5)
_VIEW = re.compile(
    r"[_ -](?:(?:gallery|speaker|avo|gvo|as|separate)[_ -]){0,9}\d{3,4}x\d{3,4}$", re.IGNORECASE
)


@dataclass(frozen=True)
class Match:
    """How near a file's name is to a media file's; the tag of ``answer.TAG.vtt``."""

    distance: int
    path: Path
    tag: str = ""

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Nearest first, then by mark and kind of file."""
        mark = MARKS.index(self.tag) if self.tag in MARKS else 0
        return self.distance, mark, SUFFIXES.index(self.path.suffix.lower()), self.path.name


class Listing:
    """Files and folders of one folder, in order; looking one up takes as long in any folder.

    Args:
        files: of the folder.
        folders: likewise.
    """

    def __init__(self, files: Sequence[Path], folders: Sequence[Path]) -> None:
        self.files, self.folders = files, folders

    @cached_property
    def media(self) -> frozenset[str]:
        """Stems of media files."""
        return frozenset(f.stem for f in self.files if f.suffix.lower() in MEDIA_SUFFIXES)

    @cached_property
    def media_names(self) -> frozenset[str]:
        """The same, each without capitals."""
        return frozenset(map(plain_name, self.media))

    @cached_property
    def recordings(self) -> frozenset[str]:
        """The same, each without the view that a meeting recorder adds."""
        return frozenset(map(recording_name, self.media))

    def matches(self, stem: str, name: str) -> list[Match]:
        """Files whose names say that they belong to a media file of this stem and name."""
        stem, name = plain_name(stem), plain_name(name)
        keys = {stem, name, recording_name(stem)}
        near = dict.fromkeys(n for key in keys for n in self._beginnings.get(key, ()))
        found = [_match(stem, name, self.files[n]) for n in sorted(near)]
        return [match for match in found if match is not None]

    @cached_property
    def _beginnings(self) -> Mapping[str, list[int]]:
        """A name, with and without the mark or tag at its end, to places among the files."""
        places: dict[str, list[int]] = {}
        for number, file in enumerate(self.files):
            if file.suffix.lower() in SUFFIXES:
                inner = plain_name(file.stem)
                ends = [e for e in MARKED_ENDS if inner.endswith(e)]
                heads = [inner.rpartition(".")[0], *(inner.removesuffix(end) for end in ends)]
                for key in {inner, *heads}:
                    places.setdefault(key, []).append(number)
        return places


def _match(stem: str, name: str, file: Path) -> Match | None:
    inner = plain_name(file.stem)
    if inner == stem:
        return Match(NEAREST, file)
    head, dot, tag = inner.rpartition(".")
    if inner == name or (dot and head == stem and f".{tag}" in MEDIA_SUFFIXES):
        return Match(MEDIA_NAME, file)
    for mark in MARKS:
        if inner in (f"{s}{sign}{mark}" for s in (stem, recording_name(stem)) for sign in "._- "):
            return Match(MARKED, file, mark)
    if dot and head in (stem, name) and language_of(tag):
        return Match(IN_LANGUAGE, file, tag)
    return None


def original_language(matches: Iterable[Match]) -> str | None:
    """The language of the one that is tagged as what was spoken, if any is."""
    return next((language_of(m.tag) for m in matches if is_original(m.tag)), None)


def recording_name(stem: str) -> str:
    """A stem without the view that a meeting recorder adds: ``…_gallery_1920x1080``."""
    return _VIEW.sub("", stem)


def holding_transcripts(folders: Iterable[Path]) -> list[Path]:
    """The folders that are called as those of transcripts are."""
    return [folder for folder in folders if plain_name(folder.name) in FOLDERS]


def plain_name(name: str) -> str:
    """Without capitals, and one way of writing accents."""
    return unicodedata.normalize("NFC", name).casefold()
