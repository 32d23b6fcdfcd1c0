"""First version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "serve_audit",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_serve_audit")),
    )
    op.create_table(
        "serve_callers",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_serve_callers")),
    )
    op.create_table(
        "serve_facts",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_serve_facts")),
    )
    op.create_table(
        "serve_interviews",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("test", sa.String(length=300), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("requested_s", sa.Double(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serve_interviews")),
        sa.UniqueConstraint("request", name=op.f("uq_serve_interviews_request")),
    )
    with op.batch_alter_table("serve_interviews", schema=None) as batch_op:
        for column in ("candidate", "job", "requested_s"):
            batch_op.create_index(
                batch_op.f(f"ix_serve_interviews_{column}"), [column], unique=False
            )

    op.create_table(
        "serve_jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("caller", sa.String(length=60), nullable=False),
        sa.Column("repeats", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("ask", sa.JSON(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("created_s", sa.Double(), nullable=False),
        sa.Column("done_s", sa.Double(), nullable=True),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("lease_s", sa.Double(), nullable=True),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("forgets", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("is_read", sa.Boolean(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serve_jobs")),
        sa.UniqueConstraint("repeats", name=op.f("uq_serve_jobs_repeats")),
    )
    with op.batch_alter_table("serve_jobs", schema=None) as batch_op:
        batch_op.create_index("ix_serve_jobs_caller_state", ["caller", "state"], unique=False)
        batch_op.create_index("ix_serve_jobs_state_created_s", ["state", "created_s"], unique=False)

    op.create_table(
        "serve_outbox",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("caller", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_s", sa.Double(), nullable=False),
        sa.Column("due_s", sa.Double(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serve_outbox")),
    )
    with op.batch_alter_table("serve_outbox", schema=None) as batch_op:
        batch_op.create_index("ix_serve_outbox_caller_due_s", ["caller", "due_s"], unique=False)
        batch_op.create_index("ix_serve_outbox_due_s", ["due_s"], unique=False)

    op.create_table(
        "serve_usage",
        sa.Column("caller", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "period", "kind", name=op.f("pk_serve_usage")),
    )
    op.create_table(
        "serve_job_bodies",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["serve_jobs.id"],
            name=op.f("fk_serve_job_bodies_job_id_serve_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_serve_job_bodies")),
    )
