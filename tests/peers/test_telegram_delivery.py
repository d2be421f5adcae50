"""Updates of the simulated Telegram arrive as the real ones do, by polling and by webhook."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import httpx
import pytest
from telegram import Bot, Update
from telegram.error import Conflict

from tests.peers.telegram_bot import Receiver, run
from tests.peers.telegram_sim import Delivery, TelegramSim


def texts(updates: Sequence[Update]) -> list[str | None]:
    """The texts of new messages."""
    return [one.message.text for one in updates if one.message is not None]


def hook(sim: TelegramSim, url: str, **more: object) -> None:
    """setWebhook as the client calls it."""
    run(sim, lambda bot: bot.set_webhook(url, **more))


def test_an_offset_confirms_what_is_before_it(sim: TelegramSim) -> None:
    user = sim.user(1)

    async def talk(bot: Bot) -> None:
        for text in ("하나", "둘", "셋"):
            user.send_text(text)
        first = await bot.get_updates(limit=2)
        again = await bot.get_updates(limit=2)
        assert texts(first) == texts(again) == ["하나", "둘"]
        assert sim.undelivered == 3
        rest = await bot.get_updates(offset=first[-1].update_id + 1)
        assert texts(rest) == ["셋"]
        assert sim.undelivered == 1
        user.send_text("넷")
        last = await bot.get_updates(offset=-1)
        assert texts(last) == ["넷"]
        assert sim.undelivered == 1

    run(sim, talk)
    assert sim.violations == []


def test_a_long_poll_returns_as_soon_as_something_comes(sim: TelegramSim) -> None:
    user = sim.user(1)

    async def talk(bot: Bot) -> None:
        poll = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.to_thread(sim.wait_polling)
        started = time.monotonic()
        user.send_text("안녕하세요")
        assert len(await poll) == 1
        assert time.monotonic() - started < 2

    run(sim, talk)


def test_a_second_poll_and_a_webhook_end_the_first_poll(sim: TelegramSim) -> None:
    async def talk(bot: Bot) -> None:
        poll = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.to_thread(sim.wait_polling)
        async with Bot(sim.token, base_url=sim.api_url) as other:
            await other.get_updates()
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await poll
        await bot.set_webhook("http://127.0.0.1:9/hook")
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        await bot.get_updates()

    run(sim, talk)


def test_only_the_allowed_kinds_come(sim: TelegramSim) -> None:
    user = sim.user(1)

    async def talk(bot: Bot) -> None:
        await bot.get_updates(allowed_updates=["message"])
        user.edit_text(user.send_text("하나"), "둘")
        assert texts(await bot.get_updates()) == ["하나"]
        await bot.get_updates(allowed_updates=[])
        user.block()
        assert len(await bot.get_updates()) == 2

    run(sim, talk)


def test_a_webhook_gets_every_update_with_the_secret(sim: TelegramSim) -> None:
    with Receiver() as receiver:
        hook(sim, receiver.url, secret_token="s3cret_-", max_connections=4)
        for user in (sim.user(1), sim.user(2)):
            user.send_text("하나")
            user.send_text("둘")
        sim.wait_delivered()
        assert len(receiver.bodies) == 4
        assert set(receiver.secrets) == {"s3cret_-"}
        for user_id in (1, 2):  # in order within a chat
            said = [
                body["message"]["text"]
                for body in receiver.bodies
                if body["message"]["chat"]["id"] == user_id
            ]
            assert said == ["하나", "둘"]
    assert sim.violations == []


def test_a_webhook_that_fails_is_tried_again_in_order(sim: TelegramSim) -> None:
    sim.retry_seconds = (0.01, 0.02)
    with Receiver() as receiver:
        receiver.answers = [(500, {}, b""), (503, {"Retry-After": "1"}, b"")]
        sim.updates.retry_after_scale = 0.1
        hook(sim, receiver.url)
        started = time.monotonic()
        sim.user(1).send_text("하나")
        sim.user(1).send_text("둘")
        sim.wait_delivered()
        assert time.monotonic() - started > 0.1
        one = receiver.ids[0]
        assert receiver.ids == [one, one, one, one + 1]
        info = run(sim, lambda bot: bot.get_webhook_info())
        assert info.last_error_message.startswith("Wrong response from the webhook: 503")
        assert (info.url, info.pending_update_count) == (receiver.url, 0)


def test_a_webhook_that_nobody_listens_to_loses_nothing(sim: TelegramSim) -> None:
    sim.retry_seconds = (0.01,)
    with Receiver() as receiver:
        hook(sim, "http://127.0.0.1:9/hook")
        sim.user(1).send_text("하나")
        assert sim.undelivered == 1
        hook(sim, receiver.url)
        sim.wait_delivered()
        assert len(receiver.bodies) == 1


def test_a_webhooks_reply_may_be_a_method_call(sim: TelegramSim) -> None:
    user = sim.user(1)
    with Receiver() as receiver:
        call = b'{"method":"sendMessage","chat_id":1,"text":"ok"}'
        receiver.answers = [(200, {"Content-Type": "application/json"}, call)]
        hook(sim, receiver.url)
        user.send_text("하나")
        user.wait_for("ok")
    assert sim.violations == []


def test_updates_repeat_and_swap_when_asked(sim: TelegramSim) -> None:
    sim.delivery = Delivery(duplicates=0.5, reorder=True, seed=7)
    with Receiver() as receiver:
        user = sim.user(1)
        for number in range(40):
            user.send_text(str(number))
        hook(sim, receiver.url)
        sim.wait_delivered()
        assert len(set(receiver.ids)) == 40
        assert 45 < len(receiver.ids) < 80
        assert receiver.ids != sorted(receiver.ids)


def test_polled_updates_repeat_and_swap_when_asked(sim: TelegramSim) -> None:
    sim.delivery = Delivery(duplicates=0.5, reorder=True, seed=7)
    user = sim.user(1)

    async def talk(bot: Bot) -> list[int]:
        ids: list[int] = []
        offset = 0
        for number in range(40):
            user.send_text(str(number))
            user.send_text(str(number))
            batch = [update.update_id for update in await bot.get_updates(offset=offset)]
            ids += batch
            offset = max([offset, *(one + 1 for one in batch)])
        while sim.undelivered:
            ids += [update.update_id for update in await bot.get_updates(offset=offset)]
        return ids

    ids = run(sim, talk)
    assert len(set(ids)) == 80
    assert len(ids) > 90
    assert ids != sorted(ids)


def test_any_json_and_broken_bytes_can_be_delivered(sim: TelegramSim) -> None:
    async def talk(bot: Bot) -> None:
        sim.push_raw({"update_id": sim.updates.take_id(), "brand_new_kind": {"a": 1}})
        (update,) = await bot.get_updates()
        await bot.get_updates(offset=update.update_id + 1)
        sim.push_raw({"no": "id"})

    run(sim, talk)
    with httpx.Client() as client:
        answer = client.get(f"{sim.api_url}{sim.token}/getUpdates").json()
    assert answer["result"] == [{"no": "id"}]


def test_what_waits_for_a_day_is_gone(sim: TelegramSim) -> None:
    clock = [0.0]
    sim.now = lambda: clock[0]
    sim.user(1).send_text("하나")
    clock[0] = 86_401
    assert run(sim, lambda bot: bot.get_updates()) == ()
    assert sim.updates.expired == 1


def test_throwing_waiting_messages_away_is_a_violation(sim: TelegramSim) -> None:
    hook(sim, "http://127.0.0.1:9/", drop_pending_updates=True)
    run(sim, lambda bot: bot.delete_webhook(drop_pending_updates=True))
    assert [text.partition(":")[0] for text in sim.violations] == ["setWebhook", "deleteWebhook"]
