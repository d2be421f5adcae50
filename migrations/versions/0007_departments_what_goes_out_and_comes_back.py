"""departments: what goes out and comes back

Revision: 0007
Before: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "department_callback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("webhook_id", sa.String(length=120), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(), nullable=False),
        sa.Column("lease_token", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(), nullable=True),
        sa.Column("applied_at", sa.DateTime(), nullable=True),
        sa.Column("failure", sa.String(length=300), nullable=True),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.Column("replayed_at", sa.DateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=80), nullable=True),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_callback")),
        sa.UniqueConstraint(
            "department_id",
            "dedupe_key",
            name=op.f("uq_department_callback_department_id_dedupe_key"),
        ),
    )
    with op.batch_alter_table("department_callback", schema=None) as batch_op:
        batch_op.create_index("ix_department_callback_case", ["case_number", "id"], unique=False)
        batch_op.create_index("ix_department_callback_state", ["state", "id"], unique=False)
        batch_op.create_index(
            "ix_department_callback_waiting",
            ["next_attempt_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "department_standby",
        sa.Column("department_id", sa.String(length=60), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.Column("held_until", sa.DateTime(), nullable=True),
        sa.Column("failure", sa.String(length=300), nullable=True),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("department_id", name=op.f("pk_department_standby")),
    )
    op.create_table(
        "department_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("dedupe_key", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(), nullable=False),
        sa.Column("lease_token", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("failure", sa.String(length=300), nullable=True),
        sa.Column("resolved_by", sa.String(length=80), nullable=True),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["civil_case.id"], name=op.f("fk_department_message_case_id_civil_case")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["case_event.id"], name=op.f("fk_department_message_event_id_case_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_department_message_dedupe_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_department_message_uid")),
    )
    with op.batch_alter_table("department_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_department_message_case", ["case_id", "department_id", "id"], unique=False
        )
        batch_op.create_index(
            "ix_department_message_open",
            ["department_id", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'sending')"),
            postgresql_where=sa.text("state IN ('pending', 'sending')"),
        )
        batch_op.create_index(
            "ix_department_message_troubled",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state IN ('failed', 'unsure')"),
            postgresql_where=sa.text("state IN ('failed', 'unsure')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("department_message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_department_message_troubled",
            sqlite_where=sa.text("state IN ('failed', 'unsure')"),
            postgresql_where=sa.text("state IN ('failed', 'unsure')"),
        )
        batch_op.drop_index(
            "ix_department_message_open",
            sqlite_where=sa.text("state IN ('pending', 'sending')"),
            postgresql_where=sa.text("state IN ('pending', 'sending')"),
        )
        batch_op.drop_index("ix_department_message_case")

    op.drop_table("department_message")
    op.drop_table("department_standby")
    with op.batch_alter_table("department_callback", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_department_callback_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index("ix_department_callback_state")
        batch_op.drop_index("ix_department_callback_case")

    op.drop_table("department_callback")
