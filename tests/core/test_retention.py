"""Each kind of record is found and treated on both databases; what belongs to a post is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.database import Database
from core.models import (
    Consent,
    DataLink,
    Delivery,
    DepartmentCallback,
    DepartmentMessage,
    Draft,
    Handover,
    LookupAttempt,
    PolicyQuestion,
    Turn,
)
from core.retention import HANDLERS, treat_batch
from tests.builders import (
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_turn,
    sample_city,
)

NOW = MONDAY_TEN
FAR = NOW + timedelta(days=1)
# What the rows below make due, in the order of the table: asking for an erasure leaves the rest to it.
EXPECTED = {
    "conversations": 1,
    "turns": 1,
    "deliveries": 2,
    "drafts": 1,
    "handovers": 1,
    "case_contacts": 1,
    "cases": 1,
    "department_messages": 1,
    "department_callbacks": 1,
    "lookup_attempts": 1,
    "data_links": 1,
    "policy_questions": 1,
    "consents": 1,
}


def fill(database: Database) -> None:
    with database.transaction() as session:
        talk = make_conversation(session, now=NOW)
        turn = make_turn(session, conversation=talk)
        opened = make_case(session, turn=turn, now=NOW)
        change_status(
            session,
            city=sample_city(),
            case_id=opened.case.id,
            to=CaseStatus.ANSWERED,
            actor=Actor("officer", "1", "담당"),
            reason="고침",
            note="고쳤어요.",
            now=NOW,
        )
        session.get_one(Turn, turn.id).state = "answered"
        for delivery in session.query(Delivery):
            delivery.state = "sent"
        event_id = 1
        session.add_all(
            [
                Draft(
                    conversation_id=talk.id,
                    slots={},
                    state="lapsed",
                    created_at=NOW,
                    updated_at=NOW,
                ),
                Handover(conversation_id=talk.id, reason="x", opened_at=NOW, closed_at=NOW),
                PolicyQuestion(
                    turn_id=turn.id,
                    conversation_id=talk.id,
                    asked_at=NOW,
                    question="수수료 얼마예요?",
                    outcome="unanswered",
                    sureness=0.1,
                ),
                LookupAttempt(number=opened.case.number, at=NOW),
                DataLink(token_hash="h", conversation_id=talk.id, made_at=NOW, expires_at=NOW),
                Consent(
                    conversation_id=talk.id,
                    kind="contact",
                    version="1",
                    purpose="p",
                    retention="r",
                    given_at=NOW,
                    how="form",
                    withdrawn_at=NOW,
                ),
                DepartmentMessage(
                    uid="u",
                    department_id="road",
                    case_id=opened.case.id,
                    event_id=event_id,
                    kind="opened",
                    dedupe_key="k",
                    state="sent",
                    created_at=NOW,
                    next_attempt_at=NOW,
                ),
                DepartmentCallback(
                    department_id="road",
                    dedupe_key="d",
                    body_hash="b",
                    received_at=NOW,
                    occurred_at=NOW,
                    content={"note": "말"},
                    state="applied",
                    next_attempt_at=NOW,
                ),
            ]
        )


def treat(database: Database, kind: str, *, dry_run: bool = False) -> int:
    with database.transaction() as session:
        batch = treat_batch(
            session, kind=kind, before=FAR, after=None, limit=100, dry_run=dry_run, now=FAR
        )
    return batch.due


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    fill(database)
    yield database
    database.dispose()


def test_each_kind_is_found_treated_once_and_then_over(database: Database) -> None:
    found = {kind: treat(database, kind, dry_run=True) for kind in HANDLERS}
    assert {kind: due for kind, due in found.items() if due} == EXPECTED
    treated = {kind: treat(database, kind) for kind in HANDLERS}
    # The wish to erase the talk adds no row here: the worker does that.
    assert treated == found
    assert not any(treat(database, kind) for kind in HANDLERS)
