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


def sealer_in(folder: Path, settings: Settings, database: Database) -> Sealer:
    """What seals the jobs of an endpoint; see ``sealer_of``."""
    return sealer_of(Path(settings.database_key or folder / KEY_FILE), database)


class JobPlace:
    """Jobs as callers see them, and as this gateway takes them.

    Args:
        folder: of the endpoint.
        settings: say whether they live in memory, and limits.
        database: that is used where they do not.

    Raises:
        InputError: when the database was used with another key, or the key cannot be used.
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
        self.store = JobStore(database, sealer_in(folder, settings, database), limits)
        name = secret_of(folder / NAME_FILE).hex()[:16]
        self.queue = JobQueue(database, self.store.sealed, f"{name}/{run}")
        if self._alone(folder / NAME_FILE):
            self.queue.release(predecessors=True)

    def close(self) -> None:
        """Let another gateway with this folder come."""
        if self._lock >= 0:
            os.close(self._lock)

    def _alone(self, path: Path) -> bool:
        """Whether no other gateway uses this folder; those that come find that this one does."""
        self._lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        return True
