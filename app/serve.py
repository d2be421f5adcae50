"""What the server starts: an app with its logs set up. Must hold nothing else."""

from __future__ import annotations

from fastapi import FastAPI

from app.logs import set_up_logs
from app.settings import Settings


def public() -> FastAPI:
    """The public app (``uvicorn --factory app.serve:public``)."""
    from app.public import make_app

    settings = _begin("public")
    return make_app(settings)


def actions() -> FastAPI:
    """The actions app (``uvicorn --factory app.serve:actions``)."""
    from app.actions import make_app

    settings = _begin("actions")
    return make_app(settings)


def internal() -> FastAPI:
    """The internal app (``uvicorn --factory app.serve:internal``)."""
    from app.internal import make_app

    settings = _begin("internal")
    return make_app(settings)


def _begin(process: str) -> Settings:
    settings = Settings.load()
    set_up_logs(settings, process=process)
    return settings
