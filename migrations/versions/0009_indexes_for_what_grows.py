"""indexes for what grows

Revision: 0009
Before: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN_TURNS = "state IN ('received', 'in_work')"
OPEN_CASES = "status NOT IN ('answered', 'closed', 'merged', 'rejected', 'withdrawn')"


def upgrade() -> None:
    op.create_index("ix_civil_case_due_at_id", "civil_case", ["due_at", "id"])
    _partial("ix_civil_case_open", "civil_case", ["due_at", "id"], OPEN_CASES)
    # The officers' list goes by this column alone: of a conversation without a turn it is when it began.
    op.execute("UPDATE conversation SET last_turn_at = created_at WHERE last_turn_at IS NULL")
    op.create_index("ix_conversation_last_turn_at_id", "conversation", ["last_turn_at", "id"])
    op.drop_index("ix_turn_open", table_name="turn")
    _partial("ix_turn_open", "turn", ["conversation_id", "sequence", "id"], OPEN_TURNS)
    _partial("ix_turn_author", "turn", ["author"], "author IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_turn_author", table_name="turn")
    op.drop_index("ix_turn_open", table_name="turn")
    _partial("ix_turn_open", "turn", ["state", "next_attempt_at"], OPEN_TURNS)
    op.drop_index("ix_conversation_last_turn_at_id", table_name="conversation")
    op.drop_index("ix_civil_case_open", table_name="civil_case")
    op.drop_index("ix_civil_case_due_at_id", table_name="civil_case")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
