"""budget figures

Revision: 0021
Before: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("publisher", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("licence", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_source")),
        sa.UniqueConstraint("key", name=op.f("uq_figure_source_key")),
    )
    op.create_table(
        "figure_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("map_hash", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("fetched_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("figures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["figure_source.id"],
            name=op.f("fk_figure_import_source_id_figure_source"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_import")),
    )
    op.create_table(
        "figure_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("item_kind", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("part", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["figure_source.id"],
            name=op.f("fk_figure_series_source_id_figure_source"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_series")),
        sa.UniqueConstraint(
            "source_id",
            "measure",
            "item_kind",
            "item",
            "part",
            name=op.f("uq_figure_series_source_id_measure_item_kind_item_part"),
        ),
    )
    op.create_table(
        "figure_row",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["figure_import.id"], name=op.f("fk_figure_row_import_id_figure_import")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["figure_source.id"], name=op.f("fk_figure_row_source_id_figure_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_row")),
        sa.UniqueConstraint(
            "source_id", "key", "version", name=op.f("uq_figure_row_source_id_key_version")
        ),
    )
    op.create_table(
        "figure",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=10), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("original", sa.String(length=60), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["row_id"], ["figure_row.id"], name=op.f("fk_figure_row_id_figure_row")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["figure_series.id"], name=op.f("fk_figure_series_id_figure_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure")),
    )
    with op.batch_alter_table("figure") as batch:
        batch.create_index("ix_figure_row_id", ["row_id"])
        batch.create_index("ix_figure_series_id_year_body", ["series_id", "year", "body"])
    op.create_table(
        "figure_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("column", sa.String(length=80), nullable=False),
        sa.Column("stated", sa.String(length=80), nullable=False),
        sa.Column("computed", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["figure_import.id"],
            name=op.f("fk_figure_finding_import_id_figure_import"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_finding")),
    )
    with op.batch_alter_table("figure_finding") as batch:
        batch.create_index("ix_figure_finding_import_id", ["import_id"])


def downgrade() -> None:
    for table in ("finding", "", "row", "series", "import", "source"):
        op.drop_table(f"figure_{table}" if table else "figure")
