"""`sotong backup` and `sotong restore`: everything that the service keeps, there and back. Holds no work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.actor import cli_actor
from app.cli.durations import parse_duration
from app.clock import utc_now

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str | None, typer.Option(help="One backup of the folder; without it the latest.")]


def backup(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[verify|prune] DIR",
            help="The folder of backups; make one, or with a word before it check or prune.",
        ),
    ],
    key_to: Annotated[
        Path | None,
        typer.Option(help="Also write the secrets that a restore needs to this file, elsewhere."),
    ] = None,
    keep: Annotated[
        str, typer.Option(help="Remove backups older than this, such as 30d (never the latest).")
    ] = "",
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Back up database, attachments and Rasa's tracker while the service goes on; only new files."""
    from app import backup as work
    from app.settings import Settings

    *verb, folder_name = words
    if verb not in ([], ["verify"], ["prune"]):
        raise typer.BadParameter("give DIR, verify DIR or prune DIR.")
    folder = Path(folder_name)
    tell = _teller(as_json)
    if verb == ["verify"]:
        found = work.find_backup(folder.resolve(), name)
        wrong = work.verify_backup(found, tell=tell)
        _show({"backup": str(found), "ok": not wrong, "wrong": wrong}, as_json)
        raise typer.Exit(1 if wrong else 0)
    age = parse_duration(keep, option="--keep") if keep else None
    if verb == ["prune"]:
        if age is None:
            raise typer.BadParameter("say how long, such as --keep 30d.", param_hint="--keep")
        removed = work.prune_backups(folder, keep=age, now=utc_now())
        _show({"removed": removed}, as_json)
        return
    made = work.make_backup(Settings.load(), folder, now=utc_now(), key_to=key_to, tell=tell)
    data: dict[str, Any] = {
        "backup": str(made.folder),
        "attachments": len(made.manifest.attachments),
        "new_attachments": made.new_attachments,
        "missing_attachments": len(made.manifest.missing),
        "rows": sum(made.manifest.counts.values()),
        "keys": None if key_to is None else str(key_to),
    }
    if age is not None:
        data["removed"] = work.prune_backups(folder, keep=age, now=utc_now())
    _show(data, as_json)
    if key_to is None and not as_json:
        typer.echo("The keys are not in it: without them no personal data opens (--key-to).")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of backups.")],
    name: Name = None,
    force: Annotated[
        bool, typer.Option("--force", help="Move aside what is there already.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, change nothing.")] = False,
    key_from: Annotated[
        Path | None, typer.Option(help="Secrets, as `sotong backup --key-to` wrote them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in place; the service must be stopped."""
    from app.restore import restore as work
    from app.settings import Settings

    done = work(
        Settings.load(),
        folder,
        now=utc_now(),
        name=name,
        force=force,
        dry_run=dry_run,
        key_from=key_from,
        by=cli_actor(),
        tell=_teller(as_json),
    )
    data = {
        "backup": str(done.backup),
        "made_at": done.manifest.made_at,
        "version": done.manifest.version,
        "restored": not dry_run,
        "attachments": len(done.manifest.attachments),
        "rows": sum(done.manifest.counts.values()),
        "moved_aside": None if done.aside is None else str(done.aside),
        "erased_again": done.erased_again,
        "withdrawn_again": done.withdrawn_again,
    }
    _show(data, as_json)
    if not dry_run and not as_json:
        typer.echo(
            "Erasures that were asked for after this backup and are not named above must be asked for "
            "again: `sotong erase`. Then start the service."
        )


def _teller(as_json: bool) -> Any:
    return (lambda _line: None) if as_json else (lambda line: typer.echo(line, err=True))


def _show(data: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for key, value in data.items():
        shown = "; ".join(map(str, value)) or "none" if isinstance(value, list) else value
        typer.echo(f"{key.replace('_', ' '):<20} {'none' if shown is None else shown}")
