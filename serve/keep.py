"""What a server keeps of candidates where that is configured and asked for, and forgetting it.

``KEEP/<pseudonym>/<time>-<random>.json`` holds a response. The pseudonym is a keyed hash of the
candidate id; the key lies in ``KEEP/.key``, so that the audit log alone names nobody.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEY = ".key"
PART = ".part"  # a response that is not kept yet; forgetting removes what a killed worker left


@dataclass(frozen=True)
class Removed:
    """What forgetting removed.

    Attributes:
        pseudonym: of the candidate.
        files: name to SHA-256 of each file that was removed.
        remaining: files of the candidate that are still there; 0 when all went well.
    """

    pseudonym: str
    files: dict[str, str]
    remaining: int


class Keep:
    """Responses on disk, one folder per candidate."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._key = _key_of(root / KEY)

    def pseudonym(self, candidate_id: str) -> str:
        """32 hex digits that stand for a candidate; the same on every call."""
        return hmac.new(self._key, candidate_id.encode(), "sha256").hexdigest()[:32]

    @contextmanager
    def put(self, candidate_id: str, response: bytes) -> Iterator[None]:
        """Write a response that is kept once the block has ended well, and is gone otherwise."""
        folder = self._root / self.pseudonym(candidate_id)
        folder.mkdir(exist_ok=True, mode=0o700)
        path = folder / f"{time.time_ns()}-{secrets.token_hex(4)}.json"
        fresh = path.with_suffix(PART)
        try:
            fresh.touch(mode=0o600)
            fresh.write_bytes(response)
            yield
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)

    def forget(self, candidate_id: str) -> Removed:
        """Remove all that is kept of a candidate, then look again."""
        pseudonym = self.pseudonym(candidate_id)
        folder = self._root / pseudonym
        files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in _files(folder)}
        shutil.rmtree(folder, ignore_errors=True)
        return Removed(pseudonym, files, len(_files(folder)) + folder.exists())


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file())


def _key_of(path: Path) -> bytes:
    """The key, made by whoever comes first."""
    fresh = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(secrets.token_bytes(32))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()
