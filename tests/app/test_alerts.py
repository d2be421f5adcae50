"""Operators are told once when trouble begins, again while it lasts, once when it is over, by one process."""

from __future__ import annotations

import json
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from sqlalchemy import select

from app.alert_rules import RULES, Rule, certificate_ends
from app.alerts import AlertWatch
from app.backup import STAMP
from app.cli.main import run
from app.doctor_findings import Verdict
from app.doctor_operations import look_at_operations
from app.operations import make_operations
from app.operators import MailOperators
from app.settings import Settings, SettingsError
from app.wiring import Parts, build_parts
from core.alerts import Problem, list_alerts
from core.audit import record_audit
from core.deliveries import enqueue
from core.errors import TemporaryFailure
from core.leases import hold_lease
from core.models import AuditEntry
from core.models.base import Base
from core.replies import Reply
from tests.app.test_health import HealthyRasa
from tests.builders import Clock, make_conversation, make_turn, sample_city
from tests.peers.telegram_sim import TelegramSim
from tests.ports import free_port
from tests.stack import wait_until

WORDS = "골목이 캄캄해요"


class Chat:
    """Operators' chat in memory."""

    name = "chat"

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.broken = False

    def send(self, *, title: str, text: str) -> None:
        if self.broken:
            raise TemporaryFailure("away")
        self.heard.append(f"{title}\n{text}")

    def close(self) -> None:
        pass

    def kinds(self) -> list[str]:
        return [words.partition("]")[0].removeprefix("[소통 ") for words in self.heard]


def parts_of(folder: Path, clock: Clock, **settings: object) -> Parts:
    values = {"environment": "test", "var_dir": folder, **settings}
    parts = build_parts(Settings.load(**values), now=clock)
    Base.metadata.create_all(parts.database.engine)
    return parts


