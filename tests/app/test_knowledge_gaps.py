"""`sotong knowledge gaps`: questions in groups, as text and as JSON, with an audit line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.cli.main import run
from core.database import Database
from core.models import AuditEntry
from core.policy_questions import Outcome, record_question
from tests.builders import make_conversation, make_database, make_turn


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = make_database(tmp_path)
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    yield database
    database.dispose()


def ask(database: Database, question: str, talk: str, *, days_ago: int) -> None:
    # The command reads the clock of the machine.
    now = datetime.now(UTC) - timedelta(days=days_ago)
    with database.transaction() as session:
        conversation = make_conversation(session, address=talk * 64, now=now)
        turn = make_turn(session, conversation=conversation, address=talk * 64, now=now)
        record_question(
            session,
            turn_id=turn.id,
            conversation_id=conversation.id,
            question=question,
            outcome=Outcome.UNANSWERED,
            sureness=0.1,
            now=now,
        )


def test_questions_come_in_groups_and_old_ones_do_not(database, capsys) -> None:
    ask(database, "물놀이장 언제 열어요", "a", days_ago=3)
    ask(database, "⟦이름1⟧인데 물놀이장 개장일", "b", days_ago=2)
    ask(database, "여권 사진 규격", "c", days_ago=60)
    assert run(["knowledge", "gaps", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    (gap,) = data["gaps"]
    assert (gap["citizens"], gap["count"], data["questions"]) == (2, 2, 2)
    assert gap["first_at"] < gap["last_at"]
    assert run(["knowledge", "gaps", "--days", "90"]) == 0
    text = capsys.readouterr().out
    assert "2명 2번" in text
    assert "(이름)인데 물놀이장 개장일" in text
    assert "여권 사진 규격" in text
    assert "⟦" not in text
    with database.reading() as session:
        lines = session.scalars(select(AuditEntry.action)).all()
    assert lines == ["article.gaps", "article.gaps"]


def test_without_questions_it_says_so(database, capsys) -> None:
    assert run(["knowledge", "gaps", "--days", "7"]) == 0
    assert "지난 7일 동안" in capsys.readouterr().out
