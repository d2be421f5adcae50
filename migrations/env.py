"""Alembic's entry: runs migrations over one connection of our own engine. Must not read settings itself."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text

from core.database import Database, lift_limits
from core.locking import OURS
from core.models import Base, UTCDateTime

config = context.config


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Write our moment type as the plain column that it is: a migration must not need our code."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, UTCDateTime) else False


def run_offline() -> None:
    """Write the SQL instead of running it (``alembic upgrade --sql``)."""
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=Base.metadata,
        literal_binds=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _enforce(connection: Connection, mode: str) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA foreign_keys={mode}")


def run_online() -> None:
    """Run the migrations; on SQLite a table is altered by copying it (batch mode)."""
    url = config.get_main_option("sqlalchemy.url")
    if not url:
        raise SystemExit("the migrations need the database's address")
    database = Database(url)
    try:
        with database.engine.connect().execution_options(sotong_write=True) as connection:
            if database.is_sqlite:
                # A copied table takes the old one's place: meanwhile others point at nothing. Inside a
                # transaction the pragma would do nothing, so past SQLAlchemy, which would begin one.
                _enforce(connection, "OFF")
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_as_batch=True,
                render_item=render_item,
            )
            with context.begin_transaction():
                # An index over a large table takes longer than any statement of a running service.
                lift_limits(connection)
                if not database.is_sqlite:
                    # Two that migrate at once: the second finds nothing left to do.
                    connection.execute(
                        text("SELECT pg_advisory_xact_lock(:ours, 0)"), {"ours": OURS}
                    )
                context.run_migrations()
                if database.is_sqlite:
                    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                    if lost:
                        raise SystemExit(
                            f"after the migrations {len(lost)} row(s) point at nothing"
                        )
            if database.is_sqlite:
                _enforce(connection, "ON")
    finally:
        database.dispose()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
