"""Tables of work: jobs that wait or run, what they made, and the scores to look up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from trifold.studio.database.base import Base, Identified, Time


class Job(Identified, Base):
    """Something that takes a while; done by a worker, at least once.

    Attributes:
        kind: see ``jobs.kinds``.
        spec: what to do, plain values.
        state: ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
        progress: share that is done, 0 to 1; None where nobody knows.
        message: one line about how it stands or why it failed.
        worker: which one has it; ``lease_until`` is when it is given up for dead.
        attempts: how often it was begun.
    """

    __tablename__ = "jobs"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(20))
    spec: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    progress: Mapped[float | None] = mapped_column(Float, default=None)
    message: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    worker: Mapped[str | None] = mapped_column(String(80), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(Time, default=None)
    begun_at: Mapped[datetime | None] = mapped_column(Time, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(Time, default=None)
    __table_args__ = (
        Index("ix_jobs_state_created_at", "state", "created_at"),
        Index("ix_jobs_project_id", "project_id"),
    )


class Run(Identified, Base):
    """What a job made: a folder as ``trifold train`` or ``trifold score`` writes it.

    Attributes:
        kind: ``train`` or ``score``.
        folder: relative to the project's folder.
        facts: what lists show of it: counts, the model, its schema.
    """

    __tablename__ = "runs"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id"), default=None)
    kind: Mapped[str] = mapped_column(String(20))
    folder: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (Index("ix_runs_project_id_kind", "project_id", "kind", "created_at"),)


class CandidateResult(Base):
    """The row of a candidate in a run, for lists; the file that it came from counts.

    Attributes:
        key: of addresses and the log: the candidate's id in the project, else letters of its own.
        status: as in rows: ``scored``, ``withheld`` or ``error``.
        codes: all codes of the row, each between spaces, so that one can be searched for.
        places: table (``answers``, ``evidence``) to the stretches of its JSON Lines that are about
            the candidate: first byte and length of each.
        row: the whole row.
    """

    __tablename__ = "candidate_results"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    candidate: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(20))
    codes: Mapped[str] = mapped_column(Text, default="")
    places: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    row: Mapped[dict[str, Any]] = mapped_column(JSON)
    __table_args__ = (
        Index("ix_candidate_results_run_id_key", "run_id", "key", unique=True),
        # all that lists filter by, so that large rows are not read for it
        Index("ix_candidate_results_filters", "run_id", "status", "candidate", "codes"),
    )


class TargetResult(Base):
    """One score of a candidate with its interval and standard error of measurement, for sorting.

    Withheld ones are there without numbers, so that a sorted list has everybody.
    """

    __tablename__ = "target_results"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    target: Mapped[str] = mapped_column(String(100), primary_key=True)
    candidate: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[float | None] = mapped_column(Float, default=None)
    low: Mapped[float | None] = mapped_column(Float, default=None)
    high: Mapped[float | None] = mapped_column(Float, default=None)
    sem: Mapped[float | None] = mapped_column(Float, default=None)
    __table_args__ = (
        Index("ix_target_results_run_id_target_value", "run_id", "target", "value", "candidate"),
    )
