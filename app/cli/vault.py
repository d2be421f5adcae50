"""`sotong vault`: the keys of personal data, sealing anew, checking. Must show nothing that is sealed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.actor import cli_actor

if TYPE_CHECKING:
    from app.wiring import Parts
    from core.vault_rotation import KeyFigures, Resealed

vault_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="The keys that seal personal data.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SAY_EVERY = 1000
WORDS = {
    "current": "seals and opens",
    "in_use": "still needed: keep it, or `sotong vault rotate`",
    "retirable": "nothing needs it: it may be taken out of the settings",
    "missing": "NEEDED AND NOT HERE: add it to SOTONG_VAULT_OLD_KEYS or the keys file",
    "lost": "given up: what it sealed stays closed",
    "unnamed": "sealed before keys had ids: `sotong vault rotate` names them",
}


@vault_app.command("status")
def status(as_json: AsJson = False) -> None:
    """Say which keys seal how many items, and which may be retired; exit code 1 when one is missing."""
    from core.vault_rotation import check_keys, key_figures

    with _parts() as parts:
        with parts.database.transaction() as session:
            check_keys(session, parts.vault.keys, now=parts.now())
        with parts.database.reading() as session:
            figures = key_figures(session, parts.vault.keys)
    missing = [each.key_id for each in figures if each.state == "missing"]
    if as_json:
        data = {
            "ok": not missing,
            "current": parts.vault.keys.current.key_id,
            "items": sum(each.items for each in figures),
            "keys": [_data(each) for each in figures],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        for each in figures:
            typer.echo(f"{each.key_id or '(none)':<10} {each.items:>9} items  {WORDS[each.state]}")
    raise typer.Exit(1 if missing else 0)


@vault_app.command("rotate")
def rotate(
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Items in one transaction.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Seal every item with the current key; can be stopped and begun again while the service runs."""
    from core.vault_rotation import seal_anew

    with _parts() as parts:
        done = seal_anew(
            parts.database,
            parts.vault.keys,
            by=cli_actor(),
            now=parts.now,
            batch=batch,
            progress=_progress("sealed anew"),
        )
        _tell(parts, done, "sealed anew", as_json)


@vault_app.command("check")
def check(as_json: AsJson = False) -> None:
    """Try to open every item, showing none; exit code 1 when one does not open."""
    from core.vault_rotation import open_all

    with _parts() as parts:
        done = open_all(
            parts.database,
            parts.vault.keys,
            by=cli_actor(),
            now=parts.now,
            progress=_progress("looked at"),
        )
        _tell(parts, done, "open", as_json)


@vault_app.command("new-key")
def new_key(as_json: AsJson = False) -> None:
    """Make a key and print it with its id; it is kept nowhere."""
    import base64
    import secrets

    from app.settings import Settings
    from app.settings_personal import VAULT_KEY_BYTES
    from app.vault_keys import make_keys

    key = base64.b64encode(secrets.token_bytes(VAULT_KEY_BYTES)).decode()
    settings = Settings.read()
    named = make_keys(settings.model_copy(update={"vault_key": key, "vault_old_keys": ""}))
    if as_json:
        typer.echo(json.dumps({"key": key, "id": named.current.key_id}))
    else:
        typer.echo(key)
        typer.echo(
            f"its id: {named.current.key_id}; keep the key apart from the database", err=True
        )


@vault_app.command("give-up")
def give_up(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="As `vault status` shows it.")],
    reason: Annotated[str, typer.Option(help="How it was lost, for the audit log.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Say that nobody has a key any more, so that the service starts; what it sealed stays closed."""
    from core.vault_rotation import give_up_key

    if not reason.strip():
        raise typer.BadParameter("say how, for the audit log.", param_hint="--reason")
    with _parts() as parts:
        if parts.vault.keys.find(key_id) is not None:
            raise typer.BadParameter(
                f"{key_id} is in the settings: take it out first.", param_hint="KEY_ID"
            )
        if not yes:
            typer.confirm(f"Give up the key {key_id}?", abort=True, err=True)
        with parts.database.transaction() as session:
            closed = give_up_key(
                session, key_id=key_id, by=cli_actor(), reason=reason, now=parts.now()
            )
    typer.echo(f"{key_id} is given up; {closed} items stay closed.")


@contextmanager
def _parts() -> Iterator[Parts]:
    from app.settings import Settings
    from app.wiring import build_parts

    parts = build_parts(Settings.load())
    try:
        yield parts
    finally:
        parts.close()


def _progress(what: str) -> Callable[[int], None]:
    said = 0

    def tell(done: int) -> None:
        nonlocal said
        if done - said >= SAY_EVERY:
            said = done
            typer.echo(f"{done} items {what} …", err=True)

    return tell


def _tell(parts: Parts, done: Resealed, what: str, as_json: bool) -> None:
    from core.vault_rotation import key_figures

    with parts.database.reading() as session:
        figures = key_figures(session, parts.vault.keys)
    unreadable = done.unreadable.total()
    retirable = [each.key_id for each in figures if each.state == "retirable"]
    if as_json:
        data = {
            "ok": not unreadable,
            "done": done.done,
            "unreadable": dict(done.unreadable),
            "retirable": retirable,
            "keys": [_data(each) for each in figures],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{done.done} items {what}.")
        for key_id, count in done.unreadable.items():
            typer.echo(
                f"{count} items do not open: sealed with the key {key_id or '(none)'}, which is not here, "
                "or changed since."
            )
        if retirable:
            typer.echo(f"Nothing needs any more: {', '.join(retirable)}.")
    raise typer.Exit(1 if unreadable else 0)


def _data(each: KeyFigures) -> dict[str, Any]:
    def moment(at: Any) -> str | None:
        return at.isoformat(timespec="seconds") if at else None

    return {
        "id": each.key_id,
        "state": each.state,
        "items": each.items,
        "here": each.is_here,
        "first_used_at": moment(each.first_used_at),
        "lost_at": moment(each.lost_at),
    }