@pytest.fixture(autouse=True)
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the city anew each time would take longer than the test."""
    monkeypatch.setattr("app.wiring.load_city", lambda *_, **__: sample_city())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def parts(tmp_path, clock):
    parts = parts_of(tmp_path, clock)
    yield parts
    parts.close()


class Trouble:
    """A rule that says what it is told to say."""

    def __init__(self) -> None:
        self.wrong = False
        self.asked = 0
        self.error: Exception | None = None

    def __call__(self, parts: Parts) -> Problem | None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return Problem("물이 샙니다.", "잠그세요.") if self.wrong else None


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def chat() -> Chat:
    return Chat()


def watch_of(parts, trouble, chat, *, holder: str = "one", **rule: timedelta) -> AlertWatch:
    return AlertWatch(
        parts, lambda: [chat], rules=[Rule("leak", "누수", trouble, **rule)], holder=holder
    )


def test_it_is_told_when_it_begins_again_while_it_lasts_and_when_it_is_over(
    parts, clock, trouble, chat
):
    watch = watch_of(parts, trouble, chat)
    watch.look()
    assert chat.heard == []
    trouble.wrong = True
    for _ in range(10):
        watch.look()
        clock.forward(seconds=30)
    assert chat.heard == [
        "[소통 장애] 누수\n무엇: 물이 샙니다.\n언제부터: 2026-05-04 10:00\n할 일: 잠그세요."
    ]
    clock.forward(hours=6)
    watch.look()
    watch.look()
    assert chat.kinds() == ["장애", "장애 계속"]
    trouble.wrong = False
    for _ in range(20):
        clock.forward(seconds=30)
        watch.look()
    assert chat.kinds() == ["장애", "장애 계속", "복구"]
    assert "2026-05-04 10:00부터" in chat.heard[-1]
    with parts.database.reading() as session:
        assert list_alerts(session) == []


def test_what_comes_and_goes_is_told_once(parts, clock, trouble, chat):
    watch = watch_of(parts, trouble, chat)
    for number in range(60):
        trouble.wrong = number % 2 == 0
        watch.look()
        clock.forward(seconds=60)
    assert chat.kinds() == ["장애"]


def test_what_passes_by_itself_is_not_told(parts, clock, trouble, chat):
    watch = watch_of(parts, trouble, chat, patience=timedelta(minutes=2))
    for wrong in (True, True, False, True, True):
        trouble.wrong = wrong
        watch.look()
        clock.forward(seconds=60)
    assert chat.heard == []
    trouble.wrong = True
    watch.look()
    assert chat.kinds() == ["장애"]


def test_a_restart_does_not_tell_again(parts, clock, trouble, chat):
    trouble.wrong = True
    for holder in ("one", "two", "three"):
        watch_of(parts, trouble, chat, holder=holder).look()
        clock.forward(minutes=3)
    assert chat.kinds() == ["장애"]


def test_of_two_processes_one_looks_and_the_other_takes_over_when_it_dies(
    parts, clock, trouble, chat
):
    one = watch_of(parts, trouble, chat)
    two = watch_of(parts, trouble, chat, holder="two")
    for _ in range(5):
        one.look()
        two.look()
        clock.forward(seconds=30)
    assert trouble.asked == 5
    trouble.wrong = True
    clock.forward(seconds=91)
    two.look()
    assert chat.kinds() == ["장애"]


def test_who_is_not_reached_is_told_at_the_next_look(parts, clock, trouble, chat):
    watch = watch_of(parts, trouble, chat)
    trouble.wrong = chat.broken = True
    watch.look()
    chat.broken = False
    watch.look()
    watch.look()
    assert chat.kinds() == ["장애"]


def test_a_rule_that_breaks_keeps_no_other_from_looking(parts, trouble, chat, caplog):
    broken = Trouble()
    broken.error = ValueError(WORDS)
    trouble.wrong = True
    rules = [Rule("broken", "고장", broken), Rule("leak", "누수", trouble)]
    AlertWatch(parts, lambda: [chat], rules=rules).look()
    assert chat.kinds() == ["장애"]
    assert "ValueError" in caplog.text
    assert WORDS not in caplog.text


def test_a_costly_rule_is_asked_seldom_and_its_trouble_lasts_meanwhile(parts, clock, trouble, chat):
    watch = watch_of(parts, trouble, chat, every=timedelta(hours=1))
    trouble.wrong = True
    for _ in range(100):
        watch.look()
        clock.forward(seconds=30)
    assert trouble.asked == 1
    assert chat.kinds() == ["장애"]


def test_a_lost_database_is_told_by_who_watches(tmp_path, clock, trouble, chat):
    parts = parts_of(tmp_path, clock)
    watch = watch_of(parts, trouble, chat)
    broken = threading.Event()
    original = parts.database.transaction

    def transaction(*, durable: bool = True):
        if broken.is_set():
            raise TemporaryFailure("the database is busy or out of reach")
        return original(durable=durable)

    parts.database.transaction = transaction  # type: ignore[method-assign]
    broken.set()
    for _ in range(10):
        watch.look()
        clock.forward(seconds=30)
    assert chat.kinds() == ["장애"]
    assert "데이터베이스" in chat.heard[0]
    broken.clear()
    watch.look()
    assert chat.kinds() == ["장애", "복구"]
    parts.close()


def test_without_operators_nobody_looks(parts, trouble):
    AlertWatch(parts, list, rules=[Rule("leak", "누수", trouble)]).look()
    assert trouble.asked == 0


def rule_says(parts: Parts, name: str) -> str | None:
    rule = next(rule for rule in RULES if rule.name == name)
    problem = rule.look(parts)
    return None if problem is None else problem.text


def make_delivery(session, clock, **values):
    row = enqueue(
        session,
        conversation=make_conversation(session),
        reply=Reply(WORDS),
        kind="reply",
        dedupe_key=f"key {values}",
        now=clock(),
    )
    for name, value in values.items():
        setattr(row, name, value)


def test_old_messages_failed_turns_and_unsure_deliveries_are_trouble(parts, clock):
    names = ("old_turn", "old_delivery", "failed_turns", "unsure_deliveries")
    assert [rule_says(parts, name) for name in names] == [None] * 4
    with parts.database.transaction() as session:
        make_turn(session, text=WORDS)
        make_turn(session, text=WORDS).state = "failed"
        make_delivery(session, clock)
        make_delivery(session, clock, state="unsure")
        make_delivery(session, clock, priority=1)
    assert rule_says(parts, "old_turn") is None
    clock.forward(minutes=12)
    said = [rule_says(parts, name) for name in names]
    assert [any(number in str(text) for number in ("12분", "1건")) for text in said] == [True] * 4
    assert WORDS not in str(said)
    clock.forward(days=2)
    assert rule_says(parts, "failed_turns") is None


def test_a_worker_that_shows_no_life_is_trouble(parts, clock):
    assert rule_says(parts, "worker_lost") is not None
    with parts.database.transaction() as session:
        hold_lease(session, name="worker", holder="x", now=clock(), lasts=timedelta(seconds=90))
    assert rule_says(parts, "worker_lost") is None
    clock.forward(seconds=91)
    assert rule_says(parts, "worker_lost") is not None


def test_silent_neighbours_and_a_full_disk_are_trouble(tmp_path, clock):
    parts = parts_of(
        tmp_path,
        clock,
        rasa_port=free_port(),
        actions_port=free_port(),
        alert_disk_mb=10**9,
    )
    assert rule_says(parts, "rasa_down")
    assert rule_says(parts, "actions_down")
    assert "MB" in str(rule_says(parts, "disk_low"))
    parts.close()


def test_one_silent_rasa_of_several_is_trouble_and_is_named(tmp_path, clock):
    well, silent = HealthyRasa(), f"http://127.0.0.1:{free_port()}"
    try:
        parts = parts_of(tmp_path, clock, rasa_url=f"{well.url},{silent}")
        said = str(rule_says(parts, "rasa_down"))
        assert silent in said
        assert well.url not in said
        parts.close()
        parts = parts_of(tmp_path, clock, rasa_url=f"{well.url},{well.url}")
        assert rule_says(parts, "rasa_down") is None
        parts.close()
    finally:
        well.close()


def test_a_broken_audit_chain_is_trouble_and_names_the_line(parts, clock):
    with parts.database.transaction() as session:
        record_audit(session, actor="x", action="look", subject="y", now=clock())
    assert rule_says(parts, "audit_broken") is None
    with parts.database.transaction() as session:
        session.scalars(select(AuditEntry)).one().actor = "z"
    assert "1번" in str(rule_says(parts, "audit_broken"))


def test_an_old_backup_is_trouble_and_none_only_in_production(parts, clock):
    assert rule_says(parts, "backup_old") is None
    (parts.settings.var_dir / STAMP).write_text(json.dumps({"at": clock().isoformat()}))
    assert rule_says(parts, "backup_old") is None
    clock.forward(hours=30)
    assert "30시간" in str(rule_says(parts, "backup_old"))


def test_a_token_that_telegram_refuses_is_trouble_and_silence_is_not(tmp_path, clock):
    with TelegramSim() as sim:
        good = parts_of(tmp_path / "a", clock, telegram_token=sim.token, telegram_api_url=sim.url)
        assert rule_says(good, "telegram_token") is None
        dead = parts_of(
            tmp_path / "b", clock, telegram_token="123456789:" + "x" * 35, telegram_api_url=sim.url
        )
        assert "401" in str(rule_says(dead, "telegram_token"))
        lost = parts_of(
            tmp_path / "c",
            clock,
            telegram_token=sim.token,
            telegram_api_url=f"http://127.0.0.1:{free_port()}",
        )
        assert rule_says(lost, "telegram_token") is None
        for each in (good, dead, lost):
            each.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_a_certificate_that_ends_soon_is_trouble(tmp_path, clock, authority, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=clock() + timedelta(days=30)).configure_cert(
        context
    )
    smtp = Controller(object(), hostname="127.0.0.1", port=free_port(), ssl_context=context)
    smtp.start()
    try:
        address = f"127.0.0.1:{smtp.port}"
        parts = parts_of(tmp_path, clock, alert_certificate=address)
        assert certificate_ends("127.0.0.1", smtp.port) == clock() + timedelta(days=30)
        assert rule_says(parts, "certificate") is None
        clock.forward(days=20)
        assert "10일" in str(rule_says(parts, "certificate"))
    finally:
        smtp.stop()
    assert "읽을 수 없습니다" in str(rule_says(parts, "certificate"))
    parts.close()


class Mailbox:
    """Keeps what a mail server is given."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


