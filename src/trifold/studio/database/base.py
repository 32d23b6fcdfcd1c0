"""What all tables share: names, times in UTC, ids that tell nothing."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from trifold.database.engine import NAMING


class Time(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse times without a zone, which would mean something else on another machine."""
        if value is not None and value.tzinfo is None:
            raise ValueError("expected a time with its zone, got one without")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Of all tables."""

    metadata = MetaData(naming_convention=NAMING)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Twelve letters that cannot be guessed and say nothing of how many there are."""
    return secrets.token_urlsafe(9)


class Identified:
    """An id and a time of birth."""

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(Time, default=now)
