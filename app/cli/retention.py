"""`sotong retention`: what is kept how long, and the run that removes what is over. Holds no rule."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

retention_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="How long each kind of record is kept, and removing what is over.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@retention_app.command("table")
def table(as_json: AsJson = False) -> None:
    """Show each kind of record with its period, ground, action and last run."""
    from app.settings import Settings
    from app.wiring import build_parts
    from core.clock import KST
    from core.models import RetentionRun

    parts = build_parts(Settings.load())
    try:
        with parts.database.reading() as session:
            runs = {
                rule.kind: session.get(RetentionRun, rule.follows or rule.kind)
                for rule in parts.city.retention
            }
    finally:
        parts.close()
    rows: list[dict[str, Any]] = []
    for rule in parts.city.retention:
        run = runs[rule.kind]
        done = run.finished_at if run else None
        rows.append(
            {
                "kind": rule.kind,
                "title": rule.title,
                "tables": list(rule.tables),
                "days": rule.days,
                "start": rule.start,
                "action": rule.action,
                "ground": rule.ground,
                "follows": rule.follows,
                "note": rule.note,
                "last_run_at": done.astimezone(KST).isoformat(timespec="seconds") if done else None,
                "last_changed": run.changed if run else None,
                "last_failure": run.failure if run else None,
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        days = f"{row['days']} days" if row["days"] else "no end"
        typer.echo(
            f"{row['kind']:<20} {days:>10}  {row['action']:<9} {row['title']}: {row['start']}"
        )
        typer.echo(f"{'':<44}{row['ground']}")


@retention_app.command("run")
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what is due.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what is over now (the worker does so once a day); exit code 1 when a kind failed."""
    from app.cli.actor import cli_actor
    from app.retention import make_retention
    from app.settings import Settings
    from app.wiring import build_parts
    from dialogue.rasa import RasaClient

    settings = Settings.load()
    parts = build_parts(settings)
    rasa = RasaClient(urls=settings.rasa_urls, secret=settings.turn_secret)
    try:
        results = make_retention(parts, rasa).run(
            dry_run=dry_run, by=cli_actor(), tell=lambda line: typer.echo(line, err=True)
        )
    finally:
        rasa.close()
        parts.close()
    if as_json:
        data = {
            "dry_run": dry_run,
            "kinds": [{"kind": r.kind, "due": r.due, "failure": r.failure} for r in results],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        verb = "due" if dry_run else "done"
        for result in results:
            failed = f"  stopped: {result.failure}" if result.failure else ""
            typer.echo(f"{result.kind:<20} {result.due:>8} {verb}{failed}")
    if any(result.failure for result in results):
        raise typer.Exit(1)
