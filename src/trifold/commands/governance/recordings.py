"""A folder of interviews: a person's recordings, what lies beside them, their manifest rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trifold.commands.governance.places import PeopleTable, Removal, copied
from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.media.files.folder import manifests_in, survey

EMPTY = ("none", "nothing there")  # what is said of a folder whose last recording is gone


@dataclass(frozen=True)
class Recordings:
    """The folder, as ``trifold score input=…`` reads it.

    Attributes:
        path: of the folder.
        candidates: what a person is, as for scoring.
    """

    path: Path
    candidates: str = "auto"
    kind: str = "recordings"

    def check(self) -> None:
        """Refuse a manifest that cannot be rewritten."""
        for table in self._manifests():
            table.check()

    def holds(self, person: str) -> bool:
        """Whether a recording or a row is theirs."""
        return any(clip.candidate_id == person for clip in self._clips()) or any(
            table.holds(person) for table in self._manifests()
        )

    def remove(self, person: str) -> Removal:
        """Their files, folders that are empty by that, and rows of the manifest."""
        files = self.files(person)
        for file in files:
            file.unlink(missing_ok=True)
        for folder in sorted({file.parent for file in files}, reverse=True):
            if folder != self.path and not any(folder.iterdir()):
                folder.rmdir()
        rows = [f"manifest: {line}" for t in self._manifests() for line in t.remove(person).lines]
        n = len(files)
        return Removal((*([f"{n} file{'' if n == 1 else 's'}"] if n else []), *rows))

    def export(self, person: str, to: Path) -> list[Path]:
        """Copies of their files, and their rows."""
        made = []
        for file in self.files(person):
            inside = file.is_relative_to(self.path)
            made.append(copied(file, to / (file.relative_to(self.path) if inside else file.name)))
        for table in self._manifests():
            made += table.export(person, to) if table.holds(person) else []
        return made

    def files(self, person: str) -> list[Path]:
        """Recordings, transcripts, and all beside them that is called like them.

        ``ann.mp4`` has ``ann.vtt``, ``ann.de.vtt`` and ``ann.mp4.json`` beside it; ``ann.b.json``
        is that of ``ann.b.mp4`` where there is one.
        """
        clips = self._clips()
        own = [clip for clip in clips if clip.candidate_id == person]
        named = {path for c in own for path in (c.path, c.transcript_path) if path is not None}
        stems = {(c.path.parent, c.path.stem): c in own for c in clips if c.path is not None}
        found = set(named)
        for folder in {path.parent for path in named if path.parent.is_dir()}:
            for file in folder.iterdir():
                homes = (stem for home, stem in stems if home == folder)
                like = [stem for stem in homes if file.name.startswith(f"{stem}.")]
                if like and stems[folder, max(like, key=len)] and file.is_file():
                    found.add(file)
        return sorted(file for file in found if file.exists() or file.is_symlink())

    def _clips(self) -> Sequence[Clip]:
        try:
            return survey(self.path, unique=False, candidates=self.candidates).clips
        except InputError as error:
            if error.got in EMPTY or error.expected == "at least one row":
                return ()
            raise

    def _manifests(self) -> list[PeopleTable]:
        return [PeopleTable(table) for table in manifests_in(self.path)]
