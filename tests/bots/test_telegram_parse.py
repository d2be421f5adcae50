"""Every kind of update becomes our own words, or leaves no trace."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bots.telegram_client import Me
from bots.telegram_parse import (
    FILE_LIMIT,
    Ignored,
    Moved,
    NameNeeded,
    Reach,
    Talk,
    parse_update,
)
from core.inbound import InboundMessage, Location, RemoteFile, TurnKind
from tests.bots.telegram_updates import (
    BOT,
    CITIZEN,
    GROUP,
    ME,
    PHOTO,
    POINT,
    PRIVATE,
    edited,
    in_group,
    membership,
    press,
    update,
)


def said(data: dict[str, Any], me: Me | None = ME) -> InboundMessage:
    parsed = parse_update(data, me=me)
    assert isinstance(parsed, Talk), parsed
    return parsed.message


def ignored(data: dict[str, Any]) -> bool:
    return isinstance(parse_update(data, me=ME), Ignored)


# ---- a private chat ----------------------------------------------------------------------------


@pytest.mark.parametrize("me", [ME, None])
def test_a_text_is_who_said_what_and_when(me) -> None:
    message = said(update(text="가로등이 꺼졌어요 😀"), me)
    assert (message.channel, message.address, message.external_id) == ("telegram", "1001", "1001:7")
    assert (message.kind, message.text) == (TurnKind.TEXT, "가로등이 꺼졌어요 😀")
    assert message.sent_at == datetime.fromtimestamp(1_777_860_000, tz=UTC)
    assert (message.sequence, message.visibility, message.author) == (41, "private", None)


def test_what_no_database_keeps_is_taken_out_of_a_text() -> None:
    assert said(update(text="가\x00나\ud800")).text == "가나�"


@pytest.mark.parametrize(
    ("text", "kind", "words", "context"),
    [
        ("/start", TurnKind.START, "", None),
        ("/start t12_0123456789abcdef0123", TurnKind.START, "", "t12_0123456789abcdef0123"),
        ("/START s_streetlight", TurnKind.START, "", "s_streetlight"),
        (f"/start@{ME.username} abc", TurnKind.START, "", "abc"),
        ("/start  abc \n", TurnKind.START, "", "abc"),
        ("/start 가로등이 꺼졌어요", TurnKind.TEXT, "가로등이 꺼졌어요", None),
        ("/start " + "a" * 64, TurnKind.START, "", "a" * 64),
        ("/start " + "a" * 65, TurnKind.TEXT, "a" * 65, None),
        ("/help", TurnKind.TEXT, "/help", None),
        (f"/help@{ME.username}", TurnKind.TEXT, "/help", None),
        ("/help 신고\n둘째 줄", TurnKind.TEXT, "/help 신고\n둘째 줄", None),
        ("/도움말", TurnKind.TEXT, "/도움말", None),
        ("/starting", TurnKind.TEXT, "/starting", None),
        ("가 /start", TurnKind.TEXT, "가 /start", None),
        ("", TurnKind.TEXT, "", None),
    ],
)  # fmt: skip
def test_a_command_is_known_and_no_word_behind_it_is_lost(text, kind, words, context) -> None:
    message = said(update(text=text))
    assert (message.kind, message.text, message.context) == (kind, words, context)


def test_the_largest_size_of_a_photo_is_taken() -> None:
    message = said(update(photo=PHOTO, caption="여기요"))
    assert message.files == (RemoteFile("large", 90_000),)
    assert (message.kind, message.text, message.part) == (TurnKind.PHOTO, "여기요", None)


@pytest.mark.parametrize("kind", ["video", "animation", "video_note", "document"])
def test_videos_and_documents_are_files(kind) -> None:
    message = said(update(**{kind: {"file_id": "x", "file_size": FILE_LIMIT}}))
    assert (message.kind, message.files) == (TurnKind.PHOTO, (RemoteFile("x", FILE_LIMIT),))


def test_a_file_that_no_bot_may_fetch_is_a_problem_that_is_told() -> None:
    message = said(update(video={"file_id": "x", "file_size": FILE_LIMIT + 1}, caption="보세요"))
    assert (message.files, message.problems, message.text) == ((), ("file_too_large",), "보세요")


def test_the_parts_of_an_album_have_one_identity() -> None:
    first = said(update(photo=PHOTO, media_group_id="13", caption="둘"))
    second = said(update(photo=PHOTO, media_group_id="13", message_id=8))
    assert first.external_id == second.external_id == "1001:album:13"
    assert (first.part, second.part) == ("7", "8")


def test_a_place_and_a_named_place_are_points() -> None:
    assert said(update(location={**POINT, "horizontal_accuracy": 12})).location == Location(
        37.5, 127, 12
    )
    venue = {"location": POINT, "title": " 시청 ", "address": "중앙로 1"}
    named = said(update(venue=venue, location=POINT))
    assert (named.kind, named.text, named.location) == (
        TurnKind.LOCATION,
        "시청 중앙로 1",
        Location(37.5, 127),
    )


@pytest.mark.parametrize("accuracy", [float("nan"), float("inf"), -float("inf"), None])
def test_an_accuracy_that_is_no_number_is_none(accuracy) -> None:
    place = said(update(location={**POINT, "horizontal_accuracy": accuracy})).location
    assert place == Location(37.5, 127)


@pytest.mark.parametrize("lat", [91, -90.1, float("nan"), float("inf"), 10**400])
def test_a_point_outside_the_globe_is_broken(lat) -> None:
    with pytest.raises(ValueError, match=r"globe|range"):
        parse_update(update(location={"latitude": lat, "longitude": 127}), me=ME)


@pytest.mark.parametrize(
    ("given", "dialled"),
    [
        ("+82 10-1234-5678", "01012345678"),
        ("821012345678", "01012345678"),
        ("+82010 1234 5678", "01012345678"),
        ("+1 (650) 555-0100", "+16505550100"),
        ("+84901234567", "+84901234567"),
    ],
)
def test_a_shared_number_is_as_it_is_dialled_in_korea(given, dialled) -> None:
    message = said(update(contact={"phone_number": given, "first_name": "가"}))
    assert (message.kind, message.contact, message.text) == (TurnKind.CONTACT, dialled, "")


@pytest.mark.parametrize("given", ["010-1234-5678", "01012345678"])
def test_a_number_without_a_countrys_code_stays_as_it_is(given) -> None:
    message = said(update(contact={"phone_number": given, "first_name": "가"}))
    assert message.contact == "01012345678"


@pytest.mark.parametrize("kind", ["voice", "sticker", "poll", "dice", "story", "audio", "made_up"])
def test_what_we_cannot_take_is_answered(kind) -> None:
    assert said(update(**{kind: {"file_id": "x"}})).kind is TurnKind.UNSUPPORTED


def test_a_reply_says_to_which_message() -> None:
    to_us = {"message_id": 5, "from": BOT, "chat": PRIVATE}
    assert said(update(text="네", reply_to_message=to_us)).reply_to == "5"
    own = {"message_id": 5, "from": CITIZEN, "chat": PRIVATE}
    assert said(update(text="네", reply_to_message=own)).reply_to is None


# ---- edits --------------------------------------------------------------------------------------


def test_an_edit_is_the_same_message_with_the_time_of_the_edit() -> None:
    message = said(edited(text="고친 글"))
    assert (message.external_id, message.text) == ("1001:7", "고친 글")
    assert message.edited_at == datetime.fromtimestamp(1_777_860_060, tz=UTC)
    assert said(edited(photo=PHOTO, caption="고친 글")).text == "고친 글"


@pytest.mark.parametrize(
    "content", [{"location": POINT}, {"poll": {}}, {"text": "가", "chat": GROUP}]
)
def test_a_moving_place_a_running_poll_and_a_groups_edits_are_no_edits(content) -> None:
    assert ignored(edited(**content))


# ---- buttons and membership -----------------------------------------------------------------------


def test_a_press_is_a_choice_once() -> None:
    parsed = parse_update(press(), me=ME)
    assert isinstance(parsed, Talk)
    assert (parsed.callback_id, parsed.message_id) == ("4300", 9)
    assert (parsed.message.kind, parsed.message.choice) == (TurnKind.CHOICE, "12.0")
    assert (parsed.message.address, parsed.message.external_id) == ("1001", "press:4300")


def test_a_press_on_a_message_that_is_gone_still_counts() -> None:
    assert said(press(message=None)).address == "1001"


def test_a_press_in_a_group_is_nobodys_private_choice() -> None:
    assert ignored(press(message={"message_id": 9, "chat": GROUP, "date": 0}))


@pytest.mark.parametrize(
    ("status", "more", "open_"),
    [
        ("member", {}, True),
        ("administrator", {}, True),
        ("restricted", {"is_member": True}, True),
        ("restricted", {"is_member": False}, False),
        ("kicked", {}, False),
        ("left", {}, False),
    ],
)
def test_who_shuts_the_bot_out_closes_the_chat(status, more, open_) -> None:
    for chat, visibility in ((PRIVATE, "private"), (GROUP, "public")):
        parsed = parse_update(membership(status, chat=chat, **more), me=ME)
        assert parsed == Reach(str(chat["id"]), visibility, open=open_)


@pytest.mark.parametrize(
    "kind", ["channel_post", "poll_answer", "edited_channel_post", "inline_query", "new"]
)
def test_other_kinds_of_updates_leave_no_trace(kind) -> None:
    assert ignored({"update_id": 1, kind: {"chat": GROUP, "text": "가"}})


# ---- groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        (f"@{ME.username} 가로등이 꺼졌어요", "가로등이 꺼졌어요"),
        (f"가로등이 꺼졌어요 @{ME.username.upper()}", "가로등이 꺼졌어요"),
        (f"@{ME.username}님 가로등이 꺼졌어요", "가로등이 꺼졌어요"),
        (f"여기는@{ME.username}에게", "여기는 에게"),
        (f"/report@{ME.username} 가로등", "가로등"),
        ("/help", ""),
        ("/start", ""),
    ],
)
@pytest.mark.parametrize("key", ["text", "caption"])
def test_what_names_the_bot_is_for_the_bot(text, heard, key) -> None:
    content = {"photo": PHOTO} if key == "caption" else {}
    message = said(in_group(**{key: text}, **content))
    assert (message.text, message.visibility, message.author) == (heard, "public", "1001")
    assert message.kind is (TurnKind.PHOTO if content else TurnKind.TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "가로등이 꺼졌어요",
        "@other_bot 가로등",
        f"@{ME.username}2 가로등",
        f"mail@{ME.username}",
        "/help@other_bot",
        "/report 가로등",
    ],
)
def test_what_people_say_to_each_other_leaves_no_trace(text) -> None:
    assert ignored(in_group(text))


def test_a_name_that_was_touched_and_an_answer_to_the_bot_are_for_the_bot() -> None:
    touched = [{"type": "text_mention", "offset": 0, "length": 2, "user": BOT}]
    assert said(in_group("소통 가로등", entities=touched)).text == "소통 가로등"
    answer = {"message_id": 5, "from": BOT, "chat": GROUP}
    assert said(in_group("네", reply_to_message=answer)).reply_to == "5"


def test_a_comment_under_a_channels_post_is_for_the_bot_only_when_it_says_so() -> None:
    channel = {"id": -100_888, "type": "channel", "title": "소식"}
    post = {"message_id": 3, "from": {"id": 777000, "is_bot": False}, "sender_chat": channel}
    assert ignored(in_group("좋아요", reply_to_message=post))
    assert said(in_group(f"@{ME.username} 언제요?", reply_to_message=post)).text == "언제요?"
    assert ignored(in_group("소식", sender_chat=channel, is_automatic_forward=True))


def test_nobody_shares_a_number_or_a_place_with_a_whole_group() -> None:
    answer = {"message_id": 5, "from": BOT, "chat": GROUP}
    number = {"phone_number": "+821012345678", "first_name": "가"}
    shared = said(in_group(contact=number, reply_to_message=answer))
    assert (shared.contact, shared.text) == (None, "")
    assert said(in_group(location=POINT, reply_to_message=answer)).location is None


def test_a_groups_message_waits_until_the_bot_knows_its_own_name() -> None:
    assert parse_update(in_group("네"), me=None) == NameNeeded()


@pytest.mark.parametrize(
    "field", ["new_chat_members", "left_chat_member", "pinned_message", "new_chat_title"]
)
def test_what_the_messenger_says_about_itself_leaves_no_trace(field) -> None:
    assert ignored(in_group(**{field: [BOT]}))


def test_bots_are_not_heard() -> None:
    assert ignored(update(text="가", **{"from": {**CITIZEN, "is_bot": True}}))


def test_a_group_that_moves_says_so_twice_in_the_same_way() -> None:
    old = {"id": -5, "type": "group", "title": "동네방"}
    before = parse_update(update(chat=old, migrate_to_chat_id=-1005), me=ME)
    after = parse_update(update(chat={**GROUP, "id": -1005}, migrate_from_chat_id=-5), me=None)
    assert before == after == Moved("-5", "-1005")
