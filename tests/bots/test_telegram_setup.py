"""Rules of setting the Telegram bot up and of checking it, against a simulated Telegram."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.city_files import load_city
from app.settings import project_root
from bots.telegram_check import Finding, Level, check, webhook_findings
from bots.telegram_client import TelegramClient
from bots.telegram_polling import ALLOWED_UPDATES
from bots.telegram_setup import Done, set_up
from bots.telegram_state import Webhook, explain, read_bot, wanted_profile
from core.errors import PermanentFailure, RateLimited, SotongError
from core.texts import Texts
from tests.peers.telegram_bot import Receiver
from tests.peers.telegram_sim import TelegramSim
from tests.ports import free_port

URL = "https://bot.city.example/telegram/webhook"
SECRET = "a-secret-of-32-letters-and-more_"
CITY = "서울특별시"
NOW = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def texts() -> Texts:
    return load_city(project_root() / "city").texts


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramSim]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    with TelegramSim(privacy_mode=True, require_https=True) as sim:
        yield sim
        assert sim.violations == []


@pytest.fixture
def client(sim: TelegramSim) -> Iterator[TelegramClient]:
    client = TelegramClient(token=sim.token, api_url=sim.url)
    yield client
    client.close()


@pytest.fixture
def webhook(client: TelegramClient, texts: Texts) -> Callable[..., list[Done]]:
    def run(**changed: Any) -> list[Done]:
        given = {"texts": texts, "city": CITY, "webhook_url": URL, "webhook_secret": SECRET}
        return set_up(client, **{**given, **changed})

    return run


@pytest.fixture
def polling(webhook: Callable[..., list[Done]]) -> Callable[..., list[Done]]:
    def run(**changed: Any) -> list[Done]:
        return webhook(webhook_url="", webhook_secret="", **changed)

    return run


@pytest.fixture
def findings(client: TelegramClient, texts: Texts) -> Callable[..., dict[str, Finding]]:
    def run(**changed: Any) -> dict[str, Finding]:
        given = {"texts": texts, "city": CITY, "webhook_url": "", "now": datetime.now(UTC)}
        return {found.code: found for found in check(client, **{**given, **changed})}

    return run


def changes(sim: TelegramSim) -> list[str]:
    with_effect = ("set", "delete", "logOut", "close")
    return [call.method for call in sim.requests if call.method.startswith(with_effect)]


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def hook_of(**changed: Any) -> Webhook:
    given = {
        "url": URL,
        "pending": 0,
        "allowed_updates": ALLOWED_UPDATES,
        "max_connections": 40,
        "failed_at": None,
        "failed_with": "",
    }
    return Webhook(**{**given, **changed})


# ---- set up -------------------------------------------------------------------------------------


def test_a_webhook_is_set_with_its_secret_and_only_the_kinds_that_we_read(
    sim: TelegramSim, webhook: Callable[..., list[Done]]
):
    webhook()
    (call,) = sim.calls("setWebhook")
    assert call.params["url"] == URL
    assert call.params["secret_token"] == SECRET
    assert call.params["allowed_updates"] == list(ALLOWED_UPDATES)
    assert call.params["max_connections"] == 40


def test_the_profile_is_korean_for_everybody_and_for_readers_of_korean(
    sim: TelegramSim, webhook: Callable[..., list[Done]]
):
    webhook()
    for method in ("setMyCommands", "setMyDescription", "setMyShortDescription"):
        languages = [call.params.get("language_code") for call in sim.calls(method)]
        assert sorted(language or "" for language in languages) == ["", "ko"]
    commands = sim.calls("setMyCommands")[0].params["commands"]
    assert [one["command"] for one in commands] == ["start", "help", "cancel"]
    assert commands[1]["description"] == "도움말"
    assert CITY in sim.calls("setMyDescription")[0].params["description"]


def test_a_second_run_changes_nothing_and_says_only_the_secret_again(
    sim: TelegramSim, webhook: Callable[..., list[Done]]
):
    first = webhook()
    assert {step.code for step in first if step.changed} == {
        *("webhook", "commands", "description", "short_description")
    }
    sim.requests.clear()
    second = webhook()
    assert not any(step.changed for step in second)
    assert changes(sim) == ["setWebhook"]


def test_a_new_secret_reaches_telegram_with_the_next_run(
    sim: TelegramSim, webhook: Callable[..., list[Done]]
):
    webhook()
    webhook(webhook_secret=SECRET[::-1])
    assert sim.updates.webhook is not None
    assert sim.updates.webhook.secret == SECRET[::-1]


def test_only_the_text_that_changed_is_set_again(
    sim: TelegramSim, polling: Callable[..., list[Done]], texts: Texts
):
    polling()
    sim.requests.clear()
    other = Texts({**texts.entries, "telegram_short_description": "{city} 안내봇"})
    steps = polling(texts=other)
    assert changes(sim) == ["setMyShortDescription"] * 2
    assert {step.code for step in steps if step.changed} == {"short_description"}


def test_polling_ends_a_webhook_and_leaves_alone_where_there_is_none(
    sim: TelegramSim, webhook: Callable[..., list[Done]], polling: Callable[..., list[Done]]
):
    webhook()
    polling()
    polling()
    assert len(sim.calls("deleteWebhook")) == 1
    assert sim.updates.webhook is None


def test_what_waits_is_never_dropped(
    sim: TelegramSim, webhook: Callable[..., list[Done]], polling: Callable[..., list[Done]]
):
    sim.user(5).send_text("가로등이 꺼졌어요")
    polling()
    assert sim.undelivered == 1
    sim.require_https = False
    nobody_listens = f"http://127.0.0.1:{free_port()}/telegram/webhook"
    webhook(webhook_url=nobody_listens)
    webhook(webhook_url=nobody_listens)
    polling()
    assert sim.undelivered == 1
    assert not any("drop_pending_updates" in call.params for call in sim.requests)


def test_each_step_is_told_when_it_is_done(sim: TelegramSim, webhook: Callable[..., list[Done]]):
    told: list[Done] = []
    sim.fail("setMyDescription", 429, retry_after=9)
    with pytest.raises(RateLimited) as caught:
        webhook(tell=told.append)
    assert [step.code for step in told] == ["bot", "webhook", "commands"]
    assert "9 s" in explain(caught.value)
    again: list[Done] = []
    webhook(tell=again.append)
    assert [step.code for step in again if not step.changed] == ["bot", "webhook", "commands"]


def test_a_text_that_telegram_would_not_take_changes_nothing(
    sim: TelegramSim, webhook: Callable[..., list[Done]], texts: Texts
):
    long = Texts({**texts.entries, "telegram_short_description": "{city}" + "가" * 120})
    with pytest.raises(PermanentFailure, match="telegram_short_description"):
        webhook(texts=long)
    assert sim.requests == []


def test_an_address_that_telegram_refuses_is_named_by_its_variable(
    sim: TelegramSim, client: TelegramClient, texts: Texts
):
    sim.fail("setWebhook", 400, description="Bad Request: bad webhook: Failed to resolve host")
    with pytest.raises(PermanentFailure, match="SOTONG_TELEGRAM_WEBHOOK_URL"):
        set_up(client, texts=texts, city=CITY, webhook_url=URL, webhook_secret=SECRET)


def test_no_step_shows_token_or_secret(sim: TelegramSim, webhook: Callable[..., list[Done]]):
    shown = repr([*webhook(), *webhook()])
    assert SECRET not in shown
    assert sim.token not in shown


def test_the_texts_of_the_sample_city_fit(texts: Texts):
    profile = wanted_profile(texts, city=CITY)
    assert len(profile.description) <= 512
    assert len(profile.short_description) <= 120
    assert all(len(text) <= 256 for _, text in profile.commands)


# ---- check --------------------------------------------------------------------------------------


def test_a_bot_that_was_set_up_has_no_finding_but_ok(
    polling: Callable[..., list[Done]],
    webhook: Callable[..., list[Done]],
    findings: Callable[..., dict[str, Finding]],
):
    polling()
    assert {found.level for found in findings().values()} == {Level.OK}
    webhook()
    assert {found.level for found in findings(webhook_url=URL).values()} == {Level.OK}


def test_checking_changes_nothing(sim: TelegramSim, findings: Callable[..., dict[str, Finding]]):
    findings()
    findings(webhook_url=URL)
    assert changes(sim) == []


def test_a_bot_that_was_not_set_up_is_told_the_command(
    findings: Callable[..., dict[str, Finding]],
):
    found = findings(webhook_url=URL)
    assert found["webhook"].level is Level.PROBLEM
    for code in ("webhook", "commands", "description", "short_description"):
        assert "sotong telegram setup" in found[code].text


def test_a_webhook_that_takes_the_updates_of_a_polling_bot_is_a_problem(
    webhook: Callable[..., list[Done]], findings: Callable[..., dict[str, Finding]]
):
    webhook()
    found = findings()["webhook"]
    assert found.level is Level.PROBLEM
    assert "bot.city.example" in found.text
    assert "/telegram/webhook" not in found.text


def test_another_address_or_other_kinds_are_a_problem():
    other = hook_of(url="https://elsewhere.example/123:token-of-theirs")
    (first, *_) = webhook_findings(other, webhook_url=URL, now=NOW)
    assert first.level is Level.PROBLEM
    assert "elsewhere.example" in first.text
    assert "token-of-theirs" not in first.text
    fewer = hook_of(allowed_updates=("message",))
    levels = {one.code: one.level for one in webhook_findings(fewer, webhook_url=URL, now=NOW)}
    assert levels["allowed_updates"] is Level.PROBLEM


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Wrong response from the webhook: 403 Forbidden", "wrong secret"),
        ("Wrong response from the webhook: 404 Not Found", "/telegram/webhook"),
        ("Wrong response from the webhook: 502 Bad Gateway", "start the public app"),
        ("Wrong response from the webhook: 500 Internal", "log of the public app"),
        ("Connection timed out", "did not answer in time"),
        ("SSL error {error:0A000086:SSL routines::certificate verify failed}", "certificate"),
        ("Connection refused by 203.0.113.9", "nothing listens"),
        ("something new about 203.0.113.9/secret", "another reason"),
    ],
)
def test_a_failure_a_minute_ago_is_said_in_our_own_words(words: str, expected: str):
    hook = hook_of(pending=3, failed_at=NOW - timedelta(minutes=1), failed_with=words)
    found = {one.code: one for one in webhook_findings(hook, webhook_url=URL, now=NOW)}["delivery"]
    assert found.level is Level.PROBLEM
    assert expected in found.text
    assert "203.0.113.9" not in found.text


def test_a_failure_after_which_nothing_waits_is_only_a_warning_and_an_old_one_is_none():
    late = hook_of(failed_at=NOW - timedelta(minutes=5), failed_with="Connection timed out")
    levels = {one.code: one.level for one in webhook_findings(late, webhook_url=URL, now=NOW)}
    assert levels["delivery"] is Level.WARNING
    old = hook_of(failed_at=NOW - timedelta(hours=2), failed_with="Connection timed out")
    assert "delivery" not in {one.code for one in webhook_findings(old, webhook_url=URL, now=NOW)}


def test_a_wrong_secret_is_seen_in_what_telegram_says(
    sim: TelegramSim,
    webhook: Callable[..., list[Done]],
    findings: Callable[..., dict[str, Finding]],
):
    sim.require_https = False
    sim.retry_seconds = (30.0,)
    with Receiver() as receiver:
        receiver.answers = [(403, {}, b"")]
        webhook(webhook_url=receiver.url)
        sim.user(5).send_text("안녕하세요")
        until(lambda: "last_error_date" in sim.updates.webhook_info())
        found = findings(webhook_url=receiver.url, public_api=False)["delivery"]
    assert found.level is Level.PROBLEM
    assert "secret" in found.text


def test_many_waiting_updates_are_a_warning_and_name_who_should_take_them():
    for url, who in ((URL, "the public app"), ("", "the worker")):
        hook = hook_of(url=url, pending=101)
        found = {one.code: one for one in webhook_findings(hook, webhook_url=url, now=NOW)}
        assert found["pending"].level is Level.WARNING
        assert who in found["pending"].text
        assert "24 hours" in found["pending"].text


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("http://bot.city.example/telegram/webhook", Level.PROBLEM),
        ("https://bot.city.example:9443/telegram/webhook", Level.PROBLEM),
        ("https://bot.city.example:8443/hook", Level.WARNING),
    ],
)
def test_an_address_that_cannot_work_is_named_before_telegram_is_asked(
    findings: Callable[..., dict[str, Finding]], url: str, level: Level
):
    assert findings(webhook_url=url)["webhook_address"].level is level


def test_a_server_of_ones_own_takes_any_address(findings: Callable[..., dict[str, Finding]]):
    url = "http://10.0.0.5:8080/telegram/webhook"
    assert "webhook_address" not in findings(webhook_url=url, public_api=False)


def test_privacy_mode_that_is_off_is_a_warning_with_the_way_to_mend_it(
    sim: TelegramSim, findings: Callable[..., dict[str, Finding]]
):
    assert findings()["privacy_mode"].level is Level.OK
    sim.world.reads_all = True
    found = findings()["privacy_mode"]
    assert found.level is Level.WARNING
    assert "/setprivacy" in found.text


def test_a_text_that_is_too_long_is_a_finding(
    findings: Callable[..., dict[str, Finding]], texts: Texts
):
    long = Texts({**texts.entries, "telegram_description": "{city}" + "가" * 512})
    found = findings(texts=long)["profile"]
    assert found.level is Level.PROBLEM
    assert "512" in found.text


@pytest.mark.parametrize(
    ("code", "retry_after", "expected"),
    [
        (401, None, "@BotFather"),
        (404, None, "@BotFather"),
        (429, 31, "31 s"),
        (500, None, "does not answer"),
        (502, None, "does not answer"),
        (400, None, "refuses"),
    ],
)
def test_whatever_telegram_answers_is_one_finding_without_the_token(
    sim: TelegramSim,
    findings: Callable[..., dict[str, Finding]],
    code: int,
    retry_after: int | None,
    expected: str,
):
    sim.fail("getMe", code, retry_after=retry_after)
    (found,) = findings().values()
    assert found.level is Level.PROBLEM
    assert expected in found.text
    assert sim.token not in found.text


def test_a_telegram_that_is_gone_is_one_finding(
    sim: TelegramSim, findings: Callable[..., dict[str, Finding]]
):
    sim.down = True
    (found,) = findings().values()
    assert "does not answer" in found.text


def test_a_telegram_that_hangs_is_not_waited_for(sim: TelegramSim, client: TelegramClient):
    sim.delay("getMe", 5.0)
    began = time.monotonic()
    with pytest.raises(SotongError):
        read_bot(client, seconds=0.2)
    assert time.monotonic() - began < 3
