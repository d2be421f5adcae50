"""Keeps citizens' words out of Rasa's logs. Changes levels only."""

from __future__ import annotations

import logging

import structlog

log = logging.getLogger("nlu")


def quieten_rasa() -> None:
    """Raise every `rasa` logger to at least INFO.

    At DEBUG Rasa writes messages, slots and whole trackers. Its structured logger asks the
    standard logger of the same name for its level, so this covers both.
    """
    for name in ["rasa", *(n for n in logging.root.manager.loggerDict if n.startswith("rasa."))]:
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET and name != "rasa":
            continue
        logger.setLevel(max(logger.level, logging.INFO))
    if not structlog.is_configured():
        # Unconfigured, structlog prints every level.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))


def describe(error: BaseException) -> str:
    """Kind and place of an error without its message, which may quote a citizen."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
