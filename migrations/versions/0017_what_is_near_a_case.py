"""what is near a case, who follows it, what it was merged with

Revision: 0017
Before: 0016
"""

import sqlalchemy as sa
from alembic import op

from core.geo_cells import cell_of
from korean.place_keys import place_key

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# So many rows are read and written at once.
BATCH = 2_000
OPEN_CASES = "status NOT IN ('answered', 'closed', 'merged', 'rejected', 'withdrawn')"


def upgrade() -> None:
    op.create_table(
        "case_follow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("followed_at", sa.DateTime(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["civil_case.id"], name=op.f("fk_case_follow_case_id_civil_case")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_case_follow_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_follow")),
        sa.UniqueConstraint(
            "conversation_id", "case_id", name=op.f("uq_case_follow_conversation_id_case_id")
        ),
    )
    with op.batch_alter_table("case_follow", schema=None) as batch_op:
        batch_op.create_index(
            "ix_case_follow_case_id_open",
            ["case_id"],
            unique=False,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.create_table(
        "case_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.DateTime(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.Column("status_before", sa.String(length=24), nullable=False),
        sa.Column("paused_before", sa.DateTime(), nullable=True),
        sa.Column("pauses_ended", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["civil_case.id"], name=op.f("fk_case_merge_case_id_civil_case")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["case_event.id"], name=op.f("fk_case_merge_event_id_case_event")
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["civil_case.id"], name=op.f("fk_case_merge_into_id_civil_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_merge")),
    )
    with op.batch_alter_table("case_merge", schema=None) as batch_op:
        batch_op.create_index(
            "ix_case_merge_case_id_open",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )
        batch_op.create_index(
            "ix_case_merge_into_id_open",
            ["into_id"],
            unique=False,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    with op.batch_alter_table("civil_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cell", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("place_key", sa.String(length=40), nullable=True))

    _fill()
    # After the filling: an index is built quicker than it is kept up.
    with op.batch_alter_table("civil_case", schema=None) as batch_op:
        for column in ("cell", "place_key"):
            batch_op.create_index(
                f"ix_civil_case_{column}_open",
                [column, "service_code", "arrived_at"],
                unique=False,
                sqlite_where=sa.text(OPEN_CASES),
                postgresql_where=sa.text(OPEN_CASES),
            )


def _fill() -> None:
    """Give the cases that are there their cell and key; what was anonymised has neither point nor words."""
    connection = op.get_bind()
    cases = sa.table(
        "civil_case",
        *(sa.column(name) for name in ("id", "lat", "long", "place_text", "cell", "place_key")),
        sa.column("anonymised_at"),
    )
    change = (
        cases.update()
        .where(cases.c.id == sa.bindparam("case_id"))
        .values(cell=sa.bindparam("new_cell"), place_key=sa.bindparam("new_key"))
    )
    last = 0
    while True:
        rows = connection.execute(
            sa.select(cases.c.id, cases.c.lat, cases.c.long, cases.c.place_text)
            .where(cases.c.id > last, cases.c.anonymised_at.is_(None))
            .order_by(cases.c.id)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        made = [
            {
                "case_id": row.id,
                "new_cell": _cell(row.lat, row.long),
                "new_key": place_key(row.place_text),
            }
            for row in rows
        ]
        changes = [each for each in made if each["new_cell"] or each["new_key"]]
        if changes:
            connection.execute(change, changes)


def _cell(lat: float | None, long: float | None) -> int | None:
    return None if lat is None or long is None else cell_of(lat=lat, long=long)


def downgrade() -> None:
    with op.batch_alter_table("civil_case", schema=None) as batch_op:
        for column in ("place_key", "cell"):
            batch_op.drop_index(
                f"ix_civil_case_{column}_open",
                sqlite_where=sa.text(OPEN_CASES),
                postgresql_where=sa.text(OPEN_CASES),
            )
        batch_op.drop_column("place_key")
        batch_op.drop_column("cell")

    with op.batch_alter_table("case_merge", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_case_merge_into_id_open",
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_case_merge_case_id_open",
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.drop_table("case_merge")
    with op.batch_alter_table("case_follow", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_case_follow_case_id_open",
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.drop_table("case_follow")
