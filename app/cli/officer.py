"""`sotong officer`: accounts of the officers' pages. Must not print a password twice or keep one anywhere."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.actor import cli_actor

if TYPE_CHECKING:
    from app.wiring import Parts
    from core.officers import OfficerView

officer_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Officers' accounts: create, list, disable."
)
LoginArgument = Annotated[str, typer.Argument(help="Log-in name: a-z, 0-9, '.', '_', '-'.")]
PasswordStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input (one line)."),
]


@officer_app.command("create")
def create(
    login: LoginArgument,
    name: Annotated[str, typer.Option(help="The officer's name, as citizens read it.")],
    role: Annotated[str, typer.Option(help="admin, officer or viewer.")] = "officer",
    department: Annotated[str | None, typer.Option(help="A department's id from city/.")] = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Add an officer. Without --password-stdin a strong password is made and printed once."""
    from console.passwords import Argon2Hasher
    from core.officers import create_officer, make_password, seed_roles

    password = _read_password() if password_stdin else make_password()
    with _parts() as parts:
        known = {unit.id for unit in parts.city.departments}
        if department is not None and department not in known:
            raise typer.BadParameter(
                f"{department!r} is not a department: {', '.join(sorted(known))}.",
                param_hint="--department",
            )
        with parts.database.transaction() as session:
            seed_roles(session)
            made = create_officer(
                session,
                login=login,
                name=name,
                role=role,
                department_id=department,
                password=password,
                hasher=Argon2Hasher(),
                actor=cli_actor(),
                now=parts.now(),
            )
    typer.echo(f"Created {made.login} ({made.name}, {made.role.title}).")
    _tell_password(password, made_by_us=not password_stdin)


@officer_app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List all officers; never their passwords."""
    from core.officers import list_officers

    with _parts() as parts, parts.database.reading() as session:
        officers, now = list_officers(session), parts.now()
    if as_json:
        rows = [
            {
                "id": officer.id,
                "login": officer.login,
                "name": officer.name,
                "role": officer.role.name,
                "department_id": officer.department_id,
                "created_at": officer.created_at.isoformat(),
                "disabled_at": officer.disabled_at.isoformat() if officer.disabled_at else None,
                "locked_until": officer.locked_until.isoformat() if officer.locked_until else None,
                "must_change_password": officer.must_change_password,
            }
            for officer in officers
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not officers:
        typer.echo("No officers yet: `sotong officer create LOGIN --name NAME` adds one.")
    for officer in officers:
        state = "disabled" if officer.disabled_at else ""
        if not state and officer.locked_until and officer.locked_until > now:
            state = "locked"
        typer.echo(
            f"{officer.login:<20} {officer.role.name:<8} {officer.name} "
            f"{officer.department_id or '-'} {state}".rstrip()
        )


@officer_app.command("disable")
def disable(login: LoginArgument) -> None:
    """Close an account and sign it out everywhere. The history keeps the name."""
    from core.officers import disable_officer

    with _parts() as parts:
        officer = _existing(parts, login)
        with parts.database.transaction() as session:
            disable_officer(session, officer_id=officer.id, actor=cli_actor(), now=parts.now())
    typer.echo(f"Disabled {officer.login}.")


@officer_app.command("reset-password")
def reset_password(login: LoginArgument, password_stdin: PasswordStdin = False) -> None:
    """Set a new password, lift a lock, sign out everywhere; the officer must change it at log-in."""
    from console.passwords import Argon2Hasher
    from core.officers import make_password, set_password

    password = _read_password() if password_stdin else make_password()
    with _parts() as parts:
        officer = _existing(parts, login)
        with parts.database.transaction() as session:
            set_password(
                session,
                officer_id=officer.id,
                password=password,
                hasher=Argon2Hasher(),
                actor=cli_actor(),
                now=parts.now(),
                must_change_password=True,
            )
    typer.echo(f"New password set for {officer.login}.")
    _tell_password(password, made_by_us=not password_stdin)


@contextmanager
def _parts() -> Iterator[Parts]:
    from app.settings import Settings
    from app.wiring import build_parts

    parts = build_parts(Settings.load())
    try:
        yield parts
    finally:
        parts.close()


def _existing(parts: Parts, login: str) -> OfficerView:
    from core.officers import find_officer

    with parts.database.reading() as session:
        officer = find_officer(session, login=login)
    if officer is None:
        typer.echo(
            f"sotong: there is no officer {login}; `sotong officer list` shows all.", err=True
        )
        raise typer.Exit(1)
    return officer


def _read_password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\r\n")


def _tell_password(password: str, *, made_by_us: bool) -> None:
    if made_by_us:
        typer.echo(f"Password (shown only now): {password}")
    typer.echo("It must be changed at the first log-in.")
