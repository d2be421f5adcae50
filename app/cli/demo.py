"""`sotong demo`: everything on this machine at once; what it does stands in app.demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    exit_when_ready: Annotated[
        bool, typer.Option(help="Stop again as soon as everything answered (a smoke test).")
    ] = False,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write this JSON file once everything answers.")
    ] = None,
) -> None:
    """Start Rasa, the apps and the worker; Ctrl-C stops all of them."""
    import os

    from app.demo import run_demo
    from app.settings import Settings

    os.umask(0o077)  # the database, photos and logs are for this user alone
    raise typer.Exit(
        run_demo(Settings.load(), exit_when_ready=exit_when_ready, ready_file=ready_file)
    )
