"""Tables of accounts: who may sign in, what they are, and which browser they sit at."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trifold.studio.database.base import Base, Identified, Time, now


class Account(Identified, Base):
    """Somebody who works with the studio.

    Attributes:
        login: e-mail address or name, lower case.
        role: see ``accounts.roles``.
        password_hash: Argon2; None for who signs in elsewhere.
        subject: issuer and subject of OpenID Connect, where they sign in there.
        active: False ends all sessions; accounts stay for the sake of the log.
        language: of pages; None takes the browser's.
    """

    __tablename__ = "accounts"
    login: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200), default=None)
    subject: Mapped[str | None] = mapped_column(String(400), unique=True, default=None)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    language: Mapped[str | None] = mapped_column(String(10), default=None)


class SignIn(Base):
    """A session of a browser; the cookie's value is kept hashed."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    form_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Time, default=now)
    seen_at: Mapped[datetime] = mapped_column(Time, default=now)
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class KnownBrowser(Base):
    """A browser in which an account has signed in; the cookie's value is kept hashed."""

    __tablename__ = "known_browsers"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Time, default=now)


class Attempt(Identified, Base):
    """A failed sign-in, so that guessing is slow whichever process it meets."""

    __tablename__ = "attempts"
    key: Mapped[str] = mapped_column(String(64))  # hash of a login or an address
    __table_args__ = (Index("ix_attempts_key_created_at", "key", "created_at"),)


class Membership(Base):
    """Who works in which project; administrators see all."""

    __tablename__ = "memberships"
    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    __table_args__ = (UniqueConstraint("account_id", "project_id"),)
