"""vault keys and audit columns

Revision: 0012
Before: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("cut_count", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "vault_key",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(), nullable=False),
        sa.Column("lost_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_vault_key")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(
            sa.Column("place", sa.String(length=80), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("conversation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("case_id", sa.Integer(), nullable=True))
        batch_op.create_index("ix_audit_entry_at_id", ["at", "id"], unique=False)
        batch_op.create_index(
            "ix_audit_entry_conversation_id_id", ["conversation_id", "id"], unique=False
        )
    # Where lines are, their end is known from now on; an empty log gets it with its first line.
    op.execute(
        "INSERT INTO audit_head (id, lines, last_id, last_hash) "
        "SELECT 1, (SELECT count(*) FROM audit_entry), id, hash FROM audit_entry "
        "WHERE id = (SELECT max(id) FROM audit_entry)"
    )
    with op.batch_alter_table("vault_item", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("key_id", sa.String(length=32), server_default="", nullable=False)
        )
        batch_op.create_index("ix_vault_item_key_id_id", ["key_id", "id"], unique=False)
    _let_managers_read_the_log()


def _let_managers_read_the_log() -> None:
    """Whoever manages officers could see everything before; the new page is theirs too."""
    role = sa.table("role", sa.column("name", sa.String), sa.column("permissions", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(role.c.name, role.c.permissions)).all():
        held = row.permissions
        if isinstance(held, list) and "officer.manage" in held and "audit.read" not in held:
            connection.execute(
                role.update()
                .where(role.c.name == row.name)
                .values(permissions=[*held, "audit.read"])
            )


def downgrade() -> None:
    with op.batch_alter_table("vault_item", schema=None) as batch_op:
        batch_op.drop_index("ix_vault_item_key_id_id")
        batch_op.drop_column("key_id")

    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_conversation_id_id")
        batch_op.drop_index("ix_audit_entry_at_id")
        batch_op.drop_column("case_id")
        batch_op.drop_column("conversation_id")
        batch_op.drop_column("place")
        batch_op.drop_column("version")

    op.drop_table("vault_key")
    op.drop_table("audit_head")
