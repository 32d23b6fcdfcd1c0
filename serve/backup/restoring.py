"""``trifold serve restore from=FILE out=serving``: the folder of an endpoint from a backup.

Then ``trifold serve start again=true out=serving`` serves what it served, with the keys that it
knew. What is kept goes to ``OUT/keep`` (``keep_dir=FOLDER`` elsewhere). Who was forgotten after the
backup was made is in it still: ``audit=FILE``, the log as it was last, has them forgotten anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.audit.log import AuditLog, Verified, verify
from trifold.serve.audit.opened import read_key
from trifold.serve.backup.archive import unpack_backup
from trifold.serve.backup.snapshot import AUDIT, ENDPOINT, KEPT
from trifold.serve.database.opened import FILE, open_database
from trifold.serve.greenhouse.interviews import FORGOTTEN, forget_interviews
from trifold.serve.operations.server import SETTINGS
from trifold.serve.settings import IN_DATABASE, PATHS, Settings
from trifold.serve.settings_text import read_settings

LOG = "audit.jsonl"
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Restored:
    """What came of a restore.

    Attributes:
        verified: the audit log, with the line that says ``restored``; None where there is none.
        forgotten: folders and interviews of people who were forgotten after the backup was made.
        missing: settings whose files are not here.
    """

    verified: Verified | None
    forgotten: int
    missing: tuple[str, ...]


def restore(
    source: Path, folder: Path, *, keep: Path | None = None, later: Path | None = None
) -> Restored:
    """Make the folder of an endpoint from a backup; all of it or nothing.

    Args:
        source: the backup.
        folder: the new folder.
        keep: where goes what is kept of people; below the folder by default.
        later: the audit log as it was last.

    Raises:
        InputError: when a folder is there already, the backup is damaged, or it has no log for a
            later one to go on from.
        AuditError: when a log does not hold, or the later one does not go on from the backup's.
    """
    keep = keep or folder / KEPT
    for place in (folder, keep):
        if place.exists() and not (place.is_dir() and not any(place.iterdir())):
            got = "one with files in it" if place.is_dir() else "a file"
            raise InputError(expected="a new folder", got=got, where=place)
    with _beside(folder) as made:
        manifest = unpack_backup(source, made)
        settings = _moved(read_settings(made / ENDPOINT / SETTINGS), manifest, folder, keep)
        named = [name for name in PATHS if getattr(settings, name) not in ("", IN_DATABASE)]
        missing = tuple(name for name in named if not _is_there(settings, name))
        log = made / AUDIT / LOG
        verified, forgotten = None, 0
        if later is not None and not log.is_file():  # nobody would be forgotten by it
            raise InputError(
                expected="a backup with the audit log that audit=FILE goes on from",
                got="one without a log in a file",
                where=source,
            )
        if log.is_file():
            key = b"" if "audit_key" in missing else read_key(settings.audit_key)
            verified = verify(log, key)
            if later is not None:
                forgotten = _forget(made / KEPT, verified, later, key)
            forgotten += _forget_interviews(made / ENDPOINT, [log, *filter(None, [later])])
            AuditLog(log, key).append("restored", lines=verified.lines, forgotten=forgotten)
            verified = verify(log, key)
        settings.write(made / ENDPOINT / SETTINGS)
        for part in sorted((made / AUDIT).glob("*")):
            shutil.move(part, made / ENDPOINT / part.name)
        _put(made / ENDPOINT, folder)
        if (made / KEPT).is_dir():
            _put(made / KEPT, keep)
    return Restored(verified, forgotten, missing)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder on the same disk, which is gone when the block ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _moved(settings: Settings, manifest: dict[str, Any], folder: Path, keep: Path) -> Settings:
    """Settings with the paths of the new folder; those that lead elsewhere stay."""
    before = str(manifest.get("folder", ""))
    paths: dict[str, Any] = {}
    for name in PATHS:
        path = getattr(settings, name)
        if before and path and Path(path).is_relative_to(before):
            paths[name] = str(folder.resolve() / Path(path).relative_to(before))
    if settings.keep_dir:
        paths["keep_dir"] = os.path.abspath(keep)
    if settings.audit_log not in ("", IN_DATABASE):
        paths["audit_log"] = str(folder.resolve() / LOG)
    if before and before in settings.database:  # a file of SQLite, which the start finds
        paths["database"] = ""
    return replace(settings, **paths)


def _is_there(settings: Settings, name: str) -> bool:
    """Whether what a setting names is here; what the restore and the start make, is."""
    made = ("keep_dir", "audit_log", "work_dir", "audit_segments", "audit_heads")
    return name in made or Path(getattr(settings, name)).exists()


def _forget(kept: Path, restored: Verified, later: Path, key: bytes) -> int:
    """Remove whom the later log says to have been forgotten since; returns how many folders."""
    verify(later, key, head=restored.head)  # it goes on from the backup's
    count = 0
    for line in later.read_bytes().splitlines():
        facts = json.loads(line)  # its number: a log whose parts are closed does not begin with 1
        is_new = facts["n"] > restored.lines and facts["event"] == "forget"
        names = facts.get("pseudonyms", ()) if is_new else ()
        for name in filter(_PSEUDONYM.fullmatch, names):
            for folder in (kept / name, *kept.glob(f"callers/*/{name}")):
                if folder.is_dir() and not folder.is_symlink():
                    shutil.rmtree(folder)
                    count += 1
    return count


def _forget_interviews(endpoint: Path, logs: Sequence[Path]) -> int:
    """Remove interviews that logs say to have been forgotten, whose ids never come again.

    A line is written before an interview goes, so that of the backup's own log may be early.
    """
    if not (endpoint / FILE).is_file():
        return 0
    lines = [line for log in logs for line in log.read_bytes().splitlines()]
    gone = [json.loads(line) for line in lines if FORGOTTEN.encode() in line]
    names = {str(facts["interview"]) for facts in gone if facts["event"] == FORGOTTEN}
    database = open_database(endpoint, Settings())
    try:
        return forget_interviews(database, names)
    finally:
        database.close()


def _put(made: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rmdir()
    shutil.move(made, place)
    place.chmod(0o700)


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_restore, arguments, __doc__ or "")


def _restore(arguments: list[str]) -> list[str]:
    given = values_of(arguments, ["from", "out", "keep_dir", "audit"])
    for name in ("from", "out"):
        if name not in given:
            raise InputError(expected=f"{name}=…", got="none", where=name)
    found = restore(
        Path(given["from"]),
        Path(given["out"]),
        keep=Path(given["keep_dir"]) if "keep_dir" in given else None,
        later=Path(given["audit"]) if "audit" in given else None,
    )
    lines = [f"restored to {given['out']}: trifold serve start again=true out={given['out']}"]
    if found.verified is not None:
        lines.append(str(found.verified))
    if "audit" in given:
        lines.append(f"forgotten since, and so removed: {found.forgotten}")
    lines += [f"not here, and named by a setting: {name}" for name in found.missing]
    return lines


if __name__ == "__main__":
    run_main(main)
