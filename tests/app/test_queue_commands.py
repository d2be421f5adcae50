"""`sotong outbox` and `sotong turns`: what is stuck is seen and set going, with a reason, without words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.cli.main import run
from core.audit_chain import first_broken_entry
from core.city import Way
from core.database import Database
from core.deliveries import enqueue
from core.models import AuditEntry, Conversation, Delivery, Turn
from core.models.department import DepartmentMessage
from core.replies import Reply
from tests.builders import make_case, make_conversation, make_database, make_turn
from tests.dialogue.runner_house import House, ScriptedRasa
from tests.integrations.department_house import ROAD, city_with, service_of

CITIZEN, CITY = "골목이 캄캄해요", "접수했습니다"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = make_database(tmp_path)
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    yield database
    database.dispose()


def keep(database: Database, *, age: float = 0, kind: str = "reply", **values: object) -> int:
    """One delivery's id; ``age`` in minutes."""
    at = datetime.now(UTC) - timedelta(minutes=age)
    with database.transaction() as session:
        row = enqueue(
            session,
            conversation=make_conversation(session, channel=values.pop("channel", "web")),
            reply=Reply(CITY),
            kind=kind,
            dedupe_key=f"{values}{age}{kind}{datetime.now(UTC)}",
            now=at,
        )
        for name, value in values.items():
            setattr(row, name, value)
        return row.id


def told(capsys, *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run(list(arguments)) == code
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return printed.out + printed.err


def data(capsys, *arguments: str):
    return json.loads(told(capsys, *arguments, "--json"))


def audit(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        assert first_broken_entry(session) is None
        lines = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(line.action, line.subject, line.purpose) for line in lines]


def state(database: Database, delivery_id: int) -> tuple[str, int, str | None]:
    with database.reading() as session:
        row = session.get_one(Delivery, delivery_id)
        return row.state, row.attempts, row.failure


def test_the_list_shows_what_needs_a_person_and_never_a_word(database, capsys):
    assert "Nothing" in told(capsys, "outbox", "list")
    failed = keep(database, state="failed", failure="chat_gone", channel="telegram", age=20)
    unsure = keep(database, state="unsure", age=5)
    waiting = keep(database, age=30)
    keep(database, state="sent")
    listed = told(capsys, "outbox", "list")
    assert CITY not in listed
    assert "chat_gone" in listed
    ids = [row["id"] for row in data(capsys, "outbox", "list")]
    assert ids == [f"delivery:{failed}", f"delivery:{unsure}"]

    def only(*filters: str) -> list[str]:
        return [row["id"] for row in data(capsys, "outbox", "list", *filters)]

    assert only("--state", "pending") == [f"delivery:{waiting}"]
    assert only("--channel", "telegram") == [f"delivery:{failed}"]
    assert only("--older", "10m") == [f"delivery:{failed}"]
    assert only("--limit", "1") == [f"delivery:{failed}"]
    assert only("--state", "pending", "--state", "unsure") == [
        f"delivery:{waiting}",
        f"delivery:{unsure}",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("list", "--older", "soon"), 2, "--older"),
        (("list", "--state", "lost"), 2, "--state"),
        (("show", "999"), 1, "outbox_unknown"),
        (("show", "letter:1"), 1, "outbox_unknown"),
        (("retry", "1"), 1, "reason_missing"),
        (("show", "1", "--words"), 1, "purpose_missing"),
        (("resolve", "1", "--reason", "확인"), 2, "--arrived"),
        (("resolve", "1", "--arrived", "9", "--not-arrived", "--reason", "확인"), 2, "--arrived"),
        (("resolve", "1", "--not-arrived", "--reason", "확인"), 1, "outbox_not_unsure"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    database, capsys, arguments, code, says
):
    first = keep(database, state="failed", failure="chat_gone")
    assert says in told(capsys, "outbox", *arguments, code=code)
    assert state(database, first) == ("failed", 0, "chat_gone")
    assert audit(database) == []


def test_words_are_shown_only_with_a_purpose_which_is_kept(database, capsys):
    one = keep(database, state="failed")
    assert CITY not in told(capsys, "outbox", "show", str(one))
    assert CITY in told(capsys, "outbox", "show", str(one), "--words", "--purpose", "오류 확인")
    assert audit(database) == [("outbox.words", f"delivery:{one}", "오류 확인")]


def test_a_retry_puts_a_failed_message_back_and_keeps_the_reason(database, capsys):
    one = keep(database, state="failed", failure="chat_gone", attempts=7)
    row = data(capsys, "outbox", "retry", f"delivery:{one}", "--reason", "봇을 다시 켬")
    assert (row["state"], row["attempts"], row["failure"]) == ("pending", 0, None)
    assert audit(database) == [("outbox.retry", f"delivery:{one}", "봇을 다시 켬")]


def test_a_retry_brings_forward_what_waits_for_its_next_attempt(database, capsys):
    later = datetime.now(UTC) + timedelta(hours=1)
    one = keep(database, next_attempt_at=later, attempts=3)
    row = data(capsys, "outbox", "retry", str(one), "--reason", "망 복구")
    assert datetime.fromisoformat(row["next_attempt_at"]) < later


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"state": "sent"}, "outbox_not_retryable"),
        ({"state": "unsure"}, "outbox_not_retryable"),
        ({"state": "sending"}, "outbox_not_retryable"),
        ({"state": "failed", "kind": "post"}, "sotong post"),
    ],
)
def test_what_is_out_or_unsure_or_a_post_is_not_retried(database, capsys, values, says):
    one = keep(database, **values)
    assert says in told(capsys, "outbox", "retry", str(one), "--reason", "다시", code=1)
    assert state(database, one)[0] == values["state"]
    assert audit(database) == []


