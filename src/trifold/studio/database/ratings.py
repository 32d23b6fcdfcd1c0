"""Tables of ratings and comparisons by people."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from trifold.studio.database.base import Base, Identified


class Rating(Identified, Base):
    """What one rater gave one candidate on one target; a later one of the same takes its place.

    Attributes:
        value: on the target's scale; None where the rater could not tell.
        at_ms: when the rater set it, milliseconds since 1970; an earlier one that arrives later,
            as from a browser that was cut off, changes nothing.
    """

    __tablename__ = "ratings"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidates.id", ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    target: Mapped[str] = mapped_column(String(100))
    value: Mapped[float | None] = mapped_column(Float, default=None)
    at_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    __table_args__ = (
        Index("uq_ratings_one_each", "candidate_id", "account_id", "target", unique=True),
        Index("ix_ratings_project_id", "project_id"),
    )


class Comparison(Identified, Base):
    """Which of two recordings a rater found higher on a target.

    Attributes:
        choice: ``left``, ``right``, ``tie``, or ``none`` where the rater could not tell.
        at_ms: see ``Rating``.
    """

    __tablename__ = "comparisons"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    left_id: Mapped[str] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"))
    right_id: Mapped[str] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"))
    target: Mapped[str] = mapped_column(String(100))
    choice: Mapped[str] = mapped_column(String(10))
    at_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    __table_args__ = (
        Index(
            "uq_comparisons_one_each", "account_id", "left_id", "right_id", "target", unique=True
        ),
        # all that is read of them, in the groups in which it is: there may be ten thousands
        Index(
            "ix_comparisons_judged",
            *("project_id", "account_id", "target", "choice", "left_id", "right_id"),
        ),
    )
