"""The state of an endpoint at one moment, taken while it runs.

The audit log is locked meanwhile, which keeps workers from noting a scoring or a deletion, so that
log and kept responses belong together. For that moment sizes and links are taken and no more; what
only grows is copied up to its size then. A database of SQLite is copied by SQLite itself.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from trifold.serve.operations.launch import TEMPORARY
from trifold.serve.operations.server import KEYS, LOGS, STATE
from trifold.serve.settings import IN_DATABASE, Settings

ENDPOINT, KEPT, AUDIT = "endpoint", "keep", "audit"  # folders of a backup
FIRST_KEY = "key"  # the one key that lies here in the clear; the caller has it, a backup does not
# what runs, what was said of it, and tables and pages that are made again
LEFT_OUT = {FIRST_KEY, KEYS, STATE, TEMPORARY, LOGS, "drift", "archives"}
LOG_SUFFIXES = ("", ".heads", ".torn")
SQLITE, BESIDE_SQLITE = (".sqlite", ".sqlite3", ".db"), ("-wal", "-shm", "-journal")
PART = ".part"  # a response that is not kept yet


@dataclass(frozen=True)
class Member:
    """One file of a snapshot.

    Attributes:
        name: in the backup.
        path: where its content lies.
        size: bytes of it that belong to the snapshot.
    """

    name: str
    path: Path
    size: int


def snapshot(folder: Path, settings: Settings, staging: Path) -> list[Member]:
    """Links to all files of an endpoint as they are at one moment, and copies where they change.

    Args:
        folder: of the endpoint.
        settings: that it was started with.
        staging: an empty folder, on the disk of the endpoint's where links shall be possible.
    """
    in_file = settings.audit_log not in ("", IN_DATABASE)
    log = Path(settings.audit_log) if in_file else None
    apart = [Path(path) for path in (settings.keep_dir, settings.work_dir) if path]
    with _locked(log):
        members = [
            member
            for path in _files(folder, left_out=LEFT_OUT)
            if not any(path.is_relative_to(one) for one in apart) and not _is_log(path, log)
            for member in _staged(path, f"{ENDPOINT}/{path.relative_to(folder)}", staging)
        ]
        if settings.keep_dir:
            kept = Path(settings.keep_dir)
            members += [
                member
                for path in _files(kept)
                for member in _staged(path, f"{KEPT}/{path.relative_to(kept)}", staging)
            ]
        if log is not None:  # it only grows: what belongs to the snapshot is its size now
            members += [
                member
                for suffix in LOG_SUFFIXES
                for member in _staged(
                    log.with_name(f"{log.name}{suffix}"), f"{AUDIT}/audit.jsonl{suffix}", staging
                )
            ]
    return members


def _files(folder: Path, left_out: set[str] | frozenset[str] = frozenset()) -> Iterator[Path]:
    """Files below a folder; no links, no locks, nothing unfinished, no parts of databases.

    Folders may go while they are walked through: a person is being forgotten.
    """
    found = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    for path in sorted(found):
        top = path.relative_to(folder).parts[0]
        hidden = path.name.startswith(".") and path.name != ".key"  # of pseudonyms
        unfinished = path.suffix in (PART, ".tmp", ".lock") or path.name.endswith(BESIDE_SQLITE)
        if path.is_symlink() or not path.is_file() or hidden or unfinished:
            continue
        if top not in left_out and not (top.startswith(".") and top != ".key"):
            yield path


def _is_log(path: Path, log: Path | None) -> bool:
    return log is not None and path in [
        log.with_name(f"{log.name}{suffix}") for suffix in LOG_SUFFIXES
    ]


def _staged(path: Path, name: str, staging: Path) -> list[Member]:
    """A file that is replaced and never changed is linked; a database is copied as a whole.

    Returns:
        It; nothing where it has gone meanwhile.
    """
    target = staging / name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.is_file():
        return []
    if path.suffix in SQLITE:
        with (
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    else:
        try:
            os.link(path, target)
        except FileNotFoundError:
            return []
        except OSError:  # another disk, or one without links
            shutil.copyfile(path, target)
    return [Member(name, target, target.stat().st_size)]


@contextmanager
def _locked(log: Path | None) -> Iterator[None]:
    """Nobody writes to the log while the block lasts."""
    if log is None or not log.is_file():
        yield
        return
    while True:
        with log.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            if os.path.samestat(os.fstat(file.fileno()), log.stat()):  # not replaced meanwhile
                yield
                return
