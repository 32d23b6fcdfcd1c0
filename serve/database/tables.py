"""Tables of an endpoint: all that its gateways share.

What jobs and Greenhouse's interviews say of a candidate is sealed (``sealing``); the rest is what
an operator may see.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from trifold.database.engine import NAMING
from trifold.database.upgrade import Migrations

MIGRATIONS = Migrations(
    Path(__file__).with_name("migrations"),
    whose="an endpoint's",
    lock=7_240_120,
    table="serve_version",  # a studio may share the database
)


class Base(DeclarativeBase):
    """Of all tables."""

    metadata = MetaData(naming_convention=NAMING)


class JobRow(Base):
    """A request that is answered later. Times are seconds of Unix, by the database's clock.

    Attributes:
        repeats: stands for the caller and its ``Idempotency-Key``; None without one.
        digest: stands for what was asked.
        state: ``queued``, ``running`` or ``done``.
        ask: the request without its body: its address, and what the caller may do.
        size: bytes of the request's body.
        salt: of the key that its body and answer are sealed with.
        holder: the gateway that works on it; ``lease_s`` is when it is given up for dead.
        deaths: how often a gateway died with it.
        losses: how often a worker did.
        people: stand for the candidates in the answer.
        forgets: sealed requests to forget somebody that came before it was done.
        answer: sealed.
        is_read: whether its answer was handed out.
        is_told: whether whoever is told of jobs that are done was told.
    """

    __tablename__ = "serve_jobs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    caller: Mapped[str] = mapped_column(String(60))
    repeats: Mapped[str | None] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="queued")
    ask: Mapped[dict[str, Any]] = mapped_column(JSON)
    size: Mapped[int] = mapped_column(BigInteger)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    created_s: Mapped[float] = mapped_column(Double)
    done_s: Mapped[float | None] = mapped_column(Double, default=None)
    holder: Mapped[str | None] = mapped_column(String(80), default=None)
    lease_s: Mapped[float | None] = mapped_column(Double, default=None)
    deaths: Mapped[int] = mapped_column(Integer, default=0)
    losses: Mapped[int] = mapped_column(Integer, default=0)
    people: Mapped[list[str]] = mapped_column(JSON, default=list)
    forgets: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    is_read: Mapped[bool] = mapped_column(default=False)
    is_told: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        Index("ix_serve_jobs_state_created_s", "state", "created_s"),
        Index("ix_serve_jobs_caller_state", "caller", "state"),
    )


class BodyPart(Base):
    """A sealed piece of a request's body, for as long as the job is not done."""

    __tablename__ = "serve_job_bodies"
    job_id: Mapped[str] = mapped_column(
        ForeignKey("serve_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class CallerRow(Base):
    """A caller with its keys, which are there as hashes, as ``CallerEntry.to_dict`` tells it."""

    __tablename__ = "serve_callers"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    place: Mapped[int] = mapped_column(Integer)  # in lists
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class AuditRow(Base):
    """A line of the audit log, as ``audit.chain.canonical`` writes it."""

    __tablename__ = "serve_audit"
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)


class UsageRow(Base):
    """How much of a kind a caller used in a day or a month of the calendar, by its name."""

    __tablename__ = "serve_usage"
    caller: Mapped[str] = mapped_column(String(60), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    amount: Mapped[float] = mapped_column(Double)


class OutboxRow(Base):
    """Something that is still to be told. Times are seconds of Unix, by the database's clock.

    Attributes:
        due_s: when it is to be tried; while somebody tells it, when that one is given up for dead.
        tries: how often it was tried.
    """

    __tablename__ = "serve_outbox"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    caller: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_s: Mapped[float] = mapped_column(Double)
    due_s: Mapped[float] = mapped_column(Double)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    __table_args__ = (
        Index("ix_serve_outbox_due_s", "due_s"),
        Index("ix_serve_outbox_caller_due_s", "caller", "due_s"),
    )


class InterviewRow(Base):
    """An interview that Greenhouse asked for.

    Attributes:
        request: stands for the address that Greenhouse sent, by which it knows the test again.
        candidate: stands for the id under which answers were scored; empty before.
        job: that scores its answers, while it does.
        salt: of the key that ``content`` is sealed with.
        content: sealed: whom it is about, where it is told, what came of it.
    """

    __tablename__ = "serve_interviews"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    test: Mapped[str] = mapped_column(String(300))
    request: Mapped[str] = mapped_column(String(64), unique=True)
    candidate: Mapped[str] = mapped_column(String(64), default="", index=True)
    requested_s: Mapped[float] = mapped_column(Double, index=True)
    status: Mapped[str] = mapped_column(String(20))
    job: Mapped[str] = mapped_column(String(32), default="", index=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FactRow(Base):
    """Something that there is one of, such as the version of the callers."""

    __tablename__ = "serve_facts"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
