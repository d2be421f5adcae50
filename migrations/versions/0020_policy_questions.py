"""policy questions

Revision: 0020
Before: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("turn_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("article_key", sa.String(length=120), nullable=True),
        sa.Column("article_version", sa.Integer(), nullable=True),
        sa.Column("sureness", sa.Float(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=True),
        sa.Column("helped_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_policy_question_conversation_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["turn.id"], name=op.f("fk_policy_question_turn_id_turn")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_question")),
        sa.UniqueConstraint("turn_id", name=op.f("uq_policy_question_turn_id")),
    )
    op.create_index(
        "ix_policy_question_conversation_id_id", "policy_question", ["conversation_id", "id"]
    )
    op.create_index(
        "ix_policy_question_helpful",
        "policy_question",
        ["article_key", "helpful"],
        sqlite_where=sa.text("helpful IS NOT NULL"),
        postgresql_where=sa.text("helpful IS NOT NULL"),
    )
    op.create_index(
        "ix_policy_question_open",
        "policy_question",
        ["asked_at", "id"],
        sqlite_where=sa.text("outcome IN ('unanswered')"),
        postgresql_where=sa.text("outcome IN ('unanswered')"),
    )


def downgrade() -> None:
    op.drop_index("ix_policy_question_open", table_name="policy_question")
    op.drop_index("ix_policy_question_helpful", table_name="policy_question")
    op.drop_index("ix_policy_question_conversation_id_id", table_name="policy_question")
    op.drop_table("policy_question")
