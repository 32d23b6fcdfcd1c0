"""One database, embedded or not, and sessions of it; for the studio and the endpoint alike."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, StaticPool, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from trifold.errors import InputError

BUSY_MS = 15_000  # that a writer waits for another; SQLite has one at a time
KINDS = ("sqlite", "postgresql")
IN_MEMORY = "sqlite://"
# a PostgreSQL that is gone is noticed, wherever the line was cut
PATIENCE = {"connect_timeout": 5, "keepalives_idle": 10, "tcp_user_timeout": 15_000}
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def url_of(setting: str | None, file: Path) -> str:
    """The address as SQLAlchemy takes it.

    Args:
        setting: ``postgresql://…``; nothing is SQLite in a file.
        file: of SQLite.

    Raises:
        InputError: when it is of another kind of database.
    """
    if not setting:
        return f"sqlite:///{file}"
    kind = setting.split(":", 1)[0].split("+", 1)[0]
    if kind not in KINDS:
        raise InputError(expected="database=postgresql://… or none for SQLite", got=repr(kind))
    return setting.replace("postgresql://", "postgresql+psycopg://", 1)


class Database:
    """SQLite or PostgreSQL, which is told by the address.

    Args:
        url: as SQLAlchemy takes it; ``sqlite://`` lives in memory, and one thread at a time may
            use it.
        pooled: keep connections; a process that may be forked or interrupted anywhere keeps none.
    """

    def __init__(self, url: str, *, pooled: bool = True) -> None:
        options: dict[str, Any] = {} if pooled else {"poolclass": NullPool}
        if url == IN_MEMORY:
            options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        elif not url.startswith("sqlite"):
            options |= {"connect_args": PATIENCE}
        self.engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
        if self.is_sqlite:
            _prepare(self.engine)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine."""
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """SQLite's file."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only looks; nothing that is changed in it is kept."""
        with self.engine.connect() as connection, Session(bind=connection) as session:
            yield session

    @contextmanager
    def writing(self, *, lock: int | None = None, lasting: bool = True) -> Iterator[Session]:
        """A session whose changes are kept together when the block ends, or none on an error.

        SQLite's lock is taken at the start: two writers that both begin by reading would otherwise
        wait for each other.

        Args:
            lock: any number; of all processes on PostgreSQL one at a time is in a block with it.
            lasting: wait until the disk has it; what nobody waited for outlives a kill, and may be
                gone after a power cut.
        """
        engine = self.engine.execution_options(writes=True, lasting=lasting)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            if not (lasting or self.is_sqlite):
                session.execute(text("SET LOCAL synchronous_commit TO off"))
            if lock is not None:
                self.hold(session.connection(), lock)
            yield session

    def hold(self, connection: Connection, lock: int) -> None:
        """Wait until no other transaction holds a lock of this number; on SQLite none ever does."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})

    def shred(self) -> None:
        """Give back the room of what was deleted, and empty SQLite's write-ahead log of it.

        SQLite overwrites what is deleted (``secure_delete``). PostgreSQL does its own vacuuming.
        """
        if not self.is_sqlite:
            return
        # another may be in the way, of which SQLite itself tells: the next time does it
        with suppress(SQLAlchemyError, sqlite3.Error), self.engine.connect() as connection:
            line: Any = connection.connection.driver_connection
            line.execute("PRAGMA busy_timeout=200")
            try:
                line.execute("PRAGMA incremental_vacuum").fetchall()
                line.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                line.execute(f"PRAGMA busy_timeout={BUSY_MS}")

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _log_ahead(connection: Any) -> None:
    """Switch the write-ahead log on; SQLite does not wait for others who do so, so we do."""
    until_s = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.02)


def _prepare(engine: Engine) -> None:
    """Readers beside a writer, foreign keys, and transactions that SQLAlchemy begins itself."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin transactions of its own
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        # of a new file; of another it changes nothing
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        _log_ahead(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("writes", False):
            connection.exec_driver_sql("BEGIN")
            return
        level = "FULL" if options.get("lasting", True) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
