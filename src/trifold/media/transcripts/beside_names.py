"""How near the name of a transcript is to that of a recording."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.media.transcripts.beside_ends import MARKS, ends_of
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
    ".docm",
    ".csv",
    ".jsonl",
    ".md",
    ".markdown",
    ".text",
    ".lrc",
    ".sub",
    ".itt",
    ".sami",
    ".srv2",
    ".ctm",
    ".stm",
    ".cha",
    ".trs",
    ".exb",
    ".otr",
    ".prtranscript",
    ".scc",
)
FOLDERS = ("transcripts", "transcript", "subtitles", "subs", "captions", "transkripte")
ALONE = (
    "transcript",
    "captions",
    "closed_caption",
    "meeting_saved_closed_caption",
    "subtitles",
    "audio_transcript",
)  # of a folder that holds one recording
NEAREST, MEDIA_NAME, MARKED, IN_LANGUAGE, ONLY_ONE = range(5)
_VIEW = re.compile(
    r"[_ -](?:(?:gallery|speaker|avo|gvo|as|separate)[_ -]){0,9}\d{3,4}x\d{3,4}$", re.IGNORECASE
)
_RECORDING = re.compile(r"(?<=\w|\))[_ –—-]{1,3}(?:meeting )?recording$")


@dataclass(frozen=True)
class Match:
    """How near a file's name is to a media file's; mark and tag of ``answer.auto.TAG.vtt``."""

    distance: int
    path: Path
    tag: str = ""
    mark: str = ""

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Nearest first, then by mark and kind of file."""
        mark = MARKS.index(self.mark) + 1 if self.mark else 0
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
        """Files whose names say that they belong to a media file of this stem and name.

        What is called exactly as another recording is that one's.
        """
        stem, name = plain_name(stem), plain_name(name)
        keys = _names_of(stem)
        near = dict.fromkeys(n for key in keys for n in self._beginnings.get(key, ()))
        found = [_match(stem, name, self.files[n]) for n in sorted(near)]
        others = self.media_names - keys
        return [m for m in found if m is not None and plain_name(m.path.stem) not in others]

    @cached_property
    def _beginnings(self) -> Mapping[str, list[int]]:
        """A name, with and without the marks and tags at its end, to places among the files."""
        places: dict[str, list[int]] = {}
        for number, file in enumerate(self.files):
            if file.suffix.lower() in SUFFIXES:
                for key in {ends.head for ends in ends_of(plain_name(file.stem))}:
                    places.setdefault(key, []).append(number)
        return places


def _match(stem: str, name: str, file: Path) -> Match | None:
    inner = plain_name(file.stem)
    if inner == stem:
        return Match(NEAREST, file)
    keys = _names_of(stem)
    ends = next((ends for ends in ends_of(inner) if ends.head in keys), None)
    if ends is None:
        return None
    if ends.tag:
        return Match(IN_LANGUAGE, file, ends.tag, ends.mark)
    if inner == name or (not ends.mark and ends.head == stem):
        return Match(MEDIA_NAME, file)
    return Match(MARKED, file, ends.mark, ends.mark)


def original_language(matches: Iterable[Match]) -> str | None:
    """The language of the one that is tagged as what was spoken, if any is."""
    return next((language_of(m.tag) for m in matches if is_original(m.tag)), None)


def recording_name(stem: str) -> str:
    """A stem without the view that a meeting recorder adds: ``…_gallery_1920x1080``."""
    return _VIEW.sub("", stem)


def _names_of(stem: str) -> frozenset[str]:
    """A stem with and without view, and without ``Meeting Recording``, as calls call theirs."""
    bare = recording_name(stem)
    return frozenset({stem, bare, _RECORDING.sub("", bare)})


def holding_transcripts(folders: Iterable[Path]) -> list[Path]:
    """The folders that are called as those of transcripts are."""
    return [folder for folder in folders if plain_name(folder.name) in FOLDERS]


def plain_name(name: str) -> str:
    """Without capitals, and one way of writing accents."""
    return unicodedata.normalize("NFC", name).casefold()
