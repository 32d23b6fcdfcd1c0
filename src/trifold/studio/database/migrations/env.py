"""Run by Alembic: brings the studio's database up to date."""

from __future__ import annotations

from trifold.database.upgrade import run_migrations
from trifold.studio.database.tables import Base

run_migrations(Base.metadata)
