"""`sotong export`: a citizen's copy of the own data, on a wish told to an officer. Must not send it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def export(
    conversation_id: Annotated[
        int, typer.Argument(metavar="CONVERSATION_ID", help="As the officers' pages show it.")
    ],
    to: Annotated[Path, typer.Option(help="The archive to write (mode 0600); it must not exist.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
) -> None:
    """Write everything of a conversation into a ZIP: my-data.json and the files."""
    from app.cli.actor import cli_actor
    from app.settings import Settings
    from app.wiring import build_parts
    from bots.web_my_data import zip_of
    from core.my_data_export import export_my_data

    if not reason.strip():
        raise typer.BadParameter("say why, for the audit log.", param_hint="--reason")
    if to.exists():
        raise typer.BadParameter(f"{to} exists already.", param_hint="--to")
    parts = build_parts(Settings.load())
    try:
        with parts.database.transaction() as session:
            copy = export_my_data(
                session,
                vault=parts.vault,
                city=parts.city,
                conversation_id=conversation_id,
                how=f"zip, {reason.strip()}",
                file_address=lambda file: f"files/{file.name}",
                by=cli_actor(),
                now=parts.now(),
            )
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for part in zip_of(copy, parts.store):
                file.write(part)
    finally:
        parts.close()
    typer.echo(f"{to}: {len(copy.files)} files. Hand it over, then delete it.")