def test_to_a_citizen_who_has_closed_the_channel_nothing_is_retried(database, capsys):
    one = keep(database, state="failed")
    with database.transaction() as session:
        session.scalars(select(Conversation)).one().mode = "closed"
    shown = told(capsys, "outbox", "retry", str(one), "--reason", "다시", code=1)
    assert "outbox_channel_closed" in shown


@pytest.mark.parametrize(
    ("answer", "parts_done", "ids"),
    [(("--not-arrived",), 0, []), (("--arrived", "41", "--arrived", "42"), 1, ["41", "42"])],
)
def test_a_person_says_what_became_of_an_unsure_message(database, capsys, answer, parts_done, ids):
    one = keep(database, state="unsure", failure="lost while sending")
    data(capsys, "outbox", "resolve", str(one), *answer, "--reason", "대화방 확인")
    with database.reading() as session:
        row = session.get_one(Delivery, one)
        assert (row.state, row.parts_done, row.provider_ids) == ("pending", parts_done, ids)
    ((action, subject, why),) = audit(database)
    assert (action, subject) == ("outbox.resolve", f"delivery:{one}")
    assert "대화방 확인" in why


@pytest.fixture
def untold(database: Database) -> int:
    """A message to a department that failed for good."""
    city = city_with({ROAD: Way(kind="webhook", address="https://road.city.example/")})
    with database.transaction() as session:
        make_case(session, city=city, service_code=service_of(city, ROAD), what=CITIZEN)
        row = session.scalars(select(DepartmentMessage)).one()
        row.state, row.failure = "failed", "gone: 410"
        return row.id


def test_what_departments_were_not_told_is_listed_and_sent_again(database, capsys, untold):
    ref = f"department:{untold}"
    (row,) = data(capsys, "outbox", "list", "--channel", ROAD)
    assert (row["id"], row["state"], row["failure"]) == (ref, "failed", "gone: 410")
    assert CITIZEN not in json.dumps(row, ensure_ascii=False)
    assert run(["outbox", "retry", ref, "--reason", "부서가 고침"]) == 0
    with database.reading() as session:
        assert session.get_one(DepartmentMessage, untold).state == "pending"
    assert audit(database)[0][:2] == ("outbox.retry", ref)


@pytest.mark.parametrize(
    ("answer", "state"), [(["--not-arrived"], "pending"), (["--arrived", "x"], "sent")]
)
def test_a_person_says_whether_a_mail_reached_the_department(
    database, capsys, untold, answer, state
):
    with database.transaction() as session:
        session.get_one(DepartmentMessage, untold).state = "unsure"
    ref = f"department:{untold}"
    assert run(["outbox", "retry", ref, "--reason", "다시"]) == 1
    assert run(["outbox", "resolve", ref, *answer, "--reason", "전화로 확인"]) == 0
    with database.reading() as session:
        assert session.get_one(DepartmentMessage, untold).state == state


def fail(database: Database, *, age: float = 0) -> int:
    with database.transaction() as session:
        turn = make_turn(session, text=CITIZEN, now=datetime.now(UTC) - timedelta(minutes=age))
        turn.state, turn.failure, turn.attempts = "failed", "ValueError", 3
        return turn.id


def test_failed_turns_are_listed_without_a_citizens_words(database, capsys):
    assert "No message" in told(capsys, "turns", "failed")
    old, new = fail(database, age=90), fail(database)
    listed = told(capsys, "turns", "failed")
    assert "ValueError" in listed
    assert CITIZEN not in listed
    assert [row["id"] for row in data(capsys, "turns", "failed")] == [old, new]
    assert [row["id"] for row in data(capsys, "turns", "failed", "--older", "1h")] == [old]
    assert data(capsys, "turns", "failed", "--channel", "telegram") == []


def test_a_turns_words_need_a_purpose_which_is_kept(database, capsys):
    one = fail(database)
    assert CITIZEN not in told(capsys, "turns", "show", str(one))
    assert "purpose_missing" in told(capsys, "turns", "show", str(one), "--words", code=1)
    asked = ("turns", "show", str(one), "--words", "--purpose", "고장 확인")
    assert CITIZEN in told(capsys, *asked)
    assert audit(database) == [("turn.words", f"turn:{one}", "고장 확인")]


def test_a_failed_turn_goes_back_once_and_is_answered(database, capsys):
    one = fail(database)
    assert "reason_missing" in told(capsys, "turns", "retry", str(one), code=1)
    assert data(capsys, "turns", "retry", str(one), "--reason", "고침")["state"] == "received"
    again = told(capsys, "turns", "retry", str(one), "--reason", "고침", code=1)
    assert "turn_not_failed" in again
    assert audit(database) == [("turn.retry", f"turn:{one}", "고침")]
    rasa = ScriptedRasa()
    house = House(database, rasa)
    house.clock.at = datetime.now(UTC) + timedelta(seconds=5)
    try:
        house.runner.run_waiting()
        assert house.turn(one).state == "answered"
        assert house.said() == [f"답: {CITIZEN}"]
    finally:
        house.runner.stop()
        house.client.close()
        rasa.close()


def test_an_erased_turn_stays_as_it_is(database, capsys):
    one = fail(database)
    with database.transaction() as session:
        session.get_one(Turn, one).external_id = f"erased:{one}"
    assert "turn_erased" in told(capsys, "turns", "retry", str(one), "--reason", "고침", code=1)
    assert "turn_unknown" in told(capsys, "turns", "retry", "99", "--reason", "고침", code=1)
