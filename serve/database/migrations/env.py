"""Run by Alembic: brings an endpoint's database up to date."""

from __future__ import annotations

from trifold.database.upgrade import run_migrations
from trifold.serve.database.tables import Base

run_migrations(Base.metadata)
