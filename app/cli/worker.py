"""`sotong worker`: runs the worker in the foreground. Must hold no work itself."""

from __future__ import annotations


def worker() -> None:
    """Work the queues and keep the clock's jobs until stopped (SIGTERM or Ctrl-C)."""
    from app.logs import set_up_logs
    from app.settings import Settings
    from app.worker import run

    settings = Settings.load()
    set_up_logs(settings, process="worker")
    run(settings)
