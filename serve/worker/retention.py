"""What a server keeps of candidates where that is configured and asked for, and forgetting it.

``KEEP/callers/<caller>/<pseudonym>/<time>-<random>.json`` holds a response. The pseudonym is a
keyed hash of caller and candidate id, so nobody meets another's candidate of the same id; the key
lies in ``KEEP/.key``, so that the audit log alone names nobody. What was kept before callers had
folders of their own lies in ``KEEP/<pseudonym>``, by the candidate id alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from trifold.runtime.private import secret_of

KEY, CALLERS = ".key", "callers"
PART = ".part"  # a response that is not kept yet; forgetting removes what a killed worker left


@dataclass(frozen=True)
class RemovedRecords:
    """What forgetting removed.

    Attributes:
        pseudonym: of the candidate for the caller who asked; None where nothing is ever kept.
        pseudonyms: under which something was kept.
        files: name to SHA-256 of each file that was removed.
        remaining: files of the candidate that are still there; 0 when all went well.
    """

    pseudonym: str | None
    pseudonyms: tuple[str, ...]
    files: dict[str, str]
    remaining: int


class Keep:
    """Responses on disk, one folder per caller and candidate."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._key = secret_of(root / KEY)

    def pseudonym(self, candidate_id: str, caller: str) -> str:
        """32 hex digits that stand for a caller's candidate; the same on every call."""
        return self._digest(f"{caller}\0{one_spelling(candidate_id)}")

    @contextmanager
    def put(self, candidate_id: str, caller: str, response: bytes) -> Iterator[None]:
        """Write a response that is kept once the block has ended well, and is gone otherwise."""
        folder = self.folder_of(candidate_id, caller)
        path = folder / f"{time.time_ns()}-{secrets.token_hex(4)}.json"
        fresh = path.with_suffix(PART)
        try:
            fresh.touch(mode=0o600)
            fresh.write_bytes(response)
            yield
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)

    def forget(
        self, candidate_id: str, caller: str, *, everyone: bool = False, ownerless: bool = False
    ) -> RemovedRecords:
        """Remove all that is kept of a candidate, then look again.

        Args:
            candidate_id: as it was sent.
            caller: whose candidate it is.
            everyone: also what other callers keep of a candidate of this id.
            ownerless: also what was kept before callers had folders of their own.
        """
        folders = self._folders(candidate_id, caller, everyone=everyone, ownerless=ownerless)
        found: dict[Path, str] = {}
        for path in (path for folder in folders for path in _files(folder)):
            with suppress(FileNotFoundError):  # another worker forgets the same candidate
                found[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        remaining = sum(len(_files(folder)) + folder.exists() for folder in folders)
        pseudonyms = sorted({path.parent.name for path in found})
        files = {path.name: digest for path, digest in found.items()}
        return RemovedRecords(
            self.pseudonym(candidate_id, caller), tuple(pseudonyms), files, remaining
        )

    def files_of(
        self, candidate_id: str, caller: str, *, everyone: bool = False, ownerless: bool = False
    ) -> list[Path]:
        """All that is kept of a candidate; see ``forget``."""
        folders = self._folders(candidate_id, caller, everyone=everyone, ownerless=ownerless)
        return [path for folder in folders for path in _files(folder)]

    def folder_of(self, candidate_id: str, caller: str) -> Path:
        """The folder of a caller's candidate, which is made if it is not there."""
        folder = self._folder(candidate_id, caller)
        for part in (folder.parents[1], folder.parent, folder):  # a mode is of the last one alone
            part.mkdir(exist_ok=True, mode=0o700)
        return folder

    def _folders(
        self, candidate_id: str, caller: str, *, everyone: bool, ownerless: bool
    ) -> list[Path]:
        all_callers = (self._root / CALLERS).glob("*") if everyone else ()
        callers = {*([caller] if caller else []), *(path.name for path in all_callers)}
        folders = [self._folder(candidate_id, name) for name in sorted(callers)]
        if ownerless:
            folders.append(self._root / self._digest(candidate_id))
        return folders

    def _folder(self, candidate_id: str, caller: str) -> Path:
        return self._root / CALLERS / caller / self.pseudonym(candidate_id, caller)

    def _digest(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()[:32]


def one_spelling(candidate_id: str) -> str:
    """Ids that look the same are the same: an accent may be a sign of its own or part of one."""
    return unicodedata.normalize("NFC", candidate_id)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file())
