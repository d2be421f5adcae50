"""`sotong db`: looks at the database and copies it to another kind. The work is in app.db_copy."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

db_app = typer.Typer(no_args_is_help=True, help="Look at the database, or copy it to another kind.")


@db_app.command("info")
def info(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Kind, version, schema, size and rows; changes nothing."""
    from app.db_info import read_info
    from app.settings import Settings
    from core.database import Database

    database = Database(Settings.load().database_url)
    try:
        found = read_info(database)
    finally:
        database.dispose()
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    schema = "current" if found.revision == found.newest_revision else "run `sotong migrate`"
    typer.echo(f"{found.kind} {found.version}, {found.encoding}, {found.size / 1e6:.1f} MB")
    typer.echo(f"address   {found.address}")
    typer.echo(f"schema    {found.revision or 'none'} ({schema})")
    for name, rows in found.rows.items():
        typer.echo(f"{rows:>12}  {name}")


@db_app.command("copy")
def copy(
    source: Annotated[str, typer.Option("--from", help="Address of the database to read.")],
    target: Annotated[str, typer.Option("--to", help="Address of the empty, migrated one.")],
    force: Annotated[
        bool, typer.Option("--force", help="Copy although the service seems to run.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy all rows, all or nothing, and compare counts, checksums and the audit chain."""
    from app.clock import utc_now
    from app.db_copy import copy_database
    from app.demo_programs import answers, heartbeat_age
    from app.settings import Settings
    from core.database import Database

    settings = Settings.load()
    running = heartbeat_age(settings) is not None or any(
        answers(f"{url}/healthz")
        for url in (settings.public_url, settings.internal_url, settings.actions_url)
    )
    if running and not force:
        raise typer.BadParameter(
            "the service runs: stop it first, or what it writes meanwhile is lost (--force)."
        )
    try:
        opened = [
            Database(source, program="sotong db copy"),
            Database(target, program="sotong db copy"),
        ]
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None

    def progress(table: str, rows: int) -> None:
        typer.echo(f"{table}: {rows}", err=True)

    try:
        copied = copy_database(opened[0], opened[1], now=utc_now(), force=force, progress=progress)
    finally:
        for each in opened:
            each.dispose()
    if as_json:
        typer.echo(json.dumps({"tables": [asdict(each) for each in copied], "audit": "fits"}))
        return
    for table in copied:
        typer.echo(f"{table.rows:>12}  {table.name}  {table.checksum[:16]}")
    typer.echo("Copied. Counts and checksums agree, and the audit log fits its chain.")
