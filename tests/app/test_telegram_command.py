"""`sotong telegram`, the doctor's and the demo's word on Telegram: what an operator sees, which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run
from app.clock import utc_now
from app.demo_telegram import SECONDS, ask_for_bot
from app.doctor_findings import Verdict
from app.doctor_telegram import look_at_telegram
from app.migrate import upgrade
from app.settings import Settings
from bots.telegram_polling import LEASE_NAME
from core.database import Database
from core.leases import drop_lease, hold_lease
from tests.peers.telegram_sim import TelegramSim
from tests.ports import free_port

URL = "https://bot.city.example/telegram/webhook"
SECRET = "a-secret-of-32-letters-and-more_"
Tell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TelegramSim]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    with TelegramSim(privacy_mode=True, require_https=True) as sim:
        monkeypatch.setenv("SOTONG_TELEGRAM_TOKEN", sim.token)
        monkeypatch.setenv("SOTONG_TELEGRAM_API_URL", sim.url)
        monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
        yield sim
        assert sim.violations == []


@pytest.fixture
def telegram(sim: TelegramSim, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Runs `sotong telegram …`: exit code, output, errors; neither token nor secret is in them."""

    def tell(*words: str) -> tuple[int, str, str]:
        code = run(["telegram", *words])
        told = capsys.readouterr()
        for shown in (told.out, told.err):
            assert sim.token not in shown
            assert sim.token.partition(":")[2] not in shown
            assert SECRET not in shown
        assert "Traceback" not in told.err
        return code, told.out, told.err

    return tell


@pytest.fixture
def by_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTONG_TELEGRAM_WEBHOOK_URL", URL)
    monkeypatch.setenv("SOTONG_TELEGRAM_WEBHOOK_SECRET", SECRET)


def settings_of(sim: TelegramSim, **changed: Any) -> Settings:
    return Settings.load(environment="test", **changed)


# ---- sotong telegram ----------------------------------------------------------------------------


