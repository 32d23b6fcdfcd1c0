"""A database of this release: made where there is none, migrated where it is older."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text

from trifold.errors import InputError
from trifold.studio.database.engine import Database

SCRIPTS = Path(__file__).with_name("migrations")
LOCK = 7_240_119  # of PostgreSQL, for studios that start side by side; any number of our own


def bring_up_to_date(database: Database) -> None:
    """Create or migrate all tables; several studios may do so at a time.

    Raises:
        InputError: when a later release has written the database.
    """
    with database.engine.execution_options(writes=True).begin() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        config = config_for(connection)
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            known = ScriptDirectory.from_config(config).get_current_head()
            found = MigrationContext.configure(connection).get_current_heads()
            raise InputError(
                expected=f"a studio's database of this release or an earlier one ({known})",
                got=f"version {', '.join(found) or 'none'}",
            ) from error


def config_for(connection: Connection) -> Config:
    """Alembic's settings for one connection."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
