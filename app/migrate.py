"""Brings the database to the schema of this code with Alembic. Must not create tables any other way."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.settings import Settings
from core.database import Database

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration without an ini file: everything it needs is known here."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def upgrade(settings: Settings) -> None:
    """Run all migrations that are missing. Safe to run twice."""
    command.upgrade(alembic_config(settings.database_url), "head")


def pending_revisions(settings: Settings) -> list[str]:
    """The revisions that the database lacks, oldest first; empty when it is current."""
    script = ScriptDirectory.from_config(alembic_config(settings.database_url))
    database = Database(settings.database_url)
    try:
        with database.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    finally:
        database.dispose()
    missing = []
    for revision in script.walk_revisions():
        if revision.revision == current:
            break
        missing.append(revision.revision)
    return list(reversed(missing))
