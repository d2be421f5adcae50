"""`sotong worker`: runs the worker in the foreground. Must hold no work itself."""

from __future__ import annotations


def worker() -> None:
    """Work the queues and keep the clock's jobs until stopped (SIGTERM or Ctrl-C)."""
    import logging

    from app.settings import Settings
    from app.worker import run

    settings = Settings.load()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # They write a line for every beat (also one for each that the last one outlasted) and every
    # call, which would bury the lines that matter.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    run(settings)
