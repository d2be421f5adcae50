"""The `sotong` command: finds the command asked for and turns errors into sentences; holds no work.

Commands are imported when they are used, so that `sotong due --help` does not load a web server.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from app.cli.actor import cli_place
from core.acting import acting_from

# name → where it stands: a Typer (group of commands) or a function (one command).
COMMANDS = {
    "demo": "app.cli.demo:demo",
    "chat": "app.cli.chat:chat",
    "say": "app.cli.chat:say",
    "cases": "app.cli.cases:cases_app",
    "erase": "app.cli.erase:erase",
    "export": "app.cli.export:export",
    "retention": "app.cli.retention:retention_app",
    "officer": "app.cli.officer:officer_app",
    "post": "app.cli.post:post_app",
    "knowledge": "app.cli.knowledge:knowledge_app",
    "budget": "app.cli.budget:budget_app",
    "city": "app.cli.city:city_app",
    "telegram": "app.cli.telegram:telegram_app",
    "departments": "app.cli.departments:departments_app",
    "due": "app.cli.due:due",
    "pii": "app.cli.pii:pii",
    "outbox": "app.cli.queues:outbox_app",
    "turns": "app.cli.queues:turns_app",
    "alerts": "app.cli.alerts:alerts_app",
    "audit": "app.cli.audit:audit_app",
    "vault": "app.cli.vault:vault_app",
    "backup": "app.cli.backup:backup",
    "restore": "app.cli.backup:restore",
    "files": "app.cli.files:files_app",
    "doctor": "app.cli.doctor:doctor",
    "db": "app.cli.db:db_app",
    "migrate": "app.cli.migrate:migrate",
    "serve": "app.cli.serve:serve",
    "worker": "app.cli.worker:worker",
}
USAGE_ERROR = 2
FAILED = 1
MOST_FAULTS = 10


class LazyGroup(TyperGroup):
    """A group that knows its commands' names and imports a command when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table above."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Import and wrap one command; None for a name that is not in the table."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        found = getattr(importlib.import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(cmd_name)(found)
            found = single
        found.rich_markup_mode = None  # loading rich doubles the time of `--help`
        command: Any = typer.main.get_command(found)
        command.name = cmd_name
        return command  # type: ignore[no-any-return]


cli = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Sotong (소통): citizens talk to their city, officers answer.",
)


def _print_version(value: bool) -> None:
    if value:
        from app.version import read_commit, read_version

        typer.echo(f"sotong {read_version()} ({read_commit()})")
        raise typer.Exit


@cli.callback()
def _global(
    ctx: typer.Context,
    debug: Annotated[bool, typer.Option(help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    ctx.obj["debug"] = debug


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 refused or failed, 2 wrong use or configuration."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code and prints one sentence for an expected error."""
    told: dict[str, Any] = {}
    try:
        with acting_from(cli_place()):
            typer.main.get_command(cli).main(args=arguments, prog_name="sotong", obj=told)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else FAILED
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        if told.get("debug"):
            traceback.print_exc()
        typer.echo(f"sotong: {sentence[1]}", err=True)
        return sentence[0]
    return 0


def _sentence(error: Exception) -> tuple[int, str] | None:
    """Exit code and sentence of an error that a rule or the surroundings caused; None for a bug."""
    from sqlalchemy.exc import OperationalError

    from app.city_files import CityError
    from app.demo_checks import DemoError
    from app.settings import SettingsError
    from core.errors import PermanentFailure, Refused, TemporaryFailure

    if isinstance(error, CityError):
        return USAGE_ERROR, _first_faults(str(error))
    if isinstance(error, SettingsError | DemoError):
        return USAGE_ERROR, str(error)
    if isinstance(error, Refused):
        return FAILED, _refusal(error)
    if isinstance(error, TemporaryFailure):
        return FAILED, f"{error}; try again, and ask `sotong doctor` if it stays."
    if isinstance(error, PermanentFailure):
        return FAILED, str(error)
    if isinstance(error, OperationalError):
        return FAILED, (
            f"the database cannot be used ({error.orig}): `sotong doctor` says what to do."
        )
    return None


def _first_faults(text: str) -> str:
    """The city's faults, shortened: one wrong name can make a hundred."""
    faults = text.splitlines()
    if len(faults) <= MOST_FAULTS:
        return text
    more = f"… and {len(faults) - MOST_FAULTS} more: `sotong city check` lists all."
    return "\n".join([*faults[:MOST_FAULTS], more])


def _refusal(error: Any) -> str:
    """The rule's own sentence from the city's texts; its code where the texts do not have it."""
    from app.city_files import load_city
    from app.settings import Settings

    try:
        settings = Settings.read()
        texts = load_city(settings.city_dir).texts
        return f"{error.code}: {texts.render(f'refused_{error.code}', **error.values)}"
    except Exception:
        values = ", ".join(f"{name}={value}" for name, value in error.values.items())
        return f"{error.code}{f' ({values})' if values else ''}"


if __name__ == "__main__":
    main()
