"""Finds lines of the audit log for people: filtered, a page or a stream. Must change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.models.case import Case
from core.models.officers import Officer
from core.models.vault import AuditEntry

AT_ONCE = 2000
_WHOSE = re.compile(r"(conversation|case):([0-9]{1,10})")
_NUMBER = re.compile(r"20[0-9]{2}-[0-9]{6,7}")


@dataclass(frozen=True)
class AuditFilter:
    """What to show. ``start`` and ``end`` (exclusive) are aware; empty fields narrow nothing.

    ``actor`` is as in the log ("officer:3", "cli:…") or an officer's login. ``subject`` is
    "conversation:3", "case:5", a case's number, or the beginning of a subject. ``action`` is one action
    ("vault.reveal") or the part before the dot ("vault").
    """

    start: datetime | None = None
    end: datetime | None = None
    actor: str = ""
    subject: str = ""
    action: str = ""


def find_lines(
    session: Session, wanted: AuditFilter, *, limit: int, before: int | None = None
) -> list[AuditEntry]:
    """The newest lines first; ``before``: only those with a lower id (the next page)."""
    query = _narrowed(session, select(AuditEntry), wanted)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)))


def stream_lines(session: Session, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """All lines, the oldest first, a few at a time."""
    query = _narrowed(session, select(AuditEntry), wanted).order_by(AuditEntry.id)
    with closing(session.scalars(query.execution_options(yield_per=AT_ONCE))) as lines:
        for line in lines:
            yield line
            session.expunge(line)


def _narrowed(session: Session, query: Select[Any], wanted: AuditFilter) -> Select[Any]:
    if wanted.start is not None:
        query = query.where(AuditEntry.at >= wanted.start)
    if wanted.end is not None:
        query = query.where(AuditEntry.at < wanted.end)
    if wanted.actor:
        query = query.where(AuditEntry.actor == _actor(session, wanted.actor))
    if wanted.action:
        query = query.where(
            AuditEntry.action == wanted.action
            if "." in wanted.action
            else AuditEntry.action.startswith(f"{wanted.action}.", autoescape=True)
        )
    return _of_subject(session, query, wanted.subject) if wanted.subject else query


def _of_subject(session: Session, query: Select[Any], subject: str) -> Select[Any]:
    if _NUMBER.fullmatch(subject):
        case_id = session.scalar(select(Case.id).where(Case.number == subject))
        return query.where(AuditEntry.case_id == (case_id or 0))
    named = _WHOSE.fullmatch(subject)
    if named is None:
        return query.where(AuditEntry.subject.startswith(subject, autoescape=True))
    column = AuditEntry.conversation_id if named[1] == "conversation" else AuditEntry.case_id
    return query.where(column == int(named[2]))


def _actor(session: Session, actor: str) -> str:
    if ":" in actor:
        return actor
    officer_id = session.scalar(select(Officer.id).where(Officer.login == actor.lower()))
    return actor if officer_id is None else f"officer:{officer_id}"
