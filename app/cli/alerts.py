"""`sotong alerts`: what operators are told, and whether a message reaches them. Must decide nothing."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

alerts_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="What operators are told when something is wrong.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@alerts_app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List what is wrong now, since when and whether operators were told."""
    from app.alert_rules import RULES
    from app.settings import Settings
    from core.alerts import list_alerts
    from core.clock import KST
    from core.database import Database

    titles = {rule.name: rule.title for rule in RULES}
    database = Database(Settings.load().database_url)
    try:
        with database.reading() as session:
            rows: list[dict[str, Any]] = [
                {
                    "name": row.name,
                    "title": titles.get(row.name, row.name),
                    "since": row.since.astimezone(KST).isoformat(timespec="seconds"),
                    "told": row.times,
                    "text": row.text,
                    "advice": row.advice,
                }
                for row in list_alerts(session)
            ]
    finally:
        database.dispose()
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif not rows:
        typer.echo("Nothing is wrong.")
    for row in [] if as_json else rows:
        typer.echo(f"{row['name']:<18} since {row['since'][:16]}, told {row['told']} time(s)")
        typer.echo(f"  {row['text']}\n  → {row['advice']}")


@alerts_app.command("test")
def test() -> None:
    """Send operators a message by each way; exit code 1 when one does not work or there is none."""
    from app.channels import make_telegram_client
    from app.operators import make_operator_channels, missing_settings
    from app.settings import Settings
    from app.wiring import build_parts
    from core.errors import PermanentFailure, SotongError

    settings = Settings.load()
    parts = build_parts(settings)
    missing = missing_settings(settings)
    if missing:
        raise PermanentFailure("alerts", f"{', '.join(missing)} must be set too")
    channels = make_operator_channels(settings, telegram=lambda: make_telegram_client(parts))
    if not channels:
        raise PermanentFailure(
            "alerts",
            "nobody is told: set SOTONG_OPERATORS_TELEGRAM_CHAT or SOTONG_OPERATORS_MAIL",
        )
    failed = False
    for channel in channels:
        try:
            channel.send(title="[소통 시험]", text="장애 알림이 잘 도착하는지 보는 시험입니다.")
            typer.echo(f"ok    {channel.name}: sent")
        except SotongError as error:
            failed = True
            typer.echo(f"fail  {channel.name}: {error}")
        finally:
            channel.close()
    parts.close()
    raise typer.Exit(1 if failed else 0)