def test_help_loads_no_telegram_library():
    code = (
        "import sys; from app.cli.main import run; run(['telegram', 'setup', '--help']); "
        "print(sorted({'telegram', 'httpx', 'sqlalchemy', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["setup", "check"])
def test_without_a_token_one_sentence_says_where_to_get_one(
    capsys: pytest.CaptureFixture[str], command: str
):
    assert run(["telegram", command]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "@BotFather" in told.err
    assert "SOTONG_TELEGRAM_TOKEN" in told.err


def test_set_up_says_each_step_and_then_that_all_is_so(telegram: Tell):
    code, out, err = telegram("setup")
    assert (code, err) == (0, "")
    assert "https://t.me/sotong_test_bot" in out
    assert out.splitlines()[-1].startswith("8 steps, 6 changed")
    code, out, _ = telegram("setup")
    assert code == 0
    assert out.splitlines()[-1].startswith("8 steps, 0 changed")


@pytest.mark.usefixtures("by_webhook")
def test_set_up_and_check_agree_on_a_webhook(sim: TelegramSim, telegram: Tell):
    assert telegram("check")[0] == 1
    assert telegram("setup")[0] == 0
    assert sim.updates.webhook is not None
    assert sim.updates.webhook.secret == SECRET
    code, out, _ = telegram("check")
    assert code == 0
    assert "0 problem(s), 0 to look at" in out.splitlines()[-1]


def test_a_warning_is_no_failure(sim: TelegramSim, telegram: Tell):
    telegram("setup")
    sim.world.reads_all = True
    code, out, _ = telegram("check")
    assert code == 0
    assert "warning privacy_mode: " in out


@pytest.mark.usefixtures("by_webhook")
def test_both_speak_json(telegram: Tell):
    code, out, _ = telegram("check", "--json")
    data = json.loads(out)
    assert (code, data["ok"]) == (1, False)
    assert {found["level"] for found in data["findings"]} <= {"ok", "warning", "problem"}
    assert all(set(found) == {"code", "level", "text"} for found in data["findings"])
    code, out, _ = telegram("setup", "--json")
    data = json.loads(out)
    assert (code, data["ok"], data["problem"]) == (0, True, "")
    assert {"code": "bot", "changed": False}.items() <= data["done"][0].items()
    assert json.loads(telegram("check", "--json")[1])["ok"] is True


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (lambda sim: sim.fail("getMe", 401), "does not accept the token"),
        (lambda sim: sim.fail("getMe", 429, retry_after=17), "a pause of 17 s"),
        (lambda sim: setattr(sim, "down", True), "does not answer"),
        (lambda sim: sim.fail("getMe", 502), "does not answer"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_failure(
    sim: TelegramSim, telegram: Tell, fault: Callable[[TelegramSim], None], expected: str
):
    fault(sim)
    code, out, err = telegram("setup")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert err.startswith("sotong: ")
    assert expected in err
    fault(sim)
    code, out, _ = telegram("check")
    assert code == 1
    assert expected in out


def test_a_set_up_that_stops_half_way_tells_what_was_done(sim: TelegramSim, telegram: Tell):
    sim.fail("setMyDescription", 429, retry_after=17)
    code, out, _ = telegram("setup", "--json")
    data = json.loads(out)
    assert (code, data["ok"]) == (1, False)
    assert "17 s" in data["problem"]
    assert [step["code"] for step in data["done"]] == ["bot", "webhook", "commands"]


def test_a_machine_without_a_way_out_is_told_so(
    sim: TelegramSim, telegram: Tell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOTONG_TELEGRAM_API_URL", f"http://127.0.0.1:{free_port()}")
    code, _, err = telegram("setup")
    assert code == 1
    assert "SOTONG_TELEGRAM_API_URL" in err


def test_a_webhook_without_a_secret_is_a_wrong_configuration(
    sim: TelegramSim, telegram: Tell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOTONG_TELEGRAM_WEBHOOK_URL", URL)
    code, _, err = telegram("setup")
    assert code == 2
    assert "SOTONG_TELEGRAM_WEBHOOK_SECRET" in err
    assert sim.requests == []


# ---- sotong doctor ------------------------------------------------------------------------------


def test_the_doctor_says_off_without_a_token(tmp_path: Path):
    found = look_at_telegram(Settings.load(environment="test", var_dir=tmp_path))
    assert found.verdict is Verdict.OK
    assert "off" in found.text


def test_the_doctor_wants_somebody_to_poll(sim: TelegramSim):
    settings = settings_of(sim)
    found = look_at_telegram(settings)
    assert found.verdict is Verdict.WARN
    assert "no worker runs" in found.text
    assert not (settings.var_dir / "sotong.db").exists()
    settings.heartbeat_file.parent.mkdir(parents=True, exist_ok=True)
    settings.heartbeat_file.write_text(json.dumps({"at": utc_now().isoformat(), "pid": 1}))
    assert look_at_telegram(settings).verdict is Verdict.FAIL
    upgrade(settings)
    database = Database(settings.database_url)
    with database.transaction() as session:
        lasts = timedelta(seconds=45)
        hold_lease(session, name=LEASE_NAME, holder="a", now=utc_now(), lasts=lasts)
    found = look_at_telegram(settings)
    assert found.verdict is Verdict.OK
    assert "@sotong_test_bot, polling" in found.text
    with database.transaction() as session:
        drop_lease(session, name=LEASE_NAME, holder="a", now=utc_now())
    database.dispose()
    assert look_at_telegram(settings).verdict is Verdict.FAIL


@pytest.mark.usefixtures("by_webhook")
def test_the_doctor_wants_the_webhook_set(sim: TelegramSim, telegram: Tell):
    found = look_at_telegram(settings_of(sim))
    assert found.verdict is Verdict.FAIL
    assert "sotong telegram setup" in found.text
    telegram("setup")
    found = look_at_telegram(settings_of(sim))
    assert found.verdict is Verdict.OK
    assert "webhook" in found.text


def test_the_doctor_names_a_webhook_that_takes_a_polling_bot_s_updates(
    sim: TelegramSim, telegram: Tell, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setenv("SOTONG_TELEGRAM_WEBHOOK_URL", URL)
        patch.setenv("SOTONG_TELEGRAM_WEBHOOK_SECRET", SECRET)
        telegram("setup")
    found = look_at_telegram(settings_of(sim))
    assert found.verdict is Verdict.FAIL
    assert "sotong telegram setup" in found.advice


def test_the_doctor_does_not_wait_for_a_telegram_that_hangs(
    sim: TelegramSim, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.doctor_telegram.SECONDS", 0.2)
    sim.delay("getMe", 5.0)
    began = time.monotonic()
    found = look_at_telegram(settings_of(sim))
    assert time.monotonic() - began < 4
    assert found.verdict is Verdict.FAIL
    assert sim.token not in found.text + found.advice


# ---- make demo ----------------------------------------------------------------------------------


def test_the_demo_says_which_bot_it_serves_and_how(sim: TelegramSim):
    assert ask_for_bot(settings_of(sim))() == "https://t.me/sotong_test_bot (polling)"
    by_webhook = {"telegram_webhook_url": URL, "telegram_webhook_secret": SECRET}
    assert ask_for_bot(settings_of(sim, **by_webhook))().endswith("(webhook)")


def test_the_demo_says_off_without_a_token(tmp_path: Path):
    settings = Settings.load(environment="test", var_dir=tmp_path)
    assert ask_for_bot(settings)() == "off (set SOTONG_TELEGRAM_TOKEN)"


def test_the_demo_never_waits_longer_than_two_seconds_for_telegram(sim: TelegramSim):
    sim.delay("getMe", 5.0)
    began = time.monotonic()
    line = ask_for_bot(settings_of(sim))
    assert time.monotonic() - began < 0.5
    assert line() == "not reached yet (polling)"
    assert time.monotonic() - began < SECONDS + 1


def test_the_demo_says_that_a_token_is_not_accepted_and_goes_on(sim: TelegramSim):
    sim.fail("getMe", 401)
    assert "SOTONG_TELEGRAM_TOKEN is not accepted" in ask_for_bot(settings_of(sim))()