def mail_settings(tmp_path, port: int, tls: str) -> Settings:
    return Settings.load(
        environment="test",
        var_dir=tmp_path,
        operators_mail="one@city.test, two@city.test",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_tls=tls,
        mail_from="sotong@city.test",
    )


@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
def test_operators_are_told_by_mail(tmp_path, authority, tls):
    box, server = Mailbox(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    ways = {"none": {}, "starttls": {"tls_context": server}, "tls": {"ssl_context": server}}
    smtp = Controller(box, hostname="127.0.0.1", port=free_port(), **ways[tls])
    smtp.start()
    try:
        trusted = ssl.create_default_context()
        authority.configure_trust(trusted)
        settings = mail_settings(tmp_path, smtp.port, tls)
        MailOperators(settings, context=trusted).send(title="[소통 장애] 누수", text="물이 샙니다.")
        if tls != "none":
            with pytest.raises(TemporaryFailure, match="SSL"):
                MailOperators(settings).send(title="x", text="y")
    finally:
        smtp.stop()
    ((to, content),) = box.mails
    assert to == ["one@city.test", "two@city.test"]
    assert "utf-8" in content


def test_a_mail_server_that_is_away_is_a_passing_failure(tmp_path):
    settings = mail_settings(tmp_path, free_port(), "none")
    with pytest.raises(TemporaryFailure):
        MailOperators(settings).send(title="x", text="y")


def test_operators_are_told_in_telegram_and_the_command_tries_each_way(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    assert run(["alerts", "test"]) == 1
    assert "nobody is told" in capsys.readouterr().err
    monkeypatch.setenv("SOTONG_OPERATORS_TELEGRAM_CHAT", "77")
    assert run(["alerts", "test"]) == 1
    assert "SOTONG_TELEGRAM_TOKEN" in capsys.readouterr().err
    with TelegramSim() as sim:
        monkeypatch.setenv("SOTONG_TELEGRAM_TOKEN", sim.token)
        monkeypatch.setenv("SOTONG_TELEGRAM_API_URL", sim.url)
        assert run(["alerts", "test"]) == 1
        assert "fail  telegram" in capsys.readouterr().out
        operators = sim.group(77)
        assert run(["alerts", "test"]) == 0
        assert "ok    telegram: sent" in capsys.readouterr().out
        assert "시험" in operators.last.text


def test_the_list_shows_what_is_wrong(parts, clock, trouble, chat, monkeypatch, capsys):
    monkeypatch.setenv("SOTONG_VAR_DIR", str(parts.settings.var_dir))
    assert run(["alerts", "list"]) == 0
    assert "Nothing is wrong" in capsys.readouterr().out
    trouble.wrong = True
    watch_of(parts, trouble, chat).look()
    assert run(["alerts", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["told"], row["text"]) == ("leak", 1, "물이 샙니다.")


def test_the_doctor_looks_at_alerts_and_backups(tmp_path):
    settings = Settings.load(environment="test", var_dir=tmp_path)

    def found(**changed: object) -> dict[str, Verdict]:
        looked = look_at_operations(settings.model_copy(update=changed))
        return {finding.name: finding.verdict for finding in looked}

    assert found() == {"alerts": Verdict.OK, "backup": Verdict.OK}
    production = found(environment="production")
    assert production == {"alerts": Verdict.WARN, "backup": Verdict.FAIL}
    assert found(operators_mail="a@city.test")["alerts"] is Verdict.FAIL
    old = {"at": "2020-01-01T00:00:00+00:00"}
    (tmp_path / STAMP).write_text(json.dumps(old))
    assert found()["backup"] is Verdict.WARN
    assert found(backup_hours=0)["backup"] is Verdict.OK


@pytest.mark.parametrize(
    ("name", "value"), [("operators_mail", "not an address"), ("operators_telegram_chat", "@x y")]
)
def test_an_operator_who_cannot_be_reached_is_refused(name, value):
    with pytest.raises(SettingsError, match=name.upper()):
        Settings.load(environment="test", **{name: value})


def test_every_rule_has_words_for_operators_and_its_own_name():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.title and rule.look.__doc__ for rule in RULES)


def test_the_workers_own_clock_shows_that_it_lives_and_looks_for_trouble(tmp_path, chat):
    operations = make_operations(
        Settings.load(environment="test", var_dir=tmp_path), process="worker"
    )
    parts = operations.parts
    Base.metadata.create_all(parts.database.engine)
    jobs = {job.__name__: job for job, _ in operations.jobs()}
    assert rule_says(parts, "worker_lost") is not None
    jobs["beat"]()
    jobs["alerts"]()
    assert rule_says(parts, "worker_lost") is None
    assert operations.beat.age() is not None
    operations.close()
    parts.close()


def test_the_internal_app_looks_in_a_thread_of_its_own(parts, trouble, chat, monkeypatch):
    monkeypatch.setattr("app.alerts.LOOK_EVERY", 0.01)
    trouble.wrong = True
    watch = watch_of(parts, trouble, chat)
    watch.start()
    try:
        wait_until(lambda: chat.heard, what="a look")
    finally:
        watch.close()
    assert chat.kinds() == ["장애"]
