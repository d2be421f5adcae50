"""Builders of rows for tests: `make_turn(session, text="…")`. Must not be used by the service."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

import core.models  # noqa: F401  (so that all tables are known)
from app.city_files import load_city
from core.case_status import CaseStatus
from core.cases import Actor, OpenedCase, Report, change_status, open_case
from core.city import City
from core.conversations import ensure_conversation, record_turn
from core.database import Database
from core.inbound import InboundMessage, TurnKind
from core.lookup_codes import LookupCodes
from core.models.base import Base
from core.models.case import Case
from core.models.conversation import Conversation, Turn
from core.officers import create_officer, make_password, seed_roles
from core.vault import AesGcmCipher, Vault

ROOT = Path(__file__).resolve().parent.parent
MONDAY_TEN = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)  # 10:00 in Seoul, a working day
CODES = LookupCodes(b"codes for tests only")
_numbers = itertools.count(1)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = field(default=MONDAY_TEN)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)


@cache
def sample_city() -> City:
    """The city of this repository."""
    return load_city(ROOT / "city")


# Set by tests/core/conftest.py while a test runs on PostgreSQL.
_other_database: list[Callable[[bool], Database]] = []


@contextmanager
def databases_from(make: Callable[[bool], Database]) -> Iterator[None]:
    """Until the end of the block all databases come from ``make(whether with tables)``."""
    _other_database.append(make)
    try:
        yield
    finally:
        _other_database.pop()


@cache
def _empty_database() -> bytes:
    """The file of a database with all tables and no row: making them anew takes longer than most tests."""
    with tempfile.TemporaryDirectory(prefix="sotong-test-") as folder:
        file = Path(folder) / "empty.db"
        database = Database(f"sqlite:///{file}")
        Base.metadata.create_all(database.engine)
        database.empty_log()
        database.dispose()
        return file.read_bytes()


def make_database(folder: Path) -> Database:
    """A fresh database with all tables: SQLite in ``folder`` unless the test runs on PostgreSQL.

    It does not wait for the disk.
    """
    if _other_database:
        return _other_database[-1](True)
    database = Database(f"sqlite:///{folder / 'test.db'}")
    write_empty_database(database)
    event.listen(database.engine, "connect", without_waiting_for_the_disk)
    return database


@contextmanager
def make_database_url(folder: Path) -> Iterator[str]:
    """The address of a database without any table, until the end of the block."""
    if not _other_database:
        yield f"sqlite:///{folder / 'empty.db'}"
        return
    database = _other_database[-1](False)
    try:
        yield database.url
    finally:
        database.dispose()


def write_empty_database(database: Database) -> None:
    """All tables, where the SQLite file is not there yet."""
    file = Path(database.engine.url.database or "")
    if not file.exists():
        file.write_bytes(_empty_database())


def without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    """For tests of what we do, not of what survives a power cut."""
    connection.execute("PRAGMA synchronous=OFF")


def make_vault() -> Vault:
    return Vault(AesGcmCipher(b"k" * 32))


def make_message(**overrides: Any) -> InboundMessage:
    values: dict[str, Any] = {
        "channel": "web",
        "address": "a" * 64,
        "external_id": f"message-{next(_numbers)}",
        "kind": TurnKind.TEXT,
        "text": "가로등이 나갔어요",
    }
    return InboundMessage(**(values | overrides))


def make_conversation(session: Session, **overrides: Any) -> Conversation:
    values: dict[str, Any] = {"channel": "web", "address": "a" * 64, "now": MONDAY_TEN}
    return ensure_conversation(session, **(values | overrides))


def make_turn(
    session: Session,
    *,
    conversation: Conversation | None = None,
    now: datetime = MONDAY_TEN,
    **message: Any,
) -> Turn:
    inbound = make_message(**message)
    talk = conversation or make_conversation(session)
    recorded = record_turn(session, conversation=talk, message=inbound, text=inbound.text, now=now)
    return session.get_one(Turn, recorded.turn_id)


def make_report(**overrides: Any) -> Report:
    values: dict[str, Any] = {
        "what": "가로등이 나갔어요",
        "place_text": "시청역 2번 출구 앞",
        "service_code": sample_city().services[0].code,
        "contact_token": "⟦전화1⟧",
        "consent": True,
    }
    return Report(**(values | overrides))


def make_case(
    session: Session,
    *,
    turn: Turn | None = None,
    now: datetime = MONDAY_TEN,
    city: City | None = None,
    **report: Any,
) -> OpenedCase:
    filing = turn or make_turn(session)
    return open_case(
        session,
        city=city or sample_city(),
        codes=CODES,
        turn_id=filing.id,
        conversation_id=filing.conversation_id,
        report=make_report(**report),
        now=now,
    )


class NoHash:
    """Passwords of officers whom nobody signs in as; a real hash takes a second."""

    def hash(self, password: str) -> str:
        return f"not hashed: {len(password)}"

    def verify(self, *, stored: str, password: str) -> bool:
        return False

    def needs_rehash(self, stored: str) -> bool:
        return False


def make_officer(session: Session, **overrides: Any) -> int:
    """An officer's id."""
    seed_roles(session)
    values: dict[str, Any] = {
        "login": f"officer{next(_numbers)}",
        "name": "상담원",
        "role": "officer",
        "department_id": None,
        "password": make_password(),
        "hasher": NoHash(),
        "actor": "test",
        "now": MONDAY_TEN,
    }
    return create_officer(session, **(values | overrides)).id


def make_result(
    session: Session, *, case: Case | None = None, now: datetime = MONDAY_TEN, **change: Any
) -> Case:
    """A case that is answered (or goes ``to`` another state), so that its citizen hears of it."""
    values: dict[str, Any] = {
        "to": CaseStatus.ANSWERED,
        "actor": Actor("officer", "1", "담당관"),
        "reason": "확인",
        "note": "새 등으로 바꾸었습니다.",
    }
    return change_status(
        session,
        city=sample_city(),
        case_id=(case or make_case(session, now=now).case).id,
        now=now,
        **(values | change),
    )
