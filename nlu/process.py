"""Prepares a process that will run Rasa: warnings, logging, and its end with its parent."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import warnings

GRACE_SECONDS = 5.0
POLL_SECONDS = 0.5


def configure_logging() -> None:
    """Log at WARNING (LOG_LEVEL overrides), as Rasa's command line would set it up.

    Loads Rasa. Rasa's dependencies warn of their own age at import; nobody here can mend that.
    """
    os.environ.setdefault("LOG_LEVEL_LIBRARIES", "ERROR")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    # Else sentry_sdk, which Rasa loads but we never switch on, asks git for a name.
    os.environ.setdefault("SENTRY_RELEASE", "sotong")
    # Sanic switches deprecation warnings on when it is imported, so it comes first.
    import sanic.app  # noqa: F401

    warnings.simplefilter("ignore", DeprecationWarning)

    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    level = logging.getLevelName(os.environ.get("LOG_LEVEL", "WARNING"))
    logging.basicConfig(level=logging.WARNING)
    configure_logging_and_warnings(level, filter_repeated_logs=False)
    configure_structlog(level)
    # Again: Rasa has just put its own filters in front.
    warnings.simplefilter("ignore", DeprecationWarning)


def end_with_parent(parent: int | None = None) -> None:
    """Stop this process soon after its parent is gone, so that no orphan keeps the port.

    A watching thread instead of prctl(PR_SET_PDEATHSIG): that signal follows the *thread* that
    started us and exists on Linux only.

    Args:
        parent: the parent's process id. Given, the parent may even die before this is called;
            else it is asked now, and a parent with id 1 (a supervisor) is not watched.
    """
    watched = parent if parent is not None else os.getppid()
    if watched == 1:
        return

    def watch() -> None:
        while os.getppid() == watched:
            time.sleep(POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
