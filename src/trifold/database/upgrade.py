"""A database of this release: made where there is none, migrated where it is older."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, text

from trifold.database.engine import Database
from trifold.errors import InputError


@dataclass(frozen=True)
class Migrations:
    """How the tables of one part of Trifold came to be.

    Attributes:
        scripts: folder of Alembic; files in ``versions`` begin with their revision.
        whose: of messages, such as ``a studio's``.
        lock: of PostgreSQL, for processes that start side by side; any number of its own.
        table: that notes the version; several parts may share a database.
    """

    scripts: Path
    whose: str
    lock: int
    table: str = "alembic_version"

    @property
    def newest(self) -> str:
        """The revision of this release."""
        return max(path.name.partition("_")[0] for path in self.scripts.glob("versions/0*.py"))


def bring_up_to_date(database: Database, migrations: Migrations) -> None:
    """Create or migrate all tables; several processes may do so at a time.

    Raises:
        InputError: when a later release has written the database.
    """
    with database.engine.connect() as connection:  # nearly always nobody has to wait
        if _version(connection, migrations.table) == migrations.newest:
            return
    with database.engine.execution_options(writes=True).begin() as connection:
        database.hold(connection, migrations.lock)
        found = _version(connection, migrations.table)
        if found == migrations.newest:
            return  # Alembic takes a while to load
        if found is not None and found > migrations.newest:
            raise InputError(
                expected=f"{migrations.whose} database of this release or an earlier one "
                f"({migrations.newest})",
                got=f"version {found}",
            )
        _upgrade(connection, migrations)


def run_migrations(metadata: MetaData) -> None:
    """What Alembic's ``env.py`` does: migrate the database that ``bring_up_to_date`` names."""
    from alembic import context

    named = context.config.attributes
    context.configure(
        connection=named["connection"],
        target_metadata=metadata,
        version_table=named["table"],
        # SQLite cannot change columns in place
        render_as_batch=named["connection"].dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def _version(connection: Connection, table: str) -> str | None:
    if not inspect(connection).has_table(table):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {table}"))  # noqa: S608
    return found


def _upgrade(connection: Connection, migrations: Migrations) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations.scripts))
    config.attributes |= {"connection": connection, "table": migrations.table}
    command.upgrade(config, "head")
