"""The token and the webhook's secret are in no log, whatever goes wrong, and in no address of ours."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest

from app.migrate import upgrade
from bots.telegram_webhook import PATH, SECRET_HEADER
from tests.bots.telegram_house import SECRET, make_telegram_house
from tests.bots.web_house import until
from tests.peers.telegram_sim import TelegramSim
from tests.stack import Stack, make_settings

QUESTION = "이대로 접수할까요?"
WORDS = "시청역 앞 가로등이 꺼졌어요"


def test_neither_the_token_nor_the_secret_is_in_any_log(
    tmp_path: Path, sim: TelegramSim, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for webhook in (False, True):
        with make_telegram_house(tmp_path / str(webhook), sim=sim, webhook=webhook) as house:
            user = house.citizen()
            for method, code in (("sendMessage", 500), ("sendMessage", 401), ("getFile", 404)):
                sim.fail(method, code)
            user.send_text("가로등이 꺼졌어요")
            user.send_photo(b"\xff\xd8\xff")
            sim.drop_answer("getUpdates")
            sim.wait_delivered()

            def answered(user=user, house=house) -> bool:
                house.clock.forward(seconds=5)
                return any(QUESTION in seen.text for seen in user.messages)

            until(answered)
            assert sim.token not in house.url
        user.messages.clear()
    assert caplog.records
    for secret in (sim.token, sim.token.partition(":")[2], SECRET):
        assert secret not in caplog.text
        assert all(secret not in str(record.__dict__) for record in caplog.records)


@pytest.mark.parametrize("webhook", [False, True], ids=["worker", "public"])
def test_a_started_process_writes_neither_them_nor_a_citizens_words_into_its_log(
    tmp_path: Path, sim: TelegramSim, webhook
) -> None:
    settings = make_settings(
        tmp_path,
        log_level="debug",
        telegram_token=sim.token,
        telegram_api_url=sim.url,
        telegram_webhook_url=f"https://www.example.org{PATH}" if webhook else "",
        telegram_webhook_secret=SECRET if webhook else "",
    )
    upgrade(settings)
    stack, user = Stack(settings, sim), sim.user(1001)
    sim.fail("sendMessage", 502)
    try:
        stack.start("public" if webhook else "worker")
        sim.fail("getUpdates", 500)
        if webhook:
            url = f"{settings.public_url}{PATH}"
            refused = httpx.post(
                url, json={"update_id": 1}, headers={SECRET_HEADER: "wrong"}, trust_env=False
            )
            assert refused.status_code == 403
            sim.updates.set_webhook({"url": url, "secret_token": SECRET})
        user.send_text(WORDS)  # Rasa is not there: that is told
        user.send_text("/help")
        sim.wait_delivered(20)
        until(lambda: sim.error_counts["sendMessage", 502], seconds=20)
    finally:
        stack.stop()
        sim.updates.set_webhook({"url": ""})
    logs = stack.all_logs()
    assert logs
    for secret in (sim.token, sim.token.partition(":")[2], SECRET, WORDS, "1001:"):
        assert secret not in logs
