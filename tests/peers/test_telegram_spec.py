"""Requests that break the Bot API's rules are found, with the server's answer; good ones pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.peers.telegram_html import CannotParse, parse_html, plain_entities, units
from tests.peers.telegram_limits import LimitCheck, Limits
from tests.peers.telegram_rules import rules
from tests.peers.telegram_spec import Asked, Finding, check, decode


def found(method: str, raw: dict[str, Any], **files: bytes) -> list[Finding]:
    params, findings = decode(method, raw)
    asked = Asked(method, params, files)
    return [*findings, *check(asked), *rules(asked)]


def keyboard(**button: Any) -> dict[str, Any]:
    return {
        "chat_id": 1,
        "text": "글",
        "reply_markup": {"inline_keyboard": [[{"text": "단추", **button}]]},
    }


@pytest.mark.parametrize(
    ("method", "raw"),
    [
        ("sendMessage", {"chat_id": "1", "text": "글" * 4096}),
        (
            "sendMessage",
            {"chat_id": "@city_news", "text": f"<b>{'글' * 4096}</b>", "parse_mode": "HTML"},
        ),
        ("sendMessage", {"chat_id": 1, "text": "글", "reply_parameters": '{"message_id": 3}'}),
        ("sendMessage", keyboard(callback_data="가" * 21)),
        ("sendMessage", keyboard(url="https://city.example")),
        ("sendMessage", {"chat_id": 1, "text": "1", "reply_markup": '{"keyboard": [["취소"]]}'}),
        ("sendLocation", {"chat_id": "1", "latitude": "37.5", "longitude": "127"}),
        (
            "setMyCommands",
            {
                "commands": '[{"command": "a_1", "description": "하나"}]',
                "scope": '{"type": "all_private_chats"}',
            },
        ),
        (
            "setWebhook",
            {"url": "http://127.0.0.1/x", "secret_token": "a-_Z9", "drop_pending_updates": "false"},
        ),
        ("getUpdates", {"offset": "-1", "timeout": "30", "allowed_updates": '["message"]'}),
    ],
)
def test_a_good_request_passes(method: str, raw: dict[str, Any]) -> None:
    assert found(method, raw) == []


def test_files_come_as_a_part_of_their_own_name_or_attached() -> None:
    media = '[{"type": "photo", "media": "attach://a"}, {"type": "photo", "media": "attach://b"}]'
    assert found("sendPhoto", {"chat_id": "1"}, photo=b"x") == []
    assert found("sendPhoto", {"chat_id": "1", "photo": "attach://a"}, a=b"x") == []
    assert found("sendMediaGroup", {"chat_id": "1", "media": media}, a=b"x", b=b"y") == []
    assert [
        one.violation
        for one in found("sendMediaGroup", {"chat_id": "1", "media": media}, a=b"x", c=b"y")
    ] == [
        "sendMediaGroup: attach://b has no part",
        "sendMediaGroup: the part c is used by nothing",
    ]
    assert (
        found("sendPhoto", {"chat_id": "1"}, photo=b"")[0].answer
        == "Bad Request: file must be non-empty"
    )


@pytest.mark.parametrize(
    ("method", "raw", "answer"),
    [
        ("sendMessage", {"chat_id": 1, "text": "글" * 4097}, "message is too long"),
        ("sendMessage", {"chat_id": 1, "text": "😀" * 2049}, "message is too long"),
        ("sendMessage", {"chat_id": 1, "text": " \n"}, "message text is empty"),
        ("sendMessage", {"chat_id": 1, "text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ("sendMessage", {"chat_id": 1}, "message text is empty"),
        ("sendMessage", {"text": "글"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 1, "text": "글", "reply_markup": "{"}, "can't parse reply_markup"),
        ("sendMessage", keyboard(), "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ("sendMessage", keyboard(callback_data="가" * 22), "BUTTON_DATA_INVALID"),
        ("sendMessage", keyboard(callback_data=""), "BUTTON_DATA_INVALID"),
        ("sendMessage", keyboard(url="city"), "inline keyboard button URL 'city' is invalid: URL is invalid"),
        ("sendMessage", keyboard(url="http://localhost:80/"), "inline keyboard button URL 'http://localhost:80/' is invalid: Wrong HTTP URL"),
        ("sendPhoto", {"chat_id": 1, "photo": "id", "caption": "글" * 1025}, "message caption is too long"),
        ("sendPhoto", {"chat_id": 1}, "there is no photo in the request"),
        ("sendMediaGroup", {"chat_id": 1, "media": [{"type": "photo", "media": "x"}] * 11}, "too many messages to send as an album"),
        ("sendLocation", {"chat_id": 1, "latitude": 91, "longitude": 0}, "wrong latitude"),
        ("sendLocation", {"chat_id": 1, "latitude": "nord", "longitude": 0}, "can't parse latitude"),
        ("setMyCommands", {"commands": [{"command": "신고", "description": "하나"}]}, "BOT_COMMAND_INVALID"),
        ("setMyDescription", {"description": "글" * 513}, "description is too long"),
        ("setMyShortDescription", {"short_description": "글" * 121}, "short description is too long"),
        ("setWebhook", {"url": "http://x", "secret_token": "비밀"}, "secret token contains unallowed characters"),
        ("editMessageText", {"text": "글", "chat_id": 1}, "message identifier is not specified"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "글" * 201}, "MESSAGE_TOO_LONG"),
    ],
)  # fmt: skip
def test_a_breach_is_answered_as_the_server_does(
    method: str, raw: dict[str, Any], answer: str
) -> None:
    assert f"Bad Request: {answer}" in [one.answer for one in found(method, raw)]


@pytest.mark.parametrize(
    ("method", "raw", "violation"),
    [
        ("sendMessage", {"chat_id": 1, "text": "글", "reply_to": 3}, "sendMessage: unknown parameter reply_to"),
        ("sendMessage", keyboard(callback_data="a", url="https://a.kr"), "sendMessage: a button with 2 actions"),
        ("sendMessage", keyboard(callback="a", url="https://a.kr"), "sendMessage.reply_markup.inline_keyboard[0][0].callback: unknown field"),
        ("setMyCommands", {"commands": [], "scope": {"type": "everyone"}}, "setMyCommands.scope.type: unknown or missing"),
        ("sendMessage", {"chat_id": 1, "text": "A & B", "parse_mode": "HTML"}, "sendMessage.text: bare or unknown '&' in HTML: '& B'"),
        ("sendMediaGroup", {"chat_id": 1, "media": [{"type": "photo", "media": "x"}]}, "sendMediaGroup.media: not 2 to 10"),
        ("getUpdates", {"timeout": 90}, "getUpdates.timeout: not in 0 to 50"),
        ("getUpdates", {"allowed_updates": ["messages"]}, "getUpdates.allowed_updates: unknown messages"),
        ("sendMessage", {"chat_id": [1], "text": "글"}, "sendMessage.chat_id: not of type Integer"),
    ],
)  # fmt: skip
def test_what_the_server_lets_pass_is_found_too(
    method: str, raw: dict[str, Any], violation: str
) -> None:
    assert violation in [one.violation for one in found(method, raw)]


def test_entities_count_in_utf_16() -> None:
    parsed = parse_html(
        "😀<b>굵게 <i>둘</i></b> &#9731;&amp;&quot; <pre><code class='language-x'>a</code></pre> <u><code>b</code></u>"
    )
    assert parsed.text == '😀굵게 둘 ☃&" a b'
    spans = [(one["type"], one["offset"], one["length"]) for one in parsed.entities]
    assert spans == [
        ("bold", 2, 4),
        ("italic", 5, 1),
        ("pre", 11, 1),
        ("underline", 13, 1),
        ("code", 13, 1),
    ]
    assert parsed.entities[2]["language"] == "x"
    assert parsed.complaints == []
    assert units("😀") == 2


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("가<br>", 'Unsupported start tag "br" at byte offset 3'),
        ("1 < 2", 'Unclosed start tag at byte offset 2|Unsupported start tag ""'),
        ("<b>가", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>가</b></i>", 'Unmatched end tag at byte offset 9, expected "</i>", found "</b>"'),
        ("가</b>", "Unexpected end tag at byte offset 3"),
        ("<i aba>가</i>", 'Expected equal sign in declaration of an attribute of the tag "i"'),
        ("&#xDFDF;", "check for unmatched surrogate code units"),
        ("<span class='x'>가</span>", 'Tag "span" must have class "tg-spoiler"'),
    ],
)
def test_html_that_telegram_refuses_is_refused(source: str, problem: str) -> None:
    with pytest.raises(CannotParse, match=problem):
        parse_html(source)
    answer = found("sendMessage", {"chat_id": 1, "text": source, "parse_mode": "HTML"})[0].answer
    assert answer is not None
    assert answer.startswith("Bad Request: can't parse entities: ")


def test_commands_mentions_and_addresses_are_marked() -> None:
    kinds = [
        one["type"]
        for one in plain_entities("/a@b_bot 1/2 @city_news https://a.kr/b?c=/d #태그 a@b.kr")
    ]
    assert kinds == ["bot_command", "mention", "url", "hashtag", "email"]


# ---- limits -----------------------------------------------------------------------------------


def test_a_chat_takes_a_burst_and_then_one_a_second() -> None:
    check = LimitCheck(Limits())
    assert [check.admit(1, 0.0) for _ in range(6)] == [None] * 5 + [1]
    assert check.admit(2, 0.0) is None
    assert [check.admit(1, 1.0), check.admit(1, 1.5), check.admit(1, 2.0)] == [None, 1, None]


def test_a_breach_of_the_overall_limit_stops_every_chat() -> None:
    check = LimitCheck(Limits(overall_per_second=30))
    assert {check.admit(chat, 0.5) for chat in range(1, 31)} == {None}
    assert check.admit(31, 0.6) == 1
    assert check.admit(77, 1.55) == 1  # still shut out
    assert check.admit(77, 1.6) is None


def test_a_group_takes_twenty_a_minute() -> None:
    check = LimitCheck(Limits())
    assert {check.admit(-5, float(second)) for second in range(20)} == {None}
    assert check.admit(-5, 20.0) == 40
    assert check.admit(-5, 60.0) is None


def test_the_limits_remember_only_who_was_written_to_lately() -> None:
    check = LimitCheck(Limits(overall_per_second=100_000))
    for chat in range(30_000):
        assert check.admit(chat, chat * 0.01) is None
    assert len(check._chats) < 10_002
