"""Where a gateway keeps its jobs, and the name that it has among others."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from trifold.database.engine import IN_MEMORY, Database
from trifold.database.upgrade import bring_up_to_date
from trifold.runtime.private import SECRET_BYTES, secret_of
from trifold.serve.database.job_queue import JobQueue
from trifold.serve.database.job_store import JobLimits, JobStore
from trifold.serve.database.sealing import KEY_FILE, Sealer, sealer_of
from trifold.serve.database.tables import MIGRATIONS
from trifold.serve.settings import IN_DATABASE, Settings

NAME_FILE = "gateway.id"


class JobPlace:
    """Jobs as callers see them, and as this gateway takes them.

    Args:
        folder: of the endpoint.
        settings: say whether they live in memory, and limits.
        database: that is used where they do not.

    Raises:
        InputError: when the database was used with another key.
    """

    def __init__(self, folder: Path, settings: Settings, database: Database) -> None:
        limits = JobLimits(ttl_s=settings.job_ttl_s, share=settings.share_of)
        run, self._lock = secrets.token_urlsafe(6), -1
        if settings.jobs != IN_DATABASE:
            database = Database(IN_MEMORY)
            bring_up_to_date(database, MIGRATIONS)
            self.store = JobStore(database, Sealer(secrets.token_bytes(SECRET_BYTES)), limits)
            self.queue = JobQueue(database, self.store.sealed, f"memory/{run}")
            return
        path = Path(settings.database_key or folder / KEY_FILE)
        self.store = JobStore(database, sealer_of(path, database), limits)
        name = secret_of(folder / NAME_FILE).hex()[:16]
        self.queue = JobQueue(database, self.store.sealed, f"{name}/{run}")
        if self._alone(folder / NAME_FILE):
            self.queue.release(predecessors=True)

    def close(self) -> None:
        """Let another gateway with this folder come."""
        if self._lock >= 0:
            os.close(self._lock)

    def _alone(self, path: Path) -> bool:
        """Whether no other gateway uses this folder, from now until this one ends."""
        self._lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
