"""``trifold serve backup out=demo/serving to=FILE``: an endpoint in one file, also while it runs.

In it: the hashes of keys, settings, the audit log with the heads that were noted of it, what is
kept of people, counts of drift, the endpoint's own database with the secrets of callers' webhooks
and Greenhouse's interviews, the key that these are sealed with, and the models that are served. Not
in it: keys in the clear that the endpoint made, secrets that settings name by their path, media,
logs, and a database of PostgreSQL, which ``pg_dump`` backs up. Whoever reads the file reads what is
kept of people: it is readable by its owner alone, and belongs where the endpoint's folder would.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.backup.archive import write_backup
from trifold.serve.backup.snapshot import AUDIT, KEPT, snapshot
from trifold.serve.operations.server import OUT, SETTINGS
from trifold.serve.settings_text import read_settings


def back_up(folder: Path, to: Path) -> str:
    """Write a backup; returns a line that says what is in it.

    Args:
        folder: of the endpoint.
        to: the file.

    Raises:
        InputError: when there is no endpoint, or the file is there already.
    """
    if not (folder / SETTINGS).is_file():
        raise InputError(expected="the folder of an endpoint", got="none", where=folder)
    if to.exists():
        raise InputError(expected="a new file", got="one that is there", where=to)
    folder = folder.resolve()
    staging = Path(tempfile.mkdtemp(prefix=".backup-", dir=folder))
    try:
        members = snapshot(folder, read_settings(folder / SETTINGS), staging)
        manifest = write_backup(to, members, folder=str(folder))
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    kept = sum(name.startswith(f"{KEPT}/") and name.endswith(".json") for name in manifest["files"])
    has_log = f"{AUDIT}/audit.jsonl" in manifest["files"]
    size_mib = sum(size for size, _ in manifest["files"].values()) / (1 << 20)
    return (
        f"{len(members)} files, {size_mib:.1f} MiB, {kept} kept responses"
        f"{', the audit log' if has_log else ''}: {to}"
    )


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_back_up, arguments, __doc__ or "")


def _back_up(arguments: list[str]) -> list[str]:
    given = values_of(arguments, ["out", "to"])
    if "to" not in given:
        raise InputError(expected="to=FILE", got="none", where="to")
    return [back_up(Path(given.get("out", OUT)), Path(given["to"]))]


if __name__ == "__main__":
    run_main(main)
