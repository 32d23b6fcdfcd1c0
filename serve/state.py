"""What the gateway must still know after it was started anew: one SQLite file, for its user alone.

Each table is made by the module that uses it. Calls take microseconds and are made from the event
loop's thread; what is deleted is overwritten.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from trifold.codes import Code
from trifold.errors import TrifoldError

FILE = "state.sqlite3"
WAIT_S = 5.0  # for another process that writes


class StateError(TrifoldError):
    """The file cannot be used."""

    code = Code.SERVER_ERROR


class State:
    """An open file of state.

    Args:
        folder: of the endpoint.

    Raises:
        StateError: when the file cannot be opened or is damaged.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        try:
            path.touch(mode=0o600)
            os.chmod(path, 0o600)
            self._held = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
            # no write is lost when the process is killed, some may be in a power cut
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
                self._held.execute(f"PRAGMA {pragma}")
        except (sqlite3.Error, OSError) as error:
            raise StateError(expected="a file of state", got=str(error), where=path) from error
        self._held.row_factory = sqlite3.Row

    def run(self, statement: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Carry out one statement; returns its rows.

        Raises:
            sqlite3.Error: as SQLite says.
        """
        with closing(self._held.execute(statement, tuple(values))) as cursor:
            return cursor.fetchall()

    def truncate(self) -> None:
        """Nothing of what was deleted is left in the log beside the file."""
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        self._held.close()
