"""The simulated Telegram behaves like the real one: groups, channels, faults, limits, long runs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from telegram import (
    Bot,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from tests.peers.telegram_bot import picture, run, take
from tests.peers.telegram_sim import Limits, TelegramSim

# ---- groups and channels ----------------------------------------------------------------------


def test_a_group_delivers_mentions_commands_and_forwards_of_its_channel(sim: TelegramSim) -> None:
    group, user = sim.group(-1001234), sim.user(1)

    async def talk(bot: Bot) -> None:
        user.send_text_in(group, "😀 불편해요", mention=True)
        user.send_text_in(group, f"/report@{sim.username} 도로")
        group.linked_channel_post("새 소식")
        mention, command, post = await take(bot)
        entity = mention.message.entities[0]
        assert mention.message.parse_entity(entity) == f"@{sim.username}"
        entity = command.message.entities[0]
        assert (entity.type, entity.length) == ("bot_command", len(f"/report@{sim.username}"))
        assert post.message.is_automatic_forward
        assert post.message.sender_chat.type == "channel"
        await mention.message.reply_text("확인했습니다", do_quote=True)

    run(sim, talk)
    assert group.last.reply_to == 1
    assert sim.violations == []


def test_privacy_mode_keeps_small_talk_from_the_bot() -> None:
    with TelegramSim(privacy_mode=True) as sim:
        group, user = sim.group(-1), sim.user(1)
        user.send_text_in(group, "점심 먹어요")
        user.send_text_in(group, "/report")
        user.send_text_in(group, "여기요", mention=True)
        assert [update.message.text for update in run(sim, take)] == [
            "/report",
            f"@{sim.username} 여기요",
        ]


def test_a_group_that_became_a_supergroup_refuses_with_its_new_number(sim: TelegramSim) -> None:
    group = sim.group(-55, kind="group")

    async def talk(bot: Bot) -> None:
        new = group.migrate(-1005500)
        with pytest.raises(ChatMigrated) as caught:
            await bot.send_message(-55, "안녕하세요")
        assert caught.value.new_chat_id == -1005500
        old_news, new_news = await take(bot)
        assert old_news.message.migrate_to_chat_id == -1005500
        assert new_news.message.migrate_from_chat_id == -55
        await bot.send_message(-1005500, "안녕하세요")
        assert len(new.messages) == 1

    run(sim, talk)


def test_a_bot_that_was_kicked_cannot_write_until_it_is_back(sim: TelegramSim) -> None:
    group = sim.group(-1001)

    async def talk(bot: Bot) -> None:
        group.kick_bot()
        with pytest.raises(Forbidden, match="kicked from the supergroup"):
            await bot.send_message(-1001, "안녕하세요")
        group.add_bot()
        await bot.send_message(-1001, "안녕하세요")
        await bot.leave_chat(-1001)
        with pytest.raises(Forbidden, match="not a member"):
            await bot.send_message(-1001, "안녕하세요")
        kicked, back, welcome = await take(bot)
        assert kicked.my_chat_member.new_chat_member.status == "kicked"
        assert back.my_chat_member.new_chat_member.status == "member"
        assert welcome.message.new_chat_members[0].id == sim.bot_id

    run(sim, talk)


def test_a_channel_is_reached_by_name_and_number(sim: TelegramSim) -> None:
    channel = sim.channel(-1009999, username="city_news")
    sim.channel(-1008, username="closed", admin=False)

    async def talk(bot: Bot) -> None:
        await bot.send_message("@city_news", "하나")
        sent = await bot.send_message(-1009999, "둘")
        assert (sent.message_id, sent.from_user) == (2, None)
        channel.post("셋")
        (update,) = await take(bot)
        assert update.channel_post.text == "셋"
        with pytest.raises(BadRequest, match="Need administrator rights"):
            await bot.send_message("@closed", "하나")

    run(sim, talk)
    assert [seen.text for seen in channel.messages] == ["하나", "둘"]


# ---- faults -----------------------------------------------------------------------------------


def test_faults_come_as_often_as_asked(sim: TelegramSim) -> None:
    user = sim.user(1)
    sim.user(2)
    sim.fail("sendMessage", code=429, retry_after=3, times=2, chat_id=1)
    sim.fail("sendMessage", code=502, chat_id=2)
    sim.fail("sendPhoto", code=400, description="Bad Request: nope")

    async def talk(bot: Bot) -> None:
        for _ in range(2):
            with pytest.raises(RetryAfter) as caught:
                await bot.send_message(1, "안녕하세요")
            assert caught.value.retry_after == timedelta(seconds=3)
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.send_message(2, "안녕하세요")
        await bot.send_message(1, "안녕하세요")
        with pytest.raises(BadRequest, match="Nope"):
            await bot.send_photo(1, picture())

    run(sim, talk)
    codes = [(call.outcome, call.error_code) for call in sim.calls("sendMessage")]
    assert codes == [("error", 429), ("error", 429), ("error", 502), ("ok", None)]
    assert len(user.messages) == 1


def test_a_dropped_answer_was_performed_and_a_refused_connection_was_not(sim: TelegramSim) -> None:
    user = sim.user(1)

    async def talk(bot: Bot) -> None:
        sim.drop_answer("sendMessage")
        with pytest.raises(NetworkError):
            await bot.send_message(1, "하나")
        sim.refuse_connection("sendMessage")
        with pytest.raises(NetworkError):
            await bot.send_message(1, "둘")
        sim.down = True
        with pytest.raises(NetworkError):
            await bot.send_message(1, "셋")
        sim.heal()
        sim.delay("sendMessage", seconds=0.5)
        with pytest.raises(TimedOut):
            await bot.send_message(1, "넷", read_timeout=0.05)
        await asyncio.to_thread(user.wait_for, "넷")

    run(sim, talk)
    assert [seen.text for seen in user.messages] == ["하나", "넷"]
    assert [call.outcome for call in sim.calls("sendMessage")][:2] == ["dropped", "dropped"]


def test_who_sends_too_fast_is_told_to_wait(sim: TelegramSim) -> None:
    sim.limits = Limits(chat_burst=2)
    clock = [0.0]
    sim.now = lambda: clock[0]
    sim.user(1)

    async def talk(bot: Bot) -> None:
        await bot.send_message(1, "하나")
        await bot.send_message(1, "둘")
        with pytest.raises(RetryAfter):
            await bot.send_message(1, "셋")
        clock[0] = 1
        await bot.send_message(1, "셋")

    run(sim, talk)


def test_only_the_right_token_and_known_methods_are_answered(sim: TelegramSim) -> None:
    with httpx.Client() as client:
        wrong = client.get(f"{sim.api_url}1:wrong/getMe")
        assert (wrong.status_code, wrong.json()["description"]) == (401, "Unauthorized")
        assert client.get(f"{sim.api_url}{sim.token}/getMee").status_code == 404
        assert client.get(f"{sim.api_url}{sim.token}/getme").json()["result"]["is_bot"]
        assert client.get(f"{sim.file_url}{sim.token}/photos/none.jpg").status_code == 404
        body = b"\xff\xfe"
        assert client.post(f"{sim.api_url}{sim.token}/getMe", content=body).status_code == 400
    assert sim.violations == [
        "getMee: no method of the API",
        "getMe: strings must be encoded in UTF-8",
    ]
    assert sim.error_counts == {("getMe", 401): 1, ("getMee", 404): 1}


def test_memory_stays_bounded_in_long_runs(sim: TelegramSim) -> None:
    sim.keep_requests = False
    sim.world.keep_messages = 10
    user = sim.user(1)

    async def talk(bot: Bot) -> None:
        for number in range(30):
            await bot.send_message(1, str(number))

    run(sim, talk)
    assert (sim.requests, sim.counts["sendMessage"]) == ([], 30)
    assert [seen.text for seen in user.messages] == [str(number) for number in range(20, 30)]
