"""Withdrawals of consent, noted outside the database, done again after a restore. Must hold ids and moments.

A backup is older than the consents that were taken back after it. They stand in the list of erasures
(``app.erasure_ledger``), whose readers pass over lines that are none of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger_file import append_lines, read_lines
from core.consents import WITHDRAWABLE, find_consent, withdraw_consent
from core.database import Database
from core.models.conversation import Conversation
from core.models.vault import AuditEntry

ACTION = "consent.withdraw"


@dataclass(frozen=True)
class NotedWithdrawal:
    """A consent of this ``kind`` was taken back ``at``. ``began`` tells conversations of one number apart."""

    conversation_id: int
    began: datetime
    kind: str
    at: datetime


class WithdrawalLedger:
    """The file. Safe to call at every pass of a worker: what is known already adds nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: set[NotedWithdrawal] | None = None
        self._read_to = 0

    def note_new(self, database: Database) -> int:
        """Append what was withdrawn since the last look; how many. Raises TemporaryFailure when it cannot."""
        with database.reading() as session:
            last, found = withdrawals_in(session, after=self._read_to)
        if self._known is None:
            self._known = set(read_withdrawals(self._path))
        new = [each for each in found if each not in self._known]
        if new:
            self._append(new)
            self._known.update(new)
        self._read_to = last
        return len(new)

    def _append(self, new: list[NotedWithdrawal]) -> None:
        lines = [
            {
                "withdrawn": each.kind,
                "conversation_id": each.conversation_id,
                "began": each.began.isoformat(),
                "at": each.at.isoformat(),
            }
            for each in new
        ]
        append_lines(self._path, lines, what="the list of withdrawals")


def withdrawals_in(session: Session, *, after: int = 0) -> tuple[int, list[NotedWithdrawal]]:
    """The last audit line that was read, and the withdrawals among those after ``after``."""
    lines = session.execute(
        select(AuditEntry.id, AuditEntry.at, AuditEntry.purpose, Conversation)
        .join(Conversation, Conversation.id == AuditEntry.conversation_id)
        .where(AuditEntry.id > after, AuditEntry.action == ACTION)
        .order_by(AuditEntry.id)
    ).all()
    last = session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)) or 0
    found = [
        NotedWithdrawal(talk.id, talk.created_at, purpose.split(" ", 1)[0], at)
        for _, at, purpose, talk in lines
    ]
    return last, [each for each in found if each.kind in WITHDRAWABLE]


def read_withdrawals(path: Path) -> list[NotedWithdrawal]:
    """All withdrawals of the file, in order; other lines are passed over."""
    found = []
    for data in read_lines(path):
        try:
            found.append(
                NotedWithdrawal(
                    int(data["conversation_id"]),
                    datetime.fromisoformat(data["began"]),
                    str(data["withdrawn"]),
                    datetime.fromisoformat(data["at"]),
                )
            )
        except (ValueError, KeyError, TypeError):
            continue
    return [each for each in found if each.kind in WITHDRAWABLE]


def withdraw_again(url: str, noted: set[NotedWithdrawal], *, by: str, now: datetime) -> list[int]:
    """Take back in the restored database at ``url`` what was taken back after its backup; the conversations.

    A consent that was given after the withdrawal holds.
    """
    database = Database(url)
    try:
        return _withdraw(database, noted, by=by, now=now)
    finally:
        database.dispose()


def _withdraw(
    database: Database, noted: set[NotedWithdrawal], *, by: str, now: datetime
) -> list[int]:
    again: list[int] = []
    for each in sorted(noted, key=lambda one: (one.conversation_id, one.at)):
        with database.transaction() as session:
            talk = session.get(Conversation, each.conversation_id)
            if talk is None or talk.created_at != each.began:
                continue  # It began after the backup, or another one has its number.
            consent = find_consent(session, conversation_id=talk.id, kind=each.kind)
            if consent is not None and consent.given_at > each.at:
                continue
            # Without a row too: a contact may have been given before consents were rows.
            cases = withdraw_consent(
                session, conversation_id=talk.id, kind=each.kind, by=by, now=now
            )
            if consent is not None or cases:
                again.append(talk.id)
    return again
