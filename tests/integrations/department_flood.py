"""Very many cases that wait for one department, filled in at once; used by a test and by a soak."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from core.city import City
from core.database import Database
from core.models.case import Case, CaseEvent
from core.models.conversation import Turn
from core.models.department import DepartmentMessage
from tests.builders import make_conversation

PIECE = 5_000


def flood(
    database: Database, *, city: City, department_id: str, count: int, received_at: datetime
) -> int:
    """``count`` cases, each tenth with a second event; returns how many messages wait."""
    service, waiting = city.services[0], 0
    for start in range(0, count, PIECE):
        numbers = range(start, min(start + PIECE, count))
        with database.transaction() as session:
            talk = make_conversation(session, address="flood", now=received_at)
            common: dict[str, Any] = {"conversation_id": talk.id, "arrived_at": received_at}
            session.execute(
                insert(Turn),
                [
                    common
                    | {
                        "channel": "web",
                        "external_id": f"flood-{n}",
                        "kind": "text",
                        "state": "answered",
                        "next_attempt_at": received_at,
                    }
                    for n in numbers
                ],
            )
            turns = {
                row[0]: row[1]
                for row in session.execute(
                    select(Turn.external_id, Turn.id).where(Turn.conversation_id == talk.id)
                )
            }
            session.execute(
                insert(Case),
                [
                    common
                    | {
                        "number": f"2026-{n + 1:06d}",
                        "lookup_hash": "0" * 64,
                        "turn_id": turns[f"flood-{n}"],
                        "kind": "소통",
                        "service_code": service.code,
                        "what": f"가로등이 나갔어요 ({n})",
                        "place_text": "시청역 2번 출구 앞",
                        "department_id": department_id,
                        "route_rule": "flood",
                        "route_explanation": "flood",
                        "status": "received",
                        "received_at": received_at,
                        "period": "3d",
                        "due_at": received_at,
                        "due_trace": [],
                    }
                    for n in numbers
                ],
            )
            cases = {
                row[0]: row[1]
                for row in session.execute(
                    select(Case.number, Case.id).where(Case.conversation_id == talk.id)
                )
            }
            ids = [cases[f"2026-{n + 1:06d}"] for n in numbers]
            both = [(i, "opened", None) for i in ids] + [
                (i, "status", "in_progress") for i in ids[::10]
            ]
            waiting += len(both)
            first = (
                session.scalar(select(CaseEvent.id).order_by(CaseEvent.id.desc()).limit(1)) or 0
            ) + 1
            session.execute(
                insert(CaseEvent),
                [
                    {
                        "id": first + k,
                        "case_id": case_id,
                        "at": received_at,
                        "kind": kind,
                        "actor_kind": "officer",
                        "actor_id": "1",
                        "reason": "flood",
                        "to_status": to,
                    }
                    for k, (case_id, kind, to) in enumerate(both)
                ],
            )
            session.execute(
                insert(DepartmentMessage),
                [
                    {
                        "uid": f"msg_{first + k:032d}",
                        "department_id": department_id,
                        "case_id": case_id,
                        "event_id": first + k,
                        "kind": kind,
                        "dedupe_key": f"event:{first + k}",
                        "created_at": received_at,
                        "next_attempt_at": received_at,
                    }
                    for k, (case_id, kind, _) in enumerate(both)
                ],
            )
    return waiting
