"""Which transcript belongs to which media file.

Closest name first: ``answer.vtt``, then ``answer.mp4.vtt``, ``answer.transcript.vtt`` as meeting
recorders write it, ``answer.en.vtt``; beside the file, then in a folder ``transcripts``. A file
that is no transcript (settings, photo data) is passed over, and nobody gets a neighbour's words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trifold.errors import TranscriptError
from trifold.media.files.border import ANYWHERE, Border
from trifold.media.transcripts.beside_ends import SAY_TRANSCRIPT
from trifold.media.transcripts.beside_names import (
    ALONE,
    IN_LANGUAGE,
    ONLY_ONE,
    SUFFIXES,
    Listing,
    Match,
    holding_transcripts,
    original_language,
    plain_name,
)
from trifold.media.transcripts.languages import language_of
from trifold.media.transcripts.reading import NoTranscriptError, read_transcript

NOTES = (".csv", ".jsonl", ".md", ".markdown")  # of a rater, just as well
UNSURE = (".json", ".xml", ".sub", *NOTES)  # may be something else: looked into before taken


@dataclass(frozen=True)
class Taken:
    """The transcript of a media file, or the names of several that might be meant.

    ``outside`` names one that lies beyond the border, and was not looked into.
    """

    path: Path | None = None
    doubt: str | None = None
    outside: str | None = None


def in_doubt(names: str, where: object) -> TranscriptError:
    """What is said where transcripts of several languages are there."""
    asked = "to know which language is spoken (language=en)"
    return TranscriptError(expected=asked, got=names, where=where)


class TranscriptsBeside:
    """Looks up transcripts of media files, listing each folder once.

    Args:
        language: two letters; of several languages this one is taken.
        spoken: tells the language of a media file's sound, where it is tagged.
    """

    def __init__(
        self, language: str | None = None, spoken: Callable[[Path], str | None] | None = None
    ) -> None:
        self._language = language_of(language) if language else None
        self._spoken = spoken or (lambda _: None)
        self._listed: dict[Path, Listing] = {}
        self._holders: dict[Path, Counter[str]] = {}
        self._rejected: dict[Path, bool] = {}

    def find(self, media_path: Path) -> Path | None:
        """The transcript of a media file, if there is one and only one can be meant."""
        return self.of(media_path).path

    def of(self, media_path: Path, border: Border = ANYWHERE) -> Taken:
        """The transcript of a media file, or the names of several that might be meant.

        Args:
            media_path: of the file.
            border: which transcripts must lie inside of.
        """
        for matches in self._places(media_path):
            for distance in range(ONLY_ONE + 1):
                near = [match for match in matches if match.distance == distance]
                inside = [match for match in near if border.holds(match.path)]
                if ours := [match for match in inside if self._is_one(match)]:
                    return self._chosen(ours, media_path)
                if len(inside) < len(near):
                    beyond = next(match for match in near if match not in inside)
                    return Taken(outside=beyond.path.name)
        return Taken()

    def of_none(self, recordings: Iterable[Path], transcripts: Iterable[Path]) -> list[Path]:
        """Those of the transcripts that are called like none of the recordings, in order."""
        left = set(transcripts)
        for recording in recordings:
            if not left:
                break
            left -= {match.path for matches in self._places(recording) for match in matches}
        return sorted(left)

    def _chosen(self, near: list[Match], media_path: Path) -> Taken:
        """The best of equally near files; of several languages the spoken one."""
        ranked = sorted(near, key=lambda match: match.order)
        languages = {language_of(match.tag) for match in ranked}
        if ranked[0].distance != IN_LANGUAGE or len(languages) == 1:
            return Taken(ranked[0].path)
        spoken = (
            self._language
            or original_language(ranked)
            or language_of(self._spoken(media_path) or "")
        )
        for match in ranked:
            if language_of(match.tag) == spoken:
                return Taken(match.path)
        return Taken(doubt=", ".join(match.path.name for match in ranked))

    def _places(self, media_path: Path) -> Iterator[list[Match]]:
        """Matches beside the file, then in folders of transcripts, nearest first."""
        folder = media_path.parent
        listed = self._list(folder)
        yield [*listed.matches(media_path.stem, media_path.name), *_only(listed)]
        for holder, stem in self._stems(media_path, listed.folders):
            yield self._list(holder).matches(stem, f"{stem}{media_path.suffix}")

    def _stems(self, media_path: Path, folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
        """Folders of transcripts for a file, and its name in them.

        ``x/transcripts/q1`` and ``x/videos/q1`` go together, ``x/transcripts/ann/q1`` with
        ``x/ann/q1``; ``x/transcripts/q1`` with ``x/ann/q1`` only where nobody else has a ``q1``.
        """
        stem = media_path.stem
        yield from ((found, stem) for found in holding_transcripts(folders))
        inner = media_path.parent
        above = inner.parent
        for holder in holding_transcripts(self._list(above).folders):
            if holder == inner:
                continue
            yield holder / inner.name, stem
            yield from ((holder, f"{inner.name}{sign}{stem}") for sign in "_- ")
            if not self._others_have(stem, inner):
                yield holder, stem
        for holder in holding_transcripts(self._list(above.parent).folders):
            yield holder / inner.name, stem  # x/videos/ann/q1 and x/transcripts/ann/q1

    def _others_have(self, stem: str, folder: Path) -> bool:
        """Whether a file of this name lies in a folder beside this one too."""
        above, name = folder.parent, plain_name(stem)
        folders = self._list(above).folders
        if above not in self._holders:
            names = (name for one in folders for name in self._list(one).media_names)
            self._holders[above] = Counter(names)
        mine = folder in folders and name in self._list(folder).media_names
        return self._holders[above][name] > mine

    def _is_one(self, match: Match) -> bool:
        """Whether a file that may be something else holds a transcript.

        A table, or a page of Markdown, is somebody's notes of the interview just as well: it counts
        where it has times or speakers, or where its name says that it is a transcript.
        """
        path = match.path
        if path.suffix.lower() not in UNSURE:
            return True
        if path not in self._rejected:
            self._rejected[path] = False
            try:
                read = read_transcript(path)
                if path.suffix.lower() in NOTES and match.mark not in SAY_TRANSCRIPT:
                    told = (s.start_s is not None or s.speaker for s in read.segments)
                    self._rejected[path] = not any(told)
            except NoTranscriptError:
                self._rejected[path] = True
            except TranscriptError:
                pass  # a damaged one: its row says so
        return not self._rejected[path]

    def _list(self, folder: Path) -> Listing:
        """Files and folders in a folder; none where it cannot be read."""
        if folder not in self._listed:
            try:
                inside = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
                folders = [path for path in inside if path.is_dir()]
            except (OSError, ValueError):  # a path that no system can hold, or a locked folder
                inside, folders = [], []
            known = set(folders)
            self._listed[folder] = Listing([p for p in inside if p not in known], folders)
        return self._listed[folder]


def _only(listed: Listing) -> list[Match]:
    """``transcript.vtt`` and the like, where one recording alone lies beside it."""
    if len(listed.recordings) != 1:
        return []
    return [
        Match(ONLY_ONE, file, plain_name(file.stem))
        for file in listed.files
        if plain_name(file.stem) in ALONE and file.suffix.lower() in SUFFIXES
    ]
