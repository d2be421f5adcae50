"""`sotong telegram`: sets the bot up at Telegram and checks it. Must never print the token or the secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.settings import Settings
    from bots.telegram_client import TelegramClient
    from core.city import City

telegram_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Set the Telegram bot up (webhook or polling, commands, profile), or check it.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PUBLIC_API = "https://api.telegram.org"


@telegram_app.command()
def setup(as_json: AsJson = False) -> None:
    """Bring the bot to what the settings and the city's texts say; run it again after a change.

    No update that waits is dropped. Exit code 0: done, 1: Telegram refused or was not reached,
    2: wrong configuration.
    """
    settings, city = _configuration()
    from bots.telegram_setup import Done, set_up
    from bots.telegram_state import explain
    from core.errors import SotongError

    done: list[Done] = []

    def tell(step: Done) -> None:
        done.append(step)
        if not as_json:
            typer.echo(f"{'set' if step.changed else 'ok':<4} {step.text}")

    problem = ""
    with _client(settings) as client:
        try:
            set_up(
                client,
                texts=city.texts,
                city=city.jurisdiction.name,
                webhook_url=settings.telegram_webhook_url,
                webhook_secret=settings.telegram_webhook_secret,
                tell=tell,
            )
        except SotongError as error:
            problem = explain(error)
    if as_json:
        _print_json(
            {"ok": not problem, "done": [step.to_data() for step in done], "problem": problem}
        )
    elif problem:
        typer.echo(f"sotong: {problem}", err=True)
    else:
        changed = sum(step.changed for step in done)
        typer.echo(f"{len(done)} steps, {changed} changed. `sotong telegram check` looks at it.")
    raise typer.Exit(1 if problem else 0)


@telegram_app.command()
def check(as_json: AsJson = False) -> None:
    """Compare the bot at Telegram with the settings and the city's texts; changes nothing.

    Exit code 0: citizens reach it, 1: a problem was found, 2: wrong configuration.
    """
    settings, city = _configuration()
    from app.clock import utc_now
    from bots import telegram_check

    with _client(settings) as client:
        findings = telegram_check.check(
            client,
            texts=city.texts,
            city=city.jurisdiction.name,
            webhook_url=settings.telegram_webhook_url,
            now=utc_now(),
            public_api=settings.telegram_api_url == PUBLIC_API,
        )
    level = telegram_check.Level
    problems = sum(found.level is level.PROBLEM for found in findings)
    if as_json:
        _print_json({"ok": not problems, "findings": [found.to_data() for found in findings]})
    else:
        for found in findings:
            typer.echo(f"{found.level.value:<7} {found.code}: {found.text}")
        warned = sum(found.level is level.WARNING for found in findings)
        typer.echo(f"{len(findings)} checks: {problems} problem(s), {warned} to look at.")
    raise typer.Exit(1 if problems else 0)


def _configuration() -> tuple[Settings, City]:
    from app.city_files import load_city
    from app.settings import Settings, SettingsError
    from app.settings_parts import variable

    settings = Settings.read()
    if not settings.telegram_token:
        raise SettingsError(
            "There is no Telegram bot yet: write /newbot to @BotFather in Telegram and set "
            f"{variable('telegram_token')} to the token that it answers."
        )
    return settings, load_city(settings.city_dir)


@contextmanager
def _client(settings: Settings) -> Iterator[TelegramClient]:
    from bots.telegram_client import TelegramClient

    client = TelegramClient(token=settings.telegram_token, api_url=settings.telegram_api_url)
    try:
        yield client
    finally:
        client.close()


def _print_json(data: dict[str, Any]) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
