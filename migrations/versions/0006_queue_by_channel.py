"""the queue of sending by channel and by conversation

Revision: 0006
Before: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = "state IN ('pending', 'sending')"


def upgrade() -> None:
    _index_anew("ix_delivery_open", ["conversation_id", "priority", "id"])
    _index_anew("ix_delivery_queue", ["channel", "priority", "id"])


def downgrade() -> None:
    _index_anew("ix_delivery_queue", ["priority", "id"])
    _index_anew("ix_delivery_open", ["state", "next_attempt_at"])


def _index_anew(name: str, columns: list[str]) -> None:
    op.drop_index(name, table_name="delivery")
    op.create_index(
        name,
        "delivery",
        columns,
        unique=False,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
