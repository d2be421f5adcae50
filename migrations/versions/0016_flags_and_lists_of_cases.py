"""flags of cases, and indexes of the officers' lists

Revision: 0016
Before: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN_FLAGS = "settled_at IS NULL"
DONE_EVENTS = "to_status IN ('answered', 'closed', 'merged', 'rejected', 'withdrawn')"
LISTS = {
    "ix_civil_case_received_at_id": ["received_at", "id"],
    "ix_civil_case_service_code_received_at": ["service_code", "received_at"],
    "ix_civil_case_gu_due_at_id": ["gu", "due_at", "id"],
    "ix_civil_case_service_code_due_at_id": ["service_code", "due_at", "id"],
    "ix_civil_case_department_id_due_at_id": ["department_id", "due_at", "id"],
}


def upgrade() -> None:
    op.create_table(
        "case_flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("others", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["civil_case.id"], name=op.f("fk_case_flag_case_id_civil_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_flag")),
        sa.UniqueConstraint("case_id", "kind", name=op.f("uq_case_flag_case_id_kind")),
    )
    with op.batch_alter_table("case_flag", schema=None) as batch_op:
        batch_op.create_index(
            "ix_case_flag_open",
            ["kind", "case_id"],
            unique=False,
            sqlite_where=sa.text(OPEN_FLAGS),
            postgresql_where=sa.text(OPEN_FLAGS),
        )
        batch_op.create_index(batch_op.f("ix_case_flag_at"), ["at"], unique=False)

    with op.batch_alter_table("civil_case", schema=None) as batch_op:
        for name, columns in LISTS.items():
            batch_op.create_index(name, columns, unique=False)

    with op.batch_alter_table("case_event", schema=None) as batch_op:
        batch_op.create_index("ix_case_event_at", ["at"], unique=False)
        batch_op.create_index(
            "ix_case_event_done",
            ["at", "case_id"],
            unique=False,
            sqlite_where=sa.text(DONE_EVENTS),
            postgresql_where=sa.text(DONE_EVENTS),
        )


def downgrade() -> None:
    with op.batch_alter_table("case_event", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_case_event_done",
            sqlite_where=sa.text(DONE_EVENTS),
            postgresql_where=sa.text(DONE_EVENTS),
        )
        batch_op.drop_index("ix_case_event_at")

    with op.batch_alter_table("civil_case", schema=None) as batch_op:
        for name in reversed(LISTS):
            batch_op.drop_index(name)

    with op.batch_alter_table("case_flag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_flag_at"))
        batch_op.drop_index(
            "ix_case_flag_open",
            sqlite_where=sa.text(OPEN_FLAGS),
            postgresql_where=sa.text(OPEN_FLAGS),
        )

    op.drop_table("case_flag")
