"""indexes of what ended badly

Revision: 0010
Before: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _partial("ix_turn_failed", "turn", ["channel", "arrived_at"], "state IN ('failed')")
    _partial(
        "ix_delivery_troubled",
        "delivery",
        ["state", "channel", "id"],
        "state IN ('failed', 'unsure')",
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_troubled", table_name="delivery")
    op.drop_index("ix_turn_failed", table_name="turn")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=False,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
