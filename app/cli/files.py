"""`sotong files`: copy files between disk and S3, check them, ask for another scan. Holds no work."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from app.cli.actor import cli_actor
from app.clock import utc_now

files_app = typer.Typer(help="Files that citizens and officers sent.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MOST_SHOWN = 20


@files_app.command()
def copy(
    to: Annotated[str, typer.Option("--to", help="s3 (the bucket of SOTONG_FILES) or disk.")],
    as_json: AsJson = False,
) -> None:
    """Carry every file to S3 or back; a second run goes on where the first one stopped."""
    from app.file_store import copy_files, make_disk_store, make_s3_store, named_files
    from app.settings import Settings
    from core.database import Database

    if to not in ("s3", "disk"):
        raise typer.BadParameter("give s3 or disk.", param_hint="--to")
    settings = Settings.load()
    if not settings.files:
        raise typer.BadParameter("SOTONG_FILES names no bucket.", param_hint="--to")
    disk, bucket = make_disk_store(settings), make_s3_store(settings)
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            names = sorted(named_files(session))
    finally:
        database.dispose()
    source, target = (disk, bucket) if to == "s3" else (bucket, disk)
    done = copy_files(names, source=source, target=target, tell=_teller(as_json))
    data = {
        "to": to,
        "copied": done.copied,
        "there_already": done.there,
        "missing": done.missing,
        "damaged": done.damaged,
    }
    _show(data, as_json)
    raise typer.Exit(1 if done.missing or done.damaged else 0)


@files_app.command()
def check(
    quick: Annotated[
        bool, typer.Option("--quick", help="Compare names only, read no content.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hold what is stored against what the database names, byte for byte; changes nothing."""
    from sqlalchemy import func, select

    from app.file_store import check_files, make_file_store, named_files
    from app.settings import Settings
    from core.database import Database
    from core.models.conversation import Attachment

    settings = Settings.load()
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            named = named_files(session)
            rows = session.scalar(select(func.count()).select_from(Attachment)) or 0
    finally:
        database.dispose()
    found = check_files(
        named, rows=rows, store=make_file_store(settings), tell=_teller(as_json), deep=not quick
    )
    data = {
        "ok": found.is_good,
        "rows": found.rows,
        "files": found.files,
        "missing": found.missing,
        "damaged": found.damaged,
        "orphans": found.orphans,
    }
    _show(data, as_json)
    raise typer.Exit(0 if found.is_good else 1)


@files_app.command()
def release(as_json: AsJson = False) -> None:
    """Give out, unscanned, what waits for a scanner that is no longer set; audited."""
    from app.settings import Settings
    from core.database import Database
    from core.file_scan import release_waiting

    settings = Settings.load()
    if settings.clamav:
        raise typer.BadParameter("SOTONG_CLAMAV is set: files wait for it.")
    database = Database(settings.database_url)
    try:
        with database.transaction() as session:
            count = release_waiting(session, by=cli_actor(), now=utc_now())
    finally:
        database.dispose()
    _show({"released": count}, as_json)


def _teller(as_json: bool) -> Any:
    return (lambda _line: None) if as_json else (lambda line: typer.echo(line, err=True))


def _show(data: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(data))
        return
    for name, value in data.items():
        if isinstance(value, list):
            typer.echo(f"{name}: {len(value)}")
            for each in value[:MOST_SHOWN]:
                typer.echo(f"  {each}")
        else:
            typer.echo(f"{name}: {value}")
