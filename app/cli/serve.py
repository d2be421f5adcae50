"""`sotong serve`: runs one web app in the foreground, for a service manager. Must not know the options."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    app: Annotated[str, typer.Argument(help="public, internal or actions", metavar="APP")],
    host: Annotated[
        str | None,
        typer.Option(help="Listen here in place of the settings' address (a container: 0.0.0.0)."),
    ] = None,
) -> None:
    """Run one of the web apps until stopped (SIGTERM or Ctrl-C)."""
    from app.serve import serve as serve_app
    from app.serve import web_apps
    from app.settings import Settings

    settings = Settings.load()
    known = web_apps(settings)
    if app not in known:
        raise typer.BadParameter(f"{app!r} is none of {', '.join(known)}.")
    serve_app(settings, app, host=host)
