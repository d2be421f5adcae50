"""publishing

Revision: 0022
Before: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publishing_stop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(), nullable=False),
        sa.Column("stopped_by_officer_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("resumed_at", sa.DateTime(), nullable=True),
        sa.Column("resumed_by_officer_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["resumed_by_officer_id"],
            ["officer.id"],
            name=op.f("fk_publishing_stop_resumed_by_officer_id_officer"),
        ),
        sa.ForeignKeyConstraint(
            ["stopped_by_officer_id"],
            ["officer.id"],
            name=op.f("fk_publishing_stop_stopped_by_officer_id_officer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publishing_stop")),
    )
    op.create_table(
        "post_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("link_title", sa.String(length=100), nullable=True),
        sa.Column("link_url", sa.String(length=2000), nullable=True),
        sa.Column("legal_basis", sa.String(length=200), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_post_version_officer_id_officer")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_version_post_id_post")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_version")),
    )
    with op.batch_alter_table("post_version", schema=None) as batch_op:
        batch_op.create_index("uq_post_version_post_id_number", ["post_id", "number"], unique=True)

    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(length=20), nullable=False, server_default="policy_notice")
        )
        batch_op.add_column(sa.Column("legal_basis", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("template", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("period", sa.String(length=20), nullable=True))
        batch_op.create_index(
            "uq_post_template_period",
            ["template", "period"],
            unique=True,
            sqlite_where=sa.text("state <> 'withdrawn'"),
            postgresql_where=sa.text("state <> 'withdrawn'"),
        )
    # What each post says today is its first known version.
    op.execute(
        "INSERT INTO post_version (post_id, number, text, images, link_title, link_url, scheduled_at,"
        " content_hash, officer_id, written_at) SELECT id, 1, text, images, link_title, link_url,"
        " scheduled_at, content_hash, author_officer_id, created_at FROM post"
    )
    op.execute("UPDATE post SET kind = 'correction' WHERE corrects_post_id IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_post_template_period",
            sqlite_where=sa.text("state <> 'withdrawn'"),
            postgresql_where=sa.text("state <> 'withdrawn'"),
        )
        batch_op.drop_column("period")
        batch_op.drop_column("template")
        batch_op.drop_column("legal_basis")
        batch_op.drop_column("kind")

    with op.batch_alter_table("post_version", schema=None) as batch_op:
        batch_op.drop_index("uq_post_version_post_id_number")

    op.drop_table("post_version")
    op.drop_table("publishing_stop")
