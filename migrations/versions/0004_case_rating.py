"""how a result was for the citizen

Revision: 0004
Before: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_case_rating_score")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["civil_case.id"], name=op.f("fk_case_rating_case_id_civil_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_rating")),
        sa.UniqueConstraint("case_id", name=op.f("uq_case_rating_case_id")),
    )
    with op.batch_alter_table("case_rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_rating_updated_at"), ["updated_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("case_rating", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_rating_updated_at"))
    op.drop_table("case_rating")
