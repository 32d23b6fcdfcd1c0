"""Verifying logs as ``verifier`` does, with Trifold's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trifold.serve.audit.chain import AuditError
from trifold.serve.audit.verifier import DamagedError, Notes, Verified, lines_of, verify_lines


def verify(
    path: Path, key: bytes = b"", *, head: str | None = None, heads: Path | None = None
) -> Verified:
    """Check every line of a log, and that what was noted of it is there.

    Args:
        path: of the log.
        key: the one that the log was written with.
        head: hash that the last line, or an earlier one, had when it was noted; finds lines cut off
            at the end.
        heads: file of heads that were noted; by default the one beside the log.

    Raises:
        AuditError: with the number of the first line that does not hold.
    """
    heads = heads or path.with_name(f"{path.name}.heads")
    with damage(path):
        return verify_lines(lines_of([path]), secret=key, notes=notes_in(heads), head=head)


def notes_in(path: Path) -> Notes:
    """Heads that were noted in a file; none where there is no file."""
    return Notes.read(path) if path.is_file() else Notes()


@contextmanager
def damage(where: object) -> Iterator[None]:
    """What does not hold is an error of ours.

    Raises:
        AuditError: with the line, or the file that cannot be read.
    """
    try:
        yield
    except DamagedError as error:
        raise AuditError(expected=error.expected, got=error.got, where=error.where) from error
    except OSError as error:
        raise AuditError(expected="a readable log", got=str(error.strerror), where=where) from error
