"""Tables of projects: candidates, their recordings and what is being uploaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from trifold.studio.database.base import Base, Identified, Time


class Project(Identified, Base):
    """A job, a study, or whatever else people are interviewed for.

    Attributes:
        targets: competencies or traits with their scale and anchors, as a schema file holds them.
        rating: how it is rated, see ``ratings.schema.RatingSettings``.
        policy: names of policy profiles.
        bundle: path of the model that scores, relative to the studio's home or absolute.
        candidates: what a person is: ``auto`` tells by names of files, ``file`` or ``folder``.
        keep_days: how long recordings are kept; None: until somebody deletes them.
    """

    __tablename__ = "projects"
    name: Mapped[str] = mapped_column(String(200))
    targets: Mapped[list[Any]] = mapped_column(JSON, default=list)
    rating: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    policy: Mapped[list[Any]] = mapped_column(JSON, default=list)
    bundle: Mapped[str | None] = mapped_column(Text, default=None)
    candidates: Mapped[str] = mapped_column(String(10), default="auto")
    keep_days: Mapped[int | None] = mapped_column(Integer, default=None)
    archived_at: Mapped[datetime | None] = mapped_column(Time, default=None)


class Candidate(Identified, Base):
    """A person in a project, by the name that files or people gave.

    Attributes:
        name: candidate id in rows and pages.
        known_as: what files call them, where somebody gave another name or merged people.
        consent: what notice they had and what they agreed to, as ``records.consent`` holds it.
    """

    __tablename__ = "candidates"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    known_as: Mapped[list[Any]] = mapped_column(JSON, default=list)
    consent: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (Index("ix_candidates_project_id_name", "project_id", "name", unique=True),)


class Recording(Identified, Base):
    """A file of a project: an answer of a candidate, or not yet anybody's.

    Attributes:
        path: relative to the project's folder of recordings, with ``/``.
        candidate_id: None until somebody says whose it is.
        by_hand: whether somebody said whose it is; names of files have no say then.
        position: order among the answers of a candidate.
        question: what was asked; empty where that is not known.
        question_id: its identifier, likewise.
        speaker: the candidate's label in the transcript.
        audio_track: number of the sound track that is the candidate's, from 1 on, where somebody
            said so.
        audio_channel: of that track, likewise.
        video_track: number of the picture, likewise.
        voice_at: seconds at which the candidate speaks, where somebody heard several voices in one
            channel and said so.
        transcript: the words, where a table gave them; empty: what lies beside the file.
        transcript_path: where a table named a file of them.
        left_out: why it is no answer of its own; empty where it is one.
        size_bytes: of the file.
        sha256: of its content, once it is there.
        state: ``new``, ``looked_at`` or ``unusable``.
        quality: numbers of the quality card, codes with a line each, the file's tracks, and the
            voices that were told apart in one channel.
    """

    __tablename__ = "recordings"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    candidate_id: Mapped[str | None] = mapped_column(
        ForeignKey("candidates.id", ondelete="SET NULL"), default=None
    )
    path: Mapped[str] = mapped_column(Text)
    by_hand: Mapped[bool] = mapped_column(Boolean, default=False)
    position: Mapped[int] = mapped_column(Integer, default=0)
    question: Mapped[str] = mapped_column(Text, default="")
    question_id: Mapped[str] = mapped_column(Text, default="")
    speaker: Mapped[str] = mapped_column(String(200), default="")
    audio_track: Mapped[int | None] = mapped_column(Integer, default=None)
    audio_channel: Mapped[int | None] = mapped_column(Integer, default=None)
    video_track: Mapped[int | None] = mapped_column(Integer, default=None)
    voice_at: Mapped[list[Any]] = mapped_column(JSON, default=list)
    transcript: Mapped[str] = mapped_column(Text, default="")
    transcript_path: Mapped[str] = mapped_column(Text, default="")
    left_out: Mapped[str] = mapped_column(Text, default="")
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    duration_s: Mapped[float | None] = mapped_column(Float, default=None)
    state: Mapped[str] = mapped_column(String(20), default="new")
    quality: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (
        Index("ix_recordings_project_id_path", "project_id", "path", unique=True),
        Index("ix_recordings_candidate_id", "candidate_id"),
        Index(
            "ix_recordings_project_id_candidate_id",
            *("project_id", "candidate_id", "state", "left_out"),
        ),
    )

    @classmethod
    def counts(cls) -> ColumnElement[bool]:
        """Condition of recordings that are rated and trained on."""
        return (cls.left_out == "") & (cls.state != "unusable")


class Upload(Identified, Base):
    """A file on its way in, which may be cut off and go on (tus 1.0).

    Attributes:
        length: bytes that it will have.
        path: that it will have among the project's recordings.
        account_id: whose it is.
        sha256: of its content, where the sender promised one.
    """

    __tablename__ = "uploads"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(Text)
    length: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64), default=None)
