"""Alembic's entry: runs migrations over one connection of our own engine. Must not read settings itself."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from core.database import Database
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


def run_online() -> None:
    """Run the migrations; on SQLite a table is altered by copying it (batch mode)."""
    url = config.get_main_option("sqlalchemy.url")
    if not url:
        raise SystemExit("the migrations need the database's address")
    database = Database(url)
    try:
        with database.engine.connect().execution_options(sotong_write=True) as connection:
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_as_batch=True,
                render_item=render_item,
            )
            with context.begin_transaction():
                context.run_migrations()
    finally:
        database.dispose()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
