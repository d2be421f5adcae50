"""posts for everybody

Revision: 0005
Before: 0004
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLES = ("officer", "admin")
PERMISSIONS = ["post.write", "post.approve"]
role = sa.table("role", sa.column("name", sa.String), sa.column("permissions", sa.JSON))


def upgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("provider_ids", sa.JSON(), nullable=False, server_default="[]")
        )
        batch_op.add_column(
            sa.Column("action", sa.String(length=8), nullable=False, server_default="send")
        )
        batch_op.add_column(sa.Column("targets", sa.JSON(), nullable=False, server_default="[]"))

    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("link_title", sa.String(length=100), nullable=True),
        sa.Column("link_url", sa.String(length=2000), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("author_officer_id", sa.Integer(), nullable=False),
        sa.Column("approver_officer_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("approved_at", sa.DateTime(), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(), nullable=True),
        sa.Column("queued_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("message_ids", sa.JSON(), nullable=False),
        sa.Column("corrects_post_id", sa.Integer(), nullable=True),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("deletion_id", sa.Integer(), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_officer_id"], ["officer.id"], name=op.f("fk_post_author_officer_id_officer")
        ),
        sa.ForeignKeyConstraint(
            ["approver_officer_id"],
            ["officer.id"],
            name=op.f("fk_post_approver_officer_id_officer"),
        ),
        sa.ForeignKeyConstraint(
            ["corrects_post_id"], ["post.id"], name=op.f("fk_post_corrects_post_id_post")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_post_delivery_id_delivery")
        ),
        sa.ForeignKeyConstraint(
            ["deletion_id"], ["delivery.id"], name=op.f("fk_post_deletion_id_delivery")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
    )
    op.create_index("ix_post_state", "post", ["state"])
    op.create_index("ix_post_address", "post", ["address"])
    _permit(lambda known: [*known, *(each for each in PERMISSIONS if each not in known)])


def downgrade() -> None:
    _permit(lambda known: [each for each in known if each not in PERMISSIONS])
    op.drop_index("ix_post_address", table_name="post")
    op.drop_index("ix_post_state", table_name="post")
    op.drop_table("post")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_column("targets")
        batch_op.drop_column("action")
        batch_op.drop_column("provider_ids")


def _permit(change: Callable[[list[str]], list[str]]) -> None:
    """Officers at work may write posts, and approve those of others."""
    if op.get_context().as_sql:
        return
    connection = op.get_bind()
    for name, known in connection.execute(sa.select(role.c.name, role.c.permissions)).all():
        if name in ROLES:
            connection.execute(
                sa.update(role).where(role.c.name == name).values(permissions=change(known))
            )
