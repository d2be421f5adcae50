"""The way out to Telegram: sends parts, fetches files, shows "입력 중…". Must not decide what is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import InvalidToken

from bots.telegram_client import TelegramClient
from bots.telegram_parse import CHANNEL, FILE_LIMIT
from bots.telegram_render import (
    AlbumPart,
    Keyboard,
    Part,
    PhotoPart,
    PointPart,
    TextPart,
    render_parts,
)
from core.deliveries import Outgoing
from core.errors import PermanentFailure, TemporaryFailure
from core.inbound import RemoteFile
from core.pacing import Allowance, Pace
from core.ports import Sent
from core.texts import Texts

# Telegram allows about 30 messages a second, one a second to a chat with short bursts, and 20 a
# minute to a group (Bots FAQ, "My bot is hitting limits"). A little less, so that messages which the
# network bunches up do not break the limit.
PACE = Pace(
    overall=Allowance(timedelta(seconds=1 / 29.5)),
    private=Allowance(timedelta(seconds=1), burst=4),
    group=Allowance(timedelta(seconds=4), burst=5),
    # Time for ten pictures over a slow line.
    answers_within=timedelta(seconds=45),
)
# The sign that somebody writes lasts five seconds (Bot API, sendChatAction).
TYPING_EVERY = 4.5


class TelegramSender:
    """Sends deliveries to Telegram's chats, groups and channels."""

    channel = CHANNEL
    pace = PACE

    def __init__(
        self, client: TelegramClient, *, texts: Texts, load_image: Callable[[int], bytes]
    ) -> None:
        """``load_image`` reads a stored picture by its attachment's id."""
        self._client = client
        self._texts = texts
        self._load_image = load_image

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """In a private chat twice is better than never: there is no way to look up what arrived.

        What everybody reads is not said twice on a guess: a person decides.
        """
        return outgoing.visibility == "private"

    def send(self, outgoing: Outgoing) -> Sent:
        """Send one part. Raises what ``core.ports.Sender`` names."""
        parts = render_parts(outgoing.reply, delivery_id=outgoing.delivery_id, texts=self._texts)
        if outgoing.part >= len(parts):
            raise PermanentFailure("empty")
        part = parts[outgoing.part]
        common = {"chat_id": _chat(outgoing.address), "reply_parameters": _replying(outgoing)}
        message_id = self._client.call(
            self._sending(part, common), patience=PACE.answers_within.total_seconds()
        )
        return Sent(str(message_id), parts_left=len(parts) - outgoing.part - 1)

    def _sending(self, part: Part, common: dict[str, Any]) -> Callable[[Bot], Any]:
        async def text(bot: Bot, part: TextPart) -> Message:
            return await bot.send_message(
                text=part.html,
                parse_mode=ParseMode.HTML,
                reply_markup=_markup(part.keyboard),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                **common,
            )

        async def photo(bot: Bot, part: PhotoPart, data: bytes) -> Message:
            return await bot.send_photo(
                photo=data,
                filename="photo.jpg",
                caption=part.html or None,
                parse_mode=ParseMode.HTML,
                reply_markup=_markup(part.keyboard),
                **common,
            )

        async def album(bot: Bot, part: AlbumPart, files: list[bytes]) -> Message:
            media = [InputMediaPhoto(data, filename=f"{n}.jpg") for n, data in enumerate(files, 1)]
            sent = await bot.send_media_group(
                media=media,
                caption=part.html or None,
                parse_mode=ParseMode.HTML if part.html else None,
                **common,
            )
            return sent[0]

        async def point(bot: Bot, part: PointPart) -> Message:
            return await bot.send_location(
                latitude=part.point.lat, longitude=part.point.long, **common
            )

        # Pictures are read here, in the caller's thread: the loop serves everybody.
        files: list[bytes] = []
        if isinstance(part, PhotoPart):
            files = [self._load_image(part.image.attachment_id)]
        elif isinstance(part, AlbumPart):
            files = [self._load_image(image.attachment_id) for image in part.images]

        async def send(bot: Bot) -> int:
            if isinstance(part, TextPart):
                sent = await text(bot, part)
            elif isinstance(part, PhotoPart):
                sent = await photo(bot, part, files[0])
            elif isinstance(part, AlbumPart):
                sent = await album(bot, part, files)
            else:
                sent = await point(bot, part)
            return int(sent.message_id)

        return send


class TelegramFiles:
    """What citizens sent to the bot, by Telegram's file id."""

    def __init__(self, client: TelegramClient) -> None:
        self._client = client

    def fetch(self, file: RemoteFile) -> bytes:
        """The content; see ``core.ports.FileSource``."""

        async def download(bot: Bot) -> bytes:
            found = await bot.get_file(file.reference)
            if found.file_size is not None and found.file_size > FILE_LIMIT:
                raise PermanentFailure("file_too_large")
            try:
                return bytes(await found.download_as_bytearray())
            except InvalidToken:
                # The library's word for "not found". The token was good a moment ago: it is the file.
                raise TemporaryFailure("telegram: the file is not there") from None

        return self._client.call(download)


class TelegramPresence:
    """ "입력 중…" above the chat."""

    def __init__(self, client: TelegramClient) -> None:
        self._client = client

    @contextmanager
    def working(self, address: str) -> Iterator[None]:
        """Show it until the block ends."""

        async def show(bot: Bot) -> None:
            while True:
                await bot.send_chat_action(chat_id=_chat(address), action=ChatAction.TYPING)
                await asyncio.sleep(TYPING_EVERY)

        end = self._client.spawn(show)
        try:
            yield
        finally:
            end()


class TelegramLinks:
    """Links that open the private chat with the bot."""

    def __init__(self, client: TelegramClient) -> None:
        self._client = client

    def link(self, context: str) -> str | None:
        """``https://t.me/<bot>?start=<context>``, once the bot's name is known."""
        me = self._client.me_if_known()
        return f"https://t.me/{me.username}?start={context}" if me is not None else None


class TelegramAnswers:
    """What happens to a pressed button: the touch is answered, the choice stays visible."""

    def __init__(self, client: TelegramClient) -> None:
        self._client = client

    def answer_press(self, callback_id: str, *, notice: str = "") -> None:
        """End the button's spinning. At once and never twice: Telegram waits only a moment."""

        async def answer(bot: Bot) -> None:
            await bot.answer_callback_query(callback_id, text=notice or None)

        self._client.spawn(answer)

    def keep_only(self, address: str, message_id: int, *, choice: tuple[str, str] | None) -> None:
        """Leave the chosen button (title, data) under the question, or none."""
        rows = [[InlineKeyboardButton(f"✓ {choice[0]}", callback_data=choice[1])]] if choice else []

        async def edit(bot: Bot) -> None:
            await bot.edit_message_reply_markup(
                chat_id=_chat(address),
                message_id=message_id,
                reply_markup=InlineKeyboardMarkup(rows),
            )

        self._client.spawn(edit)


def _chat(address: str) -> int | str:
    return address if address.startswith("@") else int(address)


def _replying(outgoing: Outgoing) -> ReplyParameters | None:
    """In a group the answer hangs on the question, so that everybody sees whose it is."""
    _, _, message_id = (outgoing.in_reply_to or "").partition(":")
    if not message_id.isdecimal():
        return None
    return ReplyParameters(int(message_id), allow_sending_without_reply=True)


def _markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    if not keyboard:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(b.title, callback_data=b.data, url=b.url) for b in row]
            for row in keyboard
        ]
    )
