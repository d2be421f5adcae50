"""Writes the log lines of a process: one shape for all loggers, ids that join them. Must keep words out.

What a line says is chosen where it is written; here are the last walls: an exception's own words are
dropped (they may quote a citizen), and known secrets are blotted out wherever they stand.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import IO
from urllib.parse import quote

from pythonjsonlogger.json import JsonFormatter
from sqlalchemy.engine import make_url

from app.settings import HIDDEN_NAMES, Settings
from app.telemetry import current_step

BLOT = "[secret]"
SHORTEST_SECRET = 6
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s%(ids)s"
# They write a line for every beat and every call, which would bury the lines that matter; calls also
# hold addresses.
QUIET = {
    "apscheduler": logging.ERROR,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    # It writes each statement with its values.
    "sqlalchemy": logging.WARNING,
}
# At debug these write what they read: the notes in a photo, whole messages.
NEVER_DEBUG = ("PIL", "telegram", "asyncio", "python_multipart", "multipart", "pikepdf")
SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
# The server writes it whenever its logger leads anywhere: addresses and query strings, which may hold
# whatever a citizen typed.
ACCESS = "uvicorn.access"

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up_logs(settings: Settings, *, process: str, stream: IO[str] | None = None) -> None:
    """Send every logger of this process through one handler, also the server's own. Twice is once."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(_add_ids)
    handler.setFormatter(make_formatter(settings, process=process))
    root = logging.getLogger()
    for old in [each for each in root.handlers if getattr(each, "of_sotong", False)]:
        root.removeHandler(old)
    handler.of_sotong = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    for name in SERVERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    access = logging.getLogger(ACCESS)
    access.handlers.clear()
    access.propagate = False
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    for name in NEVER_DEBUG:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))


def make_formatter(settings: Settings, *, process: str) -> logging.Formatter:
    """The formatter that the settings ask for."""
    secrets = secrets_of(settings)
    if settings.log_format == "json":
        return _Json(secrets, process=process)
    return _Text(secrets)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every value that must never stand in a log, also as it would stand in an address."""
    values = {str(getattr(settings, name)) for name in HIDDEN_NAMES}
    password = make_url(settings.database_url).password
    if password:
        values.add(password)
    values |= {quote(value, safe="") for value in values}
    # The longest first: one may be a part of another.
    found = sorted((v for v in values if len(v) >= SHORTEST_SECRET), key=len, reverse=True)
    return tuple(found)


def blot(line: str, secrets: Iterable[str]) -> str:
    """The line without secrets."""
    for secret in secrets:
        line = line.replace(secret, BLOT)
    return line


def _add_ids(record: logging.LogRecord) -> bool:
    step = current_step()
    ids = {}
    if step is not None:
        named = {
            "turn": step.turn_id,
            "conversation": step.conversation_id,
            "delivery": step.delivery_id,
        }
        ids = {name: value for name, value in named.items() if value is not None}
    record.step_ids = ids
    record.ids = f" [{' '.join(f'{name}={value}' for name, value in ids.items())}]" if ids else ""
    return True


def _where(error: ExcInfo) -> str:
    """Kind of an exception and the lines of code it went through, without its words."""
    kind, _value, trace = error
    lines = "".join(traceback.format_tb(trace))
    return f"{lines}{kind.__name__ if kind is not None else 'no exception'}"


class _Text(logging.Formatter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__(TEXT)
        self._secrets = secrets

    def formatException(self, ei: ExcInfo) -> str:
        return _where(ei)

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # Another handler may have put the words there.
        return blot(super().format(record), self._secrets)


class _Json(JsonFormatter):
    def __init__(self, secrets: tuple[str, ...], *, process: str) -> None:
        super().__init__(json_ensure_ascii=False)
        self._secrets, self._process = secrets, process

    def formatException(self, ei: ExcInfo) -> str:
        return _where(ei)

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        return blot(super().format(record), self._secrets)

    def process_log_record(self, log_data: dict[str, object]) -> dict[str, object]:
        # What a caller hung on the record ("extra") is not let through: it may be anything.
        kept: dict[str, object] = {
            name: log_data[name] for name in ("message", "exc_info") if name in log_data
        }
        return {**self._head, **kept}

    def add_fields(
        self,
        log_data: dict[str, object],
        record: logging.LogRecord,
        message_dict: dict[str, object],
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        self._head: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": self._process,
            **getattr(record, "step_ids", {}),
        }
