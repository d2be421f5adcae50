"""What Telegram refuses becomes one of our errors; nothing of what it said goes on."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bots.telegram_client import TelegramClient
from bots.telegram_errors import AlreadyDone, PollConflict, TokenRefused, translate
from bots.telegram_sender import TelegramFiles
from core.errors import (
    AddressChanged,
    AnswerLost,
    ChannelClosed,
    PermanentFailure,
    ProviderAway,
    RateLimited,
    SotongError,
    TemporaryFailure,
)
from core.inbound import RemoteFile
from tests.peers.telegram_sim import TelegramSim

TOKEN = "700000001:test-token"


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramSim]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    with TelegramSim() as sim:
        yield sim


@pytest.fixture
def client(sim: TelegramSim) -> Iterator[TelegramClient]:
    client = TelegramClient(token=sim.token, api_url=sim.url)
    yield client
    client.close()


def refused(client: TelegramClient) -> Any:
    with pytest.raises(SotongError) as caught:
        client.call(lambda bot: bot.send_message(1, "가로등이 꺼졌어요"))
    return caught.value


# HTTP status, description → our class and code
ANSWERS = [
    (403, "Forbidden: bot was blocked by the user", ChannelClosed, "blocked"),
    (403, "Forbidden: user is deactivated", ChannelClosed, "deactivated"),
    (403, "Forbidden: bot can't initiate conversation with a user", ChannelClosed, "never_started"),
    (403, "Forbidden: bot can't send messages to bots", ChannelClosed, "is_a_bot"),
    (403, "Forbidden: bot was kicked from the supergroup chat", ChannelClosed, "kicked"),
    (403, "Forbidden: bot is not a member of the channel chat", ChannelClosed, "kicked"),
    (403, "Forbidden: something new", ChannelClosed, "forbidden"),
    (400, "Bad Request: chat not found", ChannelClosed, "chat_not_found"),
    (400, "Bad Request: PEER_ID_INVALID", ChannelClosed, "chat_not_found"),
    (400, "Bad Request: need administrator rights in the channel chat", ChannelClosed, "no_rights"),
    (400, "Bad Request: not enough rights to send text messages", ChannelClosed, "no_rights"),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", ChannelClosed, "no_rights"),
    (400, "Bad Request: message is not modified: as it was", AlreadyDone, "not_modified"),
    (400, "Bad Request: message to edit not found", PermanentFailure, "message_gone"),
    (400, "Bad Request: message can't be edited", PermanentFailure, "message_too_old"),
    (400, "Bad Request: query is too old and response timeout expired", PermanentFailure, "press_too_old"),
    (400, "Bad Request: message text is empty", PermanentFailure, "empty"),
    (400, "Bad Request: message is too long", PermanentFailure, "too_long"),
    (400, "Bad Request: message caption is too long", PermanentFailure, "too_long"),
    (400, "Bad Request: can't parse entities: Unsupported start tag", PermanentFailure, "markup"),
    (400, "Bad Request: file is too big", PermanentFailure, "file_too_large"),
    (400, "Bad Request: wrong file_id or the file is temporarily unavailable", PermanentFailure, "file_lost"),
    (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", PermanentFailure, "photo_unreadable"),
    (400, "Bad Request: IMAGE_PROCESS_FAILED", PermanentFailure, "photo_unreadable"),
    (400, "Bad Request: BUTTON_DATA_INVALID", PermanentFailure, "bad_request"),
    (401, "Unauthorized", TokenRefused, None),
    (409, "Conflict: terminated by other getUpdates request", PollConflict, None),
    (500, "Internal Server Error", AnswerLost, None),
    (502, "Bad Gateway", AnswerLost, None),
    (503, "Service Unavailable", AnswerLost, None),
    (504, "Gateway Timeout", AnswerLost, None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "words", "kind", "code"), ANSWERS)
def test_each_refusal_has_its_error_and_keeps_its_words(sim, client, status, words, kind, code):
    sim.user(1)
    sim.fail("sendMessage", status, description=f"{words} (for 010-1234-5678 at {sim.token})")
    error = refused(client)
    assert type(error) is kind
    assert getattr(error, "code", None) == code
    assert error.__cause__ is None
    assert error.__suppress_context__
    for secret in (sim.token, "test-token", "010-1234-5678", words):
        assert secret not in f"{error} {error!r} {error.args}"


@pytest.mark.parametrize("seconds", [1, 30, 10_072])
def test_a_wait_that_telegram_asks_for_is_kept_to_the_second(sim, client, seconds) -> None:
    sim.user(1)
    sim.fail("sendMessage", 429, retry_after=seconds)
    error = refused(client)
    assert (type(error), error.retry_after) == (RateLimited, seconds)


def test_too_fast_without_a_time_waits_all_the_same() -> None:
    error = translate(NetworkError("Too Many Requests (429)"))
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None


def test_a_group_that_moved_says_where(sim, client) -> None:
    sim.user(1)
    group = sim.group(-5, kind="group")
    group.migrate(-1005)
    with pytest.raises(AddressChanged) as moved:
        client.call(lambda bot: bot.send_message(-5, "안녕하세요"))
    assert moved.value.new_address == "-1005"


def test_who_is_not_there_any_more_closes_the_chat(sim, client) -> None:
    sim.user(1).block()
    assert refused(client).code == "blocked"
    sim.user(1).deactivate()
    assert refused(client).code == "deactivated"


def test_a_dead_token_loses_no_message(sim) -> None:
    client = TelegramClient(token="1:other", api_url=sim.url)
    try:
        error = refused(client)
    finally:
        client.close()
    assert isinstance(error, TemporaryFailure)
    assert error.retry_after is not None
    assert error.retry_after >= 60


def test_an_answer_that_never_came_leaves_it_open_whether_it_arrived(sim, client) -> None:
    user = sim.user(1)
    sim.drop_answer("sendMessage")
    assert type(refused(client)) is AnswerLost
    assert len(user.messages) == 1


def test_a_server_that_is_not_there_got_nothing(sim) -> None:
    client = TelegramClient(token=sim.token, api_url="http://127.0.0.1:9")
    try:
        error = refused(client)
    finally:
        client.close()
    assert type(error) is ProviderAway
    assert "127.0.0.1" not in str(error)


def test_a_file_that_is_gone_is_not_taken_for_a_dead_token(sim, client) -> None:
    sim.user(1).send_photo(b"picture")
    (reference,) = [file.file_id for file in sim.world.files.values() if file.data == b"picture"]
    files = TelegramFiles(client)
    assert files.fetch(RemoteFile(reference)) == b"picture"
    sim.lose_file(sim.world.files[reference].path)
    with pytest.raises(TemporaryFailure) as gone:
        files.fetch(RemoteFile(reference))
    assert gone.value.retry_after is None
    with pytest.raises(PermanentFailure) as unknown:
        files.fetch(RemoteFile("none"))
    assert unknown.value.code == "file_lost"


# The library raises each of them with the network's own error as its cause.
CAUSES: list[tuple[type[NetworkError], type[httpx.TransportError], type[TemporaryFailure]]] = [
    (TimedOut, httpx.ConnectTimeout, ProviderAway),
    (TimedOut, httpx.PoolTimeout, ProviderAway),
    (NetworkError, httpx.ConnectError, ProviderAway),
    (TimedOut, httpx.ReadTimeout, AnswerLost),
    (TimedOut, httpx.WriteTimeout, AnswerLost),
    (NetworkError, httpx.ReadError, AnswerLost),
    (NetworkError, httpx.WriteError, AnswerLost),
    (NetworkError, httpx.RemoteProtocolError, AnswerLost),
]


@pytest.mark.parametrize(("raised", "cause", "kind"), CAUSES)
def test_only_what_never_left_this_machine_is_surely_not_sent(raised, cause, kind) -> None:
    words = f"https://api.telegram.org/bot{TOKEN}/sendMessage"
    try:
        raise raised(words) from cause(words)
    except TelegramError as error:
        ours = translate(error)
    assert type(ours) is kind
    assert TOKEN not in f"{ours!r}"


@pytest.mark.parametrize(
    "error",
    [
        BadRequest(f"Url {TOKEN} invalid"),
        Forbidden(f"Forbidden: {TOKEN}"),
        Conflict(TOKEN),
        InvalidToken(f"The token `{TOKEN}` was rejected by the server."),
        EndPointNotFound(TOKEN),
        NetworkError(TOKEN),
        TimedOut(TOKEN),
        RetryAfter,
        ChatMigrated(-1005),
        TelegramError(TOKEN),
    ],
    ids=lambda error: getattr(error, "__name__", type(error).__name__),
)
def test_no_word_of_theirs_goes_on(error, monkeypatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    ours = translate(error if isinstance(error, TelegramError) else error(5))
    assert isinstance(ours, SotongError)
    assert TOKEN.casefold() not in f"{ours!r} {ours} {vars(ours)}".casefold()


# ---- the client -------------------------------------------------------------------------------


def test_a_client_that_was_closed_calls_nobody_and_starts_no_thread(sim, client) -> None:
    sim.user(1)
    client.call(lambda bot: bot.send_message(1, "안녕하세요"))
    client.close()
    client.close()
    with pytest.raises(TemporaryFailure):
        client.call(lambda bot: bot.send_message(1, "안녕하세요"))
    client.spawn(lambda bot, _ended: bot.send_message(1, "안녕하세요"))()
    assert client.me_if_known() is None
    assert "telegram" not in [thread.name for thread in threading.enumerate()]
    assert len(sim.user(1).messages) == 1


def test_whoever_waits_for_an_answer_is_told_at_once_when_the_client_closes(sim, client) -> None:
    sim.user(1)
    sim.delay("sendMessage", 30)
    errors: list[SotongError] = []
    waiting = threading.Thread(target=lambda: errors.append(refused(client)))
    waiting.start()
    until = time.monotonic() + 5
    while "telegram" not in [one.name for one in threading.enumerate()]:
        assert time.monotonic() < until
        time.sleep(0.005)
    begun = time.monotonic()
    client.close()
    waiting.join(10)
    assert time.monotonic() - begun < 10
    assert isinstance(errors[0], TemporaryFailure)


def test_while_telegram_is_away_the_bots_name_is_asked_for_once_at_a_time(sim, client) -> None:
    sim.delay("getMe", 0.3)
    assert [client.me_if_known() for _ in range(20)] == [None] * 20
    until = time.monotonic() + 5
    while client.me_if_known() is None and time.monotonic() < until:
        time.sleep(0.01)
    assert sim.counts["getMe"] == 1


def test_what_goes_wrong_in_the_background_is_not_logged_in_its_words(client, caplog) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError(f"https://api.telegram.org/bot{TOKEN}/x")

    with caplog.at_level("DEBUG"):
        client.spawn(fail)
        client.close()
        gc.collect()
    assert "RuntimeError" in caplog.text
    assert TOKEN not in caplog.text
