"""`sotong migrate`: brings the database to this version's schema; what it does is in app.migrate."""

from __future__ import annotations

import typer


def migrate() -> None:
    """Bring the database up to date (make demo does it by itself)."""
    from app.migrate import pending_revisions, upgrade
    from app.settings import Settings

    settings = Settings.load()
    pending = pending_revisions(settings)
    upgrade(settings)
    done = f"Applied {', '.join(pending)}." if pending else "Nothing to do."
    typer.echo(f"{done} The database is up to date.")
