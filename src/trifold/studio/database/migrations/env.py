"""Run by Alembic: brings the database of ``config.attributes["connection"]`` up to date."""

from __future__ import annotations

from alembic import context

from trifold.studio.database.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # which cannot change columns in place
)
with context.begin_transaction():
    context.run_migrations()
