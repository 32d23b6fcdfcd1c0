"""``trifold serve audit FILES…``: verify an audit log.

FILES are its closed parts in their order, then the open one:
``trifold serve audit serving/audit/*.jsonl serving/audit.jsonl``. Settings: ``heads=FILE`` (heads
that a server noted; by default those beside the last file), ``key=FILE`` (public key that the
newest of them must be signed with), ``secret=FILE`` (of a log whose hashes are keyed: the server's
``audit_key``), ``head=HASH`` (of a line that must be there; finds lines cut off at the end).

``trifold serve audit out=serving`` verifies the log of an endpoint wherever it is kept, with its
closed parts; ``export=FILE`` writes the open part there, for others to verify. They need
``serve/audit/verifier.py`` alone, which takes the same words: ``python -I verifier.py FILES…``.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.runtime.private import write_atomically
from trifold.serve.audit.check import damage, notes_in
from trifold.serve.audit.opened import open_log, read_key
from trifold.serve.audit.verifier import SETTINGS, Verified, lines_of, verify_files, verify_lines
from trifold.serve.settings_text import read_settings

OWN = ("out", "export")


def main(arguments: list[str]) -> int:
    """Entry point: print what was verified, or one line about what does not hold and exit 2."""
    return code_of(_verified, arguments, __doc__ or "")


def _verified(arguments: list[str]) -> list[str]:
    files = [word for word in arguments if "=" not in word]
    given = values_of([word for word in arguments if "=" in word], [*SETTINGS, *OWN])
    if bool(files) == ("out" in given):
        raise InputError(
            expected="a log: trifold serve audit FILES… or out=DIR", got="none or both"
        )
    if "out" in given:
        return [str(_endpoints(Path(given["out"]), given.get("export")))]
    read_key(given.get("secret", ""))
    with damage(files[0]):
        return [str(verify_files(arguments))]


def _endpoints(folder: Path, export: str | None) -> Verified:
    """The log of an endpoint, all of it that is here."""
    settings = read_settings(folder / "settings.json")
    log = open_log(settings)
    if log is None:
        raise InputError(expected="an endpoint with an audit log", got="none", where=folder)
    opened = list(log.lines())
    if export is not None:
        write_atomically(Path(export), b"".join(opened))
    closed = log.segments.parts() if log.segments else []
    with damage(folder):
        return verify_lines(
            chain(
                lines_of(closed), ((line, f"the open part:{i}") for i, line in enumerate(opened, 1))
            ),
            secret=read_key(settings.audit_key),
            notes=notes_in(log.heads),
        )


if __name__ == "__main__":
    run_main(main)
