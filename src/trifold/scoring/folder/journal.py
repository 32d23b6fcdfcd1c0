"""What a run has found so far, on disk, so that a killed one goes on where it stopped.

``progress.jsonl`` has a head line that says which model and settings it belongs to, then one line
per person as they are done: a check sum of the rest, a key of the person's files, rows, evidence.
A line that was cut off by the end of the process, and what follows it, is forgotten. Outputs are
written from it, in the order of the input, once everybody is there. It stays, put into that order:
when the same command is run again, only people with new or changed files are scored.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zlib import crc32

from trifold.codes import Code
from trifold.contracts import Clip, Transcript
from trifold.errors import InputError
from trifold.runtime.private import FILE, appearing, private_folder, tighten
from trifold.scoring.outcome import ScoredCandidate

NAME = "progress.jsonl"
FORMAT = 2  # pieces of evidence have errors since 2
PASSING = (
    Code.WORKER_DIED,
    Code.TIMED_OUT,
    Code.INTERNAL_ERROR,
)  # may have had reasons besides the file
SYNC_EVERY_S = 1.0  # a power cut may cost the people of this long, a killed process nobody


class Journal:
    """Append-only results of one output folder; one process at a time.

    Args:
        folder: of the outputs.
        head: what the results depend on besides the files: model and settings.

    Raises:
        InputError: when another run is writing there.
    """

    def __init__(self, folder: Path, head: Mapping[str, Any]) -> None:
        self.folder, self.path = folder, folder / NAME
        self._head = _line({"format": FORMAT, **head})
        self._places: dict[str, tuple[int, int]] = {}  # key to place and length of its line

    def __enter__(self) -> Self:
        """Take up what an earlier run left, if it belongs to the same model and settings."""
        private_folder(self.folder)
        self._lock = _lock(self.folder)
        if self.path.exists():  # a folder of ours, perhaps made when others could read it
            tighten(self.folder)
            tighten(self.path)
        self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, FILE), "r+b")
        self._end = self._take_up()
        self._synced_s = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it; what is in it stays."""
        self._file.close()
        os.close(self._lock)

    def __contains__(self, key: str) -> bool:
        """Whether the person with these files is done."""
        return key in self._places

    def append(self, key: str, scored: ScoredCandidate) -> None:
        """Write one person down."""
        found = {
            "key": key,
            "answers": scored.answers,
            "candidate": scored.candidate,
            "evidence": scored.evidence,
        }
        try:
            line = _line(found)
        except ValueError:  # a number that JSON has not; rows hold none, so it is in the evidence
            line = _line(found | {"evidence": None})
        self._file.seek(self._end)
        self._file.write(line)
        self._file.flush()
        self._places[key] = (self._end, len(line))
        self._end += len(line)
        if time.monotonic() - self._synced_s > SYNC_EVERY_S:
            os.fsync(self._file.fileno())
            self._synced_s = time.monotonic()

    def read(self, key: str) -> ScoredCandidate:
        """What was written down about one person."""
        place, length = self._places[key]
        self._file.seek(place)
        found = _parse(self._file.read(length)) or {}
        return ScoredCandidate(found["answers"], found["candidate"], found["evidence"])

    def tidy(self, keys: Sequence[str]) -> None:
        """Keep these people, in this order; those whose process failed are left for another run."""
        with appearing(self.path) as file:
            file.write(self._head)
            for key in keys:
                found = self.read(key)
                codes = [row.get("error_code") for row in (*found.answers, found.candidate)]
                if not any(code in PASSING for code in codes):  # those are worth another try
                    place, length = self._places[key]
                    self._file.seek(place)
                    file.write(self._file.read(length))

    def _take_up(self) -> int:
        """Find the whole lines; returns where the next one goes, with nothing behind it."""
        if self._file.readline() != self._head:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(self._head)
            self._file.flush()
            return len(self._head)
        end = len(self._head)
        for line in self._file:
            found = _parse(line)
            if found is None:
                break
            self._places[found["key"]] = (end, len(line))
            end += len(line)
        self._file.truncate(end)
        return end


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Inside, no run writes to an output folder.

    Raises:
        InputError: when one does.
    """
    lock = _lock(folder)
    try:
        yield
    finally:
        os.close(lock)


def without_person(folder: Path, candidate_id: str) -> int:
    """Take a person out of the journal of a folder that no run writes to.

    Returns how many lines were theirs. A line that was cut off, and what follows it, goes too:
    nobody can tell whose it was.
    """
    path = folder / NAME
    if not path.exists():
        return 0
    gone = 0
    with path.open("rb") as lines, appearing(path) as kept:
        kept.write(lines.readline())
        for line in lines:
            found = _parse(line)
            if found is None:
                break
            own = found["candidate"]["candidate_id"] == candidate_id
            kept.write(b"" if own else line)
            gone += own
    return gone


def lines_of(folder: Path, candidate_id: str) -> list[dict[str, Any]]:
    """What the journal of a folder says of a person."""
    path = folder / NAME
    if not path.exists():
        return []
    with path.open("rb") as lines:
        found = [_parse(line) for line in lines][1:]
    return [f for f in found if f and f["candidate"]["candidate_id"] == candidate_id]


def key_of(clips: tuple[Clip, ...]) -> str:
    """Changes with a person's files, words and questions, so that only the same are taken up.

    Files count by path, size and time of change: reading them again would take as long as what is
    to be saved.
    """
    facts = [_facts(clip) for clip in clips]
    text = json.dumps(facts, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _lock(folder: Path) -> int:
    """A lock on an output folder, which ends with this process or when it is closed."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise InputError(
            expected="one run at a time", got="another one that writes here", where=folder
        ) from error
    return lock


def _facts(clip: Clip) -> list[Any]:
    said = clip.transcript
    words: Any = said
    if isinstance(said, Transcript):
        words = [said.source, said.recogniser, *map(repr, said.segments)]
    files = [_stamp(path) for path in (clip.path, clip.transcript_path)]
    asked = [clip.question, clip.question_id]
    whose = [clip.candidate_id, clip.clip_id, clip.speaker, clip.transcript_doubt, clip.left_out]
    whose.append(clip.transcript_outside)
    whose += [] if clip.turns is None else [repr(clip.turns)]
    return [*whose, files, words, asked, sorted(clip.measures.items())]


def _stamp(path: Path | None) -> list[Any]:
    """Path, size and time of change; the path alone where nothing can be seen."""
    if path is None:
        return []
    try:
        status = path.stat()
    except (OSError, ValueError):
        return [str(path)]
    return [str(path), status.st_size, status.st_mtime_ns]


def _line(found: Mapping[str, Any]) -> bytes:
    """JSON with its check sum before it; plain ASCII, so that any text survives."""
    text = json.dumps(found, allow_nan=False).encode()
    return b"%08x %s\n" % (crc32(text), text)


def _parse(line: bytes) -> dict[str, Any] | None:
    """What a line says; None when it is not whole."""
    total, _, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or total != b"%08x" % crc32(text):
        return None
    found: dict[str, Any] = json.loads(text)
    return found
