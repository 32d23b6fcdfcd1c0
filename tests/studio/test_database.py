"""The tables that the code knows are those that migrations make, on each database."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from trifold.database.engine import Database
from trifold.database.upgrade import bring_up_to_date
from trifold.errors import InputError
from trifold.studio.database.tables import MIGRATIONS, Attempt, Base
from trifold.studio.settings import StudioSettings


@pytest.fixture
def database(database_url: str | None, tmp_path: Path) -> Database:
    opened = Database(StudioSettings(tmp_path, database=database_url).database_url)
    bring_up_to_date(opened, MIGRATIONS)
    yield opened
    opened.close()


def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_second_upgrade_changes_nothing_and_a_later_version_is_refused(
    database: Database,
) -> None:
    bring_up_to_date(database, MIGRATIONS)
    with database.writing() as session:
        known = session.scalar(text("SELECT version_num FROM alembic_version"))
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match=rf"or an earlier one \({known}\), got version 9999"):
        bring_up_to_date(database, MIGRATIONS)
    with database.writing() as session:
        back = text("UPDATE alembic_version SET version_num = :known")
        session.execute(back, {"known": known})


def test_what_breaks_in_a_block_is_not_kept(database: Database) -> None:
    def broken() -> None:
        with database.writing() as session:
            session.add(Attempt(key="key"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM attempts")) == 0
