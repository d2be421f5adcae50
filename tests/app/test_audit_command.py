"""`sotong audit` as an operator runs it: prove, show, hand out, count; and the jobs that keep it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from app.alert_rules import audit_broken, audit_unchecked, audit_unsigned
from app.audit_log import AnchorClock, cut_old_lines, verify_audit, write_anchor
from app.cli.main import run
from app.migrate import upgrade
from app.settings import Settings
from app.wiring import Parts, build_parts
from core.acting import acting_from
from core.audit import record_audit
from core.clock import KST
from core.models.vault import AuditEntry
from tests.builders import Clock

Tell = Callable[..., tuple[int, str, str]]
NOVEMBER = datetime(2026, 11, 4, 10, tzinfo=KST)


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    settings = Settings.load()
    upgrade(settings)
    parts = build_parts(settings, now=Clock(NOVEMBER))
    yield parts
    parts.close()


@pytest.fixture
def sotong(capfd: pytest.CaptureFixture[str]) -> Tell:
    def tell(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        told = capfd.readouterr()
        return code, told.out, told.err

    return tell


def look(
    parts: Parts,
    action: str = "case.read",
    *,
    actor: str = "officer:1",
    subject: str = "case:7",
    at: datetime = NOVEMBER,
    purpose: str = "",
    times: int = 1,
) -> None:
    with parts.database.transaction() as session, acting_from("192.0.2.7"):
        for _ in range(times):
            record_audit(
                session, actor=actor, action=action, subject=subject, purpose=purpose, now=at
            )


def last_line(parts: Parts) -> AuditEntry:
    with parts.database.reading() as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_verify_says_what_it_read_and_signs_the_end(parts: Parts, sotong: Tell) -> None:
    look(parts, times=3)
    code, told, _ = sotong("audit", "verify", "--json")
    data = json.loads(told)
    assert (code, data["ok"], data["lines"], data["broken"]) == (0, True, 3, None)
    code, told, _ = sotong("audit", "verify", "--quick", "--json")
    assert (code, json.loads(told)["lines"], json.loads(told)["since_id"]) == (0, 0, 3)
    code, told, _ = sotong("audit", "verify", "--full")
    assert code == 0
    assert "3 lines fit the chain, 1 signed ends fit" in told


def test_verify_names_the_first_broken_line_and_ends_with_one(parts: Parts, sotong: Tell) -> None:
    look(parts, times=4)
    with parts.database.transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(actor="officer:2"))
    code, told, _ = sotong("audit", "verify", "--json")
    data = json.loads(told)
    assert (code, data["ok"], data["broken"]["id"]) == (1, False, 2)
    assert data["broken"]["reason"] == "changed"
    assert data["broken"]["at"].startswith("2026-11-04T01:00:00")
    code, told, _ = sotong("audit", "verify")
    assert code == 1
    assert "BROKEN: line 2 of 2026-11-04T01:00:00+00:00" in told


def test_a_copy_of_the_signed_ends_finds_what_our_own_no_longer_shows(
    parts: Parts, sotong: Tell, tmp_path: Path
) -> None:
    look(parts, times=4)
    write_anchor(parts.settings, parts.database, now=NOVEMBER)
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(parts.settings.audit_anchors.read_bytes())
    parts.settings.audit_anchors.unlink()
    with parts.database.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id > 2))
    code, told, _ = sotong("audit", "verify", "--anchors", str(copy), "--json")
    assert (code, json.loads(told)["broken"]["reason"]) == (1, "missing_after")
    code, told, _ = sotong("audit", "verify", "--anchors", str(tmp_path / "none"), "--json")
    assert (code, json.loads(told)["anchor_fault"]["text"]) == (1, "there is no such file")
    copy.write_text(copy.read_text().replace('"count": 4', '"count": 2'))
    code, told, _ = sotong("audit", "verify", "--anchors", str(copy), "--json")
    assert (code, json.loads(told)["anchor_fault"]["line"]) == (1, 1)


def test_who_looks_at_the_log_leaves_a_line_in_it(parts: Parts, sotong: Tell) -> None:
    look(parts)
    code, told, _ = sotong("audit", "list", "--actor", "officer:1", "--json")
    assert (code, [row["subject"] for row in json.loads(told)]) == (0, ["case:7"])
    line = last_line(parts)
    assert (line.action, line.place, line.actor[:4]) == ("audit.read", "cli", "cli:")


def test_lines_are_found_by_day_person_and_whose_data(parts: Parts, sotong: Tell) -> None:
    look(parts)
    look(parts, "vault.reveal", subject="conversation:12:phone:3", at=NOVEMBER + timedelta(days=1))
    look(parts, actor="officer:2", subject="case:8", at=NOVEMBER + timedelta(days=2))

    def ids(*options: str) -> list[int]:
        code, told, err = sotong("audit", "list", "--json", *options)
        assert code == 0, err
        return [row["id"] for row in json.loads(told) if row["action"] != "audit.read"]

    assert ids() == [3, 2, 1]
    assert ids("--from", "2026-11-05") == [3, 2]
    assert ids("--from", "2026-11-05", "--to", "2026-11-05") == [2]
    assert ids("--to", "2026-11-05T00:00") == [1]
    assert ids("--subject", "conversation:12") == [2]
    assert ids("--subject", "case:8") == [3]
    assert ids("--actor", "officer:2") == [3]
    assert ids("--action", "vault") == [2]
    code, _, err = sotong("audit", "list", "--from", "gestern")
    assert code == 2
    assert "write it like 2026-11-01" in err


def test_an_export_needs_a_reason_and_tells_of_itself(parts: Parts, sotong: Tell) -> None:
    look(parts, purpose="=1+1")
    assert sotong("audit", "export")[0] == 2
    assert sotong("audit", "export", "--reason", "  ")[0] == 2
    code, told, _ = sotong(
        "audit", "export", "--reason", "감사 자료 제출", "--actor", "officer:1", "--csv"
    )
    assert code == 0
    rows = list(csv.reader(io.StringIO(told.removeprefix("\ufeff"))))
    assert rows[0][:5] == ["번호", "접속일시", "계정", "이름", "접속지"]
    assert (rows[1][2], rows[1][4], rows[1][9]) == ("officer:1", "192.0.2.7", "'=1+1")
    line = last_line(parts)
    assert (line.action, line.purpose) == ("audit.export", "감사 자료 제출")
    code, told, _ = sotong("audit", "export", "--reason", "점검")
    lines = [json.loads(each) for each in told.splitlines()]
    assert [each["action"] for each in lines] == ["case.read", "audit.export", "audit.export"]


def test_the_monthly_report_counts_by_person_and_marks_what_is_unusual(
    parts: Parts, sotong: Tell
) -> None:
    look(parts, "officer.sign_in", subject="officer:1")
    for day in range(5):
        look(parts, at=NOVEMBER + timedelta(days=day), times=2)
    look(
        parts,
        "vault.reveal",
        subject="conversation:3:phone:1",
        at=datetime(2026, 11, 19, 23, tzinfo=KST),
        times=25,
    )
    look(parts, at=datetime(2026, 11, 21, 10, tzinfo=KST))  # a Saturday
    look(parts, "officer.sign_in_refused", actor="anonymous", subject="officer:2", times=6)
    look(parts, "officer.sign_in_refused", actor="anonymous", subject="login:unknown", times=7)
    look(parts, "audit.export", subject="audit:all", actor="cli:ops")
    look(parts, at=datetime(2026, 12, 1, 0, 0, tzinfo=KST))
    code, told, _ = sotong("audit", "report", "--month", "2026-11", "--json")
    data = json.loads(told)
    by_actor = {each["actor"]: each for each in data["actors"]}
    first = by_actor["officer:1"]
    assert (code, data["month"], data["refused_unknown"]) == (0, "2026-11", 7)
    assert (first["sign_ins"], first["reads"], first["reveals"]) == (1, 11, 25)
    assert (first["at_night"], first["days_off"]) == (25, 1 + 4)  # 7 and 8 November, too
    assert first["unusual_days"] == [{"day": "2026-11-19", "looks": 25}]
    assert by_actor["officer:2"]["refused"] == 6
    assert by_actor["cli:ops"]["exports"] == 1
    code, told, _ = sotong("audit", "report", "--month", "2026-11")
    assert "접속기록 월간 점검표 — 2026년 11월" in told
    assert "11월 19일 하루에 25건을 보았습니다" in told
    assert sotong("audit", "report", "--month", "2026-13")[0] == 2


def test_operators_are_reminded_of_a_month_that_nobody_checked(parts: Parts, sotong: Tell) -> None:
    look(parts)
    assert isinstance(parts.now, Clock)
    parts.now.at = datetime(2026, 12, 4, 23, tzinfo=KST)
    assert audit_unchecked(parts) is None
    parts.now.at = datetime(2026, 12, 5, 9, tzinfo=KST)
    problem = audit_unchecked(parts)
    assert problem is not None
    assert "2026-11" in problem.text
    look(parts, "audit.report", actor="cli:ops", subject="audit:2026-11", at=parts.now())
    assert audit_unchecked(parts) is None


def test_operators_are_told_of_a_broken_log_and_of_ends_that_nobody_signs(parts: Parts) -> None:
    look(parts, times=3)
    assert isinstance(parts.now, Clock)
    assert audit_broken(parts) is None
    assert audit_unsigned(parts) is None
    parts.now.forward(hours=3)
    problem = audit_unsigned(parts)
    assert problem is not None
    write_anchor(parts.settings, parts.database, now=parts.now())
    assert audit_unsigned(parts) is None
    with parts.database.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == 3))
    problem = audit_broken(parts)
    assert problem is not None
    assert "2번 줄" in problem.text


def test_the_worker_signs_an_end_every_so_many_minutes(parts: Parts) -> None:
    assert isinstance(parts.now, Clock)
    clock = AnchorClock(parts.settings, parts.database, now=parts.now)

    def ends() -> int:
        path = parts.settings.audit_anchors
        return len(path.read_text().splitlines()) if path.exists() else 0

    clock.look()
    assert ends() == 0
    for minutes, expected in ((5, 0), (6, 1), (9, 1), (2, 2)):
        look(parts)
        parts.now.forward(minutes=minutes)
        clock.look()
        assert ends() == expected


def test_lines_are_kept_as_long_as_the_settings_say(parts: Parts) -> None:
    look(parts, times=3)
    look(parts, at=NOVEMBER + timedelta(days=300))
    settings = parts.settings.model_copy(update={"audit_years": 1})
    now = NOVEMBER + timedelta(days=400)
    assert cut_old_lines(parts.settings, parts.database, now=now) == 0
    assert cut_old_lines(settings, parts.database, now=now) == 1
    with parts.database.reading() as session:
        assert list(session.scalars(select(AuditEntry.id))) == [4, 5]
    assert verify_audit(settings, parts.database).ok
    write_anchor(settings, parts.database, now=now)
    assert verify_audit(settings, parts.database).ok
