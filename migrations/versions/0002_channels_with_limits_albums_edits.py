"""channels with limits, albums, edits

Revision: 0002
Before: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The defaults are for the rows that are there; new rows bring their own values.
    op.create_table(
        "channel_pace",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("paced_until", sa.DateTime(), nullable=True),
        sa.Column("held_until", sa.DateTime(), nullable=True),
        sa.Column("refused_conversation_id", sa.Integer(), nullable=True),
        sa.Column("refused_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_pace")),
    )
    op.create_table(
        "named_lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_named_lease")),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_flood_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("paced_until", sa.DateTime(), nullable=True))

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="0")
        )
        batch_op.add_column(
            sa.Column("parts_done", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.create_index(
            "ix_delivery_queue",
            ["priority", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'sending')"),
            postgresql_where=sa.text("state IN ('pending', 'sending')"),
        )

    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.add_column(sa.Column("problems", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("files", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("sequence", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("parts", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("revised", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("edited_at", sa.DateTime(), nullable=True))
        batch_op.add_column(
            sa.Column("earlier_texts", sa.JSON(), nullable=False, server_default="[]")
        )
        batch_op.add_column(sa.Column("reply_to", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("context", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("author", sa.String(length=128), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.drop_column("author")
        batch_op.drop_column("context")
        batch_op.drop_column("reply_to")
        batch_op.drop_column("earlier_texts")
        batch_op.drop_column("edited_at")
        batch_op.drop_column("revised")
        batch_op.drop_column("revision")
        batch_op.drop_column("parts")
        batch_op.drop_column("sequence")
        batch_op.drop_column("files")
        batch_op.drop_column("problems")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_delivery_queue",
            sqlite_where=sa.text("state IN ('pending', 'sending')"),
            postgresql_where=sa.text("state IN ('pending', 'sending')"),
        )
        batch_op.drop_column("parts_done")
        batch_op.drop_column("priority")

    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("paced_until")
        batch_op.drop_column("told_flood_at")

    op.drop_table("named_lease")
    op.drop_table("channel_pace")
