"""What Telegram's refusals mean to us, in one table. Must not pass on its words: they may hold data."""

from __future__ import annotations

import httpx
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
)

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

# A part of Telegram's description (lower case) → our code. These chats are closed for good.
CLOSED = {
    "bot was blocked by the user": "blocked",
    "user is deactivated": "deactivated",
    "chat not found": "chat_not_found",
    "bot was kicked": "kicked",
    "bot is not a member": "kicked",
    "bot can't initiate conversation": "never_started",
    "bot can't send messages to bots": "is_a_bot",
    "peer_id_invalid": "chat_not_found",
    "group chat was deactivated": "chat_not_found",
    "have no rights to send": "no_rights",
    "not enough rights": "no_rights",
    "need administrator rights": "no_rights",
    "chat_write_forbidden": "no_rights",
}
# These messages will never go out, but the chat is fine.
PERMANENT = {
    "message to edit not found": "message_gone",
    "message can't be edited": "message_too_old",
    "message to delete not found": "message_gone",
    "message can't be deleted": "message_too_old",
    "message_delete_forbidden": "message_too_old",
    "query is too old": "press_too_old",
    "message text is empty": "empty",
    "message is too long": "too_long",
    "caption is too long": "too_long",
    "can't parse entities": "markup",
    "file is too big": "file_too_large",
    "wrong file_id": "file_lost",
    "file is temporarily unavailable": "file_lost",
    "invalid file_id": "file_lost",
    "photo_invalid_dimensions": "photo_unreadable",
    "image_process_failed": "photo_unreadable",
}
# It is already as it should be.
DONE = ("message is not modified",)
DEAD_TOKEN_WAIT = 60.0
# Another process polls: it must end first.
CONFLICT_WAIT = 5.0
# "Too many requests" without a time.
UNTOLD_WAIT = 30.0
# The request never left this machine.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class AlreadyDone(PermanentFailure):
    """Nothing was to be changed."""


class TokenRefused(ProviderAway):
    """The token is wrong or was revoked; an operator can mend it, and no citizen's message must be lost."""


class PollConflict(TemporaryFailure):
    """Updates go elsewhere: to a webhook, or to another process that polls."""


def translate(error: TelegramError) -> SotongError:
    """One of our errors for one of the library's."""
    text = error.message.lower()
    if isinstance(error, RetryAfter):
        wait = error._retry_after.total_seconds()
        return RateLimited("telegram: too fast", wait)
    if isinstance(error, ChatMigrated):
        return AddressChanged(str(error.new_chat_id))
    if isinstance(error, InvalidToken):
        return TokenRefused("telegram: the token is not accepted", DEAD_TOKEN_WAIT)
    if isinstance(error, Conflict):
        return PollConflict("telegram: another process polls this bot", CONFLICT_WAIT)
    if isinstance(error, EndPointNotFound):
        return PermanentFailure("unknown_method")
    if any(part in text for part in DONE):
        return AlreadyDone("not_modified")
    for part, code in CLOSED.items():
        if part in text:
            return ChannelClosed(code)
    for part, code in PERMANENT.items():
        if part in text:
            return PermanentFailure(code)
    if isinstance(error, Forbidden):
        return ChannelClosed("forbidden")
    if isinstance(error, BadRequest):
        return PermanentFailure("bad_request")
    if "too many requests" in text:
        return RateLimited("telegram: too fast", UNTOLD_WAIT)
    if isinstance(error, NetworkError):
        if isinstance(error.__cause__, _NOT_SENT):
            return ProviderAway("telegram: not reached")
        # A status of 5xx came back, unless the connection itself broke.
        troubled = not isinstance(error.__cause__, httpx.HTTPError)
        return AnswerLost("telegram: no answer", troubled=troubled)
    return AnswerLost(f"telegram: {type(error).__name__}")
