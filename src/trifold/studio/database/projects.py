"""Tables of projects: candidates, their recordings and what is being uploaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from trifold.studio.database.base import Base, Identified, Time


class Project(Identified, Base):
    """A job, a study, or whatever else people are interviewed for.

    Attributes:
        targets: competencies or traits with their scale and anchors, as a schema file holds them.
        rating: how it is rated, see ``ratings.schema.RatingSettings``.
        policy: names of policy profiles.
        bundle: path of the model that scores, relative to the studio's home or absolute.
        keep_days: how long recordings are kept; None: until somebody deletes them.
    """

    __tablename__ = "projects"
    name: Mapped[str] = mapped_column(String(200))
    targets: Mapped[list[Any]] = mapped_column(JSON, default=list)
    rating: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    policy: Mapped[list[Any]] = mapped_column(JSON, default=list)
    bundle: Mapped[str | None] = mapped_column(Text, default=None)
    keep_days: Mapped[int | None] = mapped_column(Integer, default=None)
    archived_at: Mapped[datetime | None] = mapped_column(Time, default=None)


class Candidate(Identified, Base):
    """A person in a project, by the name that files or people gave.

    Attributes:
        name: candidate id in rows and pages.
        consent: what notice they had and what they agreed to, as ``records.consent`` holds it.
    """

    __tablename__ = "candidates"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    consent: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (Index("ix_candidates_project_id_name", "project_id", "name", unique=True),)


class Recording(Identified, Base):
    """A file of a project: an answer of a candidate, or not yet anybody's.

    Attributes:
        path: relative to the project's folder of recordings, with ``/``.
        candidate_id: None until somebody says whose it is.
        question: what was asked; empty where that is not known.
        speaker: the candidate's label in the transcript.
        size_bytes: of the file.
        sha256: of its content, once it is there.
        state: ``new``, ``looked_at`` or ``unusable``.
        quality: numbers of the quality card, and codes with a line each.
    """

    __tablename__ = "recordings"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    candidate_id: Mapped[str | None] = mapped_column(
        ForeignKey("candidates.id", ondelete="SET NULL"), default=None
    )
    path: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text, default="")
    speaker: Mapped[str] = mapped_column(String(200), default="")
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    duration_s: Mapped[float | None] = mapped_column(Float, default=None)
    state: Mapped[str] = mapped_column(String(20), default="new")
    quality: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (
        Index("ix_recordings_project_id_path", "project_id", "path", unique=True),
        Index("ix_recordings_candidate_id", "candidate_id"),
    )


class Upload(Identified, Base):
    """A file on its way in, which may be cut off and go on (tus 1.0).

    Attributes:
        length: bytes that it will have.
        path: that it will have among the project's recordings.
        account_id: whose it is.
    """

    __tablename__ = "uploads"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(Text)
    length: Mapped[int] = mapped_column(BigInteger)
