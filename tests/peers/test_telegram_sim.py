"""The simulated Telegram behaves like the real one towards a real client: messages and people."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
)

from tests.peers.telegram_bot import picture, run, take
from tests.peers.telegram_sim import Button, TelegramSim

CHOICE = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("네", callback_data="yes"),
            InlineKeyboardButton("아니요", callback_data="no"),
        ],
        [InlineKeyboardButton("지도", url="https://city.example/map")],
    ]
)


# ---- what the bot sends -----------------------------------------------------------------------


def test_a_reader_sees_html_as_plain_text_with_buttons(sim: TelegramSim) -> None:
    user = sim.user(1001)
    asked = user.send_text("가로등이 꺼졌어요")

    async def talk(bot: Bot) -> None:
        await bot.send_message(
            1001,
            "<b>접수</b> 1 &lt; 2 <a href='https://city.example/1'>보기</a>",
            parse_mode="HTML",
            reply_markup=CHOICE,
            reply_parameters=ReplyParameters(asked),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    run(sim, talk)
    seen = user.wait_for("접수", 1)
    assert (seen.text, seen.kind, seen.reply_to) == ("접수 1 < 2 보기", "text", asked)
    assert seen.html.startswith("<b>접수</b>")
    assert seen.buttons[0] == [Button("네", "yes"), Button("아니요", "no")]
    assert seen.buttons[1] == [Button("지도", None, "https://city.example/map")]
    assert sim.violations == []
    call = sim.calls("sendMessage")[0]
    assert (call.outcome, call.error_code) == ("ok", None)
    assert call.params["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "yes"
    assert call.params["link_preview_options"] == {"is_disabled": True}


def test_a_reply_keyboard_is_seen(sim: TelegramSim) -> None:
    markup = ReplyKeyboardMarkup([[KeyboardButton("위치 보내기", request_location=True)], ["취소"]])
    run(sim, lambda bot: bot.send_message(sim.user(1).chat_id, "어디인가요?", reply_markup=markup))
    assert sim.user(1).last.keyboard == [["위치 보내기"], ["취소"]]
    assert sim.violations == []


def test_photos_documents_videos_and_places_arrive_with_their_bytes(sim: TelegramSim) -> None:
    user, image = sim.user(1), picture()

    async def talk(bot: Bot) -> None:
        sent = await bot.send_photo(1, image, caption="<i>사진</i>", parse_mode="HTML")
        assert (sent.photo[-1].width, sent.photo[-1].height) == (40, 30)
        await bot.send_photo(1, sent.photo[-1].file_id)
        await bot.send_document(1, b"%PDF", filename="안내.pdf")
        await bot.send_video(1, b"video")
        await bot.send_location(1, 37.5, 127.0)
        await bot.send_venue(1, 37.5, 127.0, "시청", "중앙로 1")
        await bot.send_media_group(
            1, [InputMediaPhoto(image, caption="둘"), InputMediaPhoto(picture(9, 9))]
        )
        await bot.send_chat_action(1, "typing")

    run(sim, talk)
    kinds = [seen.kind for seen in user.messages]
    assert kinds == ["photo", "photo", "document", "video", "location", "venue", "album"]
    assert user.messages[0].text == "사진"
    assert user.messages[0].photo == user.messages[1].photo == image
    assert (user.messages[2].file_name, user.messages[2].items) == ("안내.pdf", [b"%PDF"])
    assert user.messages[4].location == (37.5, 127.0)
    assert (user.messages[6].text, user.messages[6].items) == ("둘", [image, picture(9, 9)])
    assert user.actions == ["typing"]
    assert sim.violations == []
    assert sim.calls("sendPhoto")[0].files == {"photo": image}


def test_what_is_no_picture_is_no_photo(sim: TelegramSim) -> None:
    sim.user(1)
    with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
        run(sim, lambda bot: bot.send_photo(1, b"no picture"))
    with pytest.raises(BadRequest, match=r"(?i)photo_invalid_dimensions"):
        run(sim, lambda bot: bot.send_photo(1, picture(2100, 100)))


def test_an_edit_changes_what_the_reader_sees(sim: TelegramSim) -> None:
    user = sim.user(1)

    async def talk(bot: Bot) -> None:
        sent = await bot.send_message(1, "<b>처리 중</b>", parse_mode="HTML", reply_markup=CHOICE)
        await bot.edit_message_text("끝", 1, sent.message_id)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await bot.edit_message_text("끝", 1, sent.message_id)
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await bot.edit_message_text("끝", 1, 99999)
        edited = await bot.edit_message_reply_markup(1, sent.message_id, reply_markup=CHOICE)
        assert isinstance(edited, Message)
        assert (edited.text, edited.entities) == ("끝", ())
        photo = await bot.send_photo(1, picture(), caption="하나")
        await bot.edit_message_caption(1, photo.message_id, caption="둘")
        with pytest.raises(BadRequest, match="There is no text in the message to edit"):
            await bot.edit_message_text("끝", 1, photo.message_id)
        await bot.edit_message_media(InputMediaPhoto(picture(9, 9)), 1, photo.message_id)
        await bot.delete_message(1, photo.message_id)
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await bot.delete_message(1, photo.message_id)

    run(sim, talk)
    first, second = user.messages
    assert (first.text, first.edited, len(first.buttons)) == ("끝", True, 2)
    assert (second.text, second.photo, second.deleted) == ("", picture(9, 9), True)
    assert sim.violations == []


def test_a_live_location_moves_and_stops(sim: TelegramSim) -> None:
    async def talk(bot: Bot) -> None:
        sent = await bot.send_location(1, 37.5, 127.0, live_period=900)
        await bot.edit_message_live_location(1, sent.message_id, latitude=37.6, longitude=127.1)
        await bot.stop_message_live_location(1, sent.message_id)

    user = sim.user(1)
    run(sim, talk)
    assert user.last.location == (37.6, 127.1)
    assert sim.violations == []


def test_texts_commands_and_names_are_kept_per_language(sim: TelegramSim) -> None:
    async def talk(bot: Bot) -> None:
        await bot.set_my_commands(
            [BotCommand("report", "신고하기")], BotCommandScopeAllPrivateChats(), "ko"
        )
        assert await bot.get_my_commands() == ()
        kept = await bot.get_my_commands(BotCommandScopeAllPrivateChats(), "ko")
        assert [one.command for one in kept] == ["report"]
        await bot.set_my_description("시청에 알려 주세요")
        await bot.set_my_short_description("시청")
        await bot.set_my_name("소통이")
        await bot.set_chat_menu_button()
        assert (await bot.get_my_description()).description == "시청에 알려 주세요"
        assert (await bot.get_my_short_description()).short_description == "시청"
        assert (await bot.get_my_name()).name == "소통이"

    run(sim, talk)
    assert sim.violations == []


def test_forwards_copies_pins_and_facts_about_chats_work(sim: TelegramSim) -> None:
    group, user = sim.group(-1001, title="동네방"), sim.user(1)
    channel = sim.channel(-1002, username="city_news")
    said = user.send_text_in(group, "원문")

    async def talk(bot: Bot) -> None:
        await bot.forward_message(1, -1001, said)
        copied = await bot.copy_message("@city_news", -1001, said)
        await bot.pin_chat_message(-1002, copied.message_id)
        assert (await bot.get_chat(-1001)).title == "동네방"
        assert (await bot.get_chat("@city_news")).type == "channel"
        assert (await bot.get_chat_member(-1001, sim.bot_id)).status == "member"
        assert (await bot.get_chat_member(-1002, sim.bot_id)).status == "administrator"
        assert len(await bot.get_chat_administrators(-1002)) == 1
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.get_chat(404)

    run(sim, talk)
    assert [user.last.text, channel.last.text, channel.pinned] == ["원문", "원문", 1]
    assert sim.violations == []


# ---- what citizens send -----------------------------------------------------------------------


def test_everything_a_citizen_sends_is_read_by_the_client(sim: TelegramSim) -> None:
    user = sim.user(1001, username="citizen")
    user.start("case-7")
    text = user.send_text("😀 /help 도로가 파였어요")
    user.edit_text(text, "도로가 꺼졌어요")
    user.send_text("다시", reply_to=text)
    user.send_photo(b"large", caption="사진")
    user.send_album([b"1", b"2"], caption="앨범")
    user.send_document(b"%PDF", "민원.pdf", "application/pdf")
    user.send_video(b"v", file_size=30 << 20)
    user.send_voice()
    user.send_sticker()
    user.send_poll()
    live = user.send_location(37.5, 127.0, live_period=900)
    user.update_live_location(live, 37.6, 127.1)
    user.send_venue(37.5, 127.0, "시청", "중앙로 1")
    user.send_contact("+821000000000")
    user.send_contact("+821000000000", own=False)
    updates = run(sim, take)
    ids = [update.update_id for update in updates]
    assert ids == list(range(ids[0], ids[0] + 17))
    by = [update.effective_message for update in updates]
    assert by[0].text == "/start case-7"
    assert (by[1].entities[0].type, by[1].entities[0].offset) == ("bot_command", 3)  # UTF-16
    assert by[1].parse_entity(by[1].entities[0]) == "/help"
    assert updates[2].edited_message.text == "도로가 꺼졌어요"
    assert updates[2].edited_message.edit_date is not None
    assert by[3].reply_to_message.message_id == text
    assert [size.width for size in by[4].photo] == [90, 320, 1280]
    assert by[5].media_group_id == by[6].media_group_id is not None
    assert by[6].message_id == by[5].message_id + 1
    assert (by[5].caption, by[6].caption) == ("앨범", None)
    assert (by[7].document.file_name, by[7].document.mime_type) == ("민원.pdf", "application/pdf")
    assert by[8].video.file_size == 30 << 20
    assert (by[9].voice.duration, by[10].sticker.emoji, by[11].poll.question) == (
        timedelta(seconds=3),
        "👍",
        "설문",
    )
    assert by[12].location.live_period == timedelta(minutes=15)
    assert updates[13].edited_message.location.latitude == 37.6
    assert (by[14].venue.title, by[14].location.latitude) == ("시청", 37.5)
    assert (by[15].contact.user_id, by[16].contact.user_id) == (1001, None)
    assert abs(by[0].date.timestamp() - time.time()) < 60


def test_a_press_is_a_callback_that_is_answered_once(sim: TelegramSim) -> None:
    user = sim.user(1)

    async def talk(bot: Bot) -> None:
        sent = await bot.send_message(1, "맞나요?", reply_markup=CHOICE)
        user.press("아니")
        user.press_on(sent.message_id, 0)
        no, yes = await take(bot)
        assert (no.callback_query.data, yes.callback_query.data) == ("no", "yes")
        assert yes.callback_query.message.message_id == sent.message_id
        assert yes.callback_query.chat_instance
        await yes.callback_query.answer("고맙습니다")
        await no.callback_query.answer()
        with pytest.raises(BadRequest, match="Query is too old"):
            await no.callback_query.answer()
        old = user.press(0)
        sim.expire_callbacks()
        with pytest.raises(BadRequest, match="Query is too old"):
            await bot.answer_callback_query(old)

    run(sim, talk)
    assert user.callback_answers == ["고맙습니다", ""]
    with pytest.raises(AssertionError, match="opens an address"):
        user.press("지도")
    assert sim.violations == []


def test_a_photo_is_fetched_through_getfile(sim: TelegramSim) -> None:
    user = sim.user(1)
    user.send_photo(b"large bytes")
    user.send_document(b"x", "big.zip", "application/zip", file_size=(20 << 20) + 1)

    async def talk(bot: Bot) -> None:
        photo, big = await take(bot)
        file = await photo.message.photo[-1].get_file()
        assert bytes(await file.download_as_bytearray()) == b"large bytes"
        small = await photo.message.photo[0].get_file()
        assert bytes(await small.download_as_bytearray()) != b"large bytes"
        with pytest.raises(BadRequest, match="File is too big"):
            await big.message.document.get_file()
        with pytest.raises(
            BadRequest, match="Wrong file_id or the file is temporarily unavailable"
        ):
            await bot.get_file("none")
        sim.slow_file(0.1)
        assert bytes(await file.download_as_bytearray()) == b"large bytes"
        assert file.file_path is not None
        sim.lose_file(file.file_path.removeprefix(f"{sim.file_url}{sim.token}/"))
        with pytest.raises(InvalidToken):  # so the client reads a 404
            await file.download_as_bytearray()

    run(sim, talk)


def test_who_blocks_the_bot_gets_nothing_until_unblocking(sim: TelegramSim) -> None:
    user, gone = sim.user(1), sim.user(2)

    async def talk(bot: Bot) -> None:
        user.block()
        gone.deactivate()
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(1, "안녕하세요")
        with pytest.raises(Forbidden, match="user is deactivated"):
            await bot.send_chat_action(2, "typing")
        user.unblock()
        await bot.send_message(1, "안녕하세요")
        blocked, back = await take(bot)
        assert blocked.my_chat_member.new_chat_member.status == "kicked"
        assert back.my_chat_member.new_chat_member.status == "member"

    run(sim, talk)
    assert len(user.messages) == 1


def test_nobody_is_written_to_first(sim: TelegramSim) -> None:
    user = sim.user(1, started=False)

    async def talk(bot: Bot) -> None:
        with pytest.raises(Forbidden, match="initiate conversation"):
            await bot.send_message(1, "안녕하세요")
        user.start()
        await bot.send_message(1, "안녕하세요")

    run(sim, talk)


def test_a_request_that_its_sender_left_in_the_middle_is_no_request(sim: TelegramSim) -> None:
    host, port = urlsplit(sim.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        head = f"POST /bot{sim.token}/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        line.sendall(f'{head}Content-Length: 400\r\n\r\n{{"chat_id": 1, "te'.encode())
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""
    assert sim.violations == []
    assert sim.calls("sendMessage") == []
