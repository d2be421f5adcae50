"""The way out to Telegram: sends parts, fetches files, shows "입력 중…". Must not decide what is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
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
from bots.telegram_errors import AlreadyDone
from bots.telegram_parse import CHANNEL, FILE_LIMIT
from bots.telegram_render import (
    AlbumPart,
    Keyboard,
    Part,
    PhotoPart,
    PointPart,
    TextPart,
    messages_in,
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
# network bunches up do not break the limit: the 31st goes 30 / 29.3 s - 8 ms = 1.016 s after the
# first at the earliest.
PACE = Pace(
    overall=Allowance(timedelta(seconds=1 / 29.3), late=timedelta(milliseconds=8)),
    private=Allowance(timedelta(seconds=1), burst=4),
    group=Allowance(timedelta(seconds=4), burst=5),
    # A chat whose message was on its way when its process died waits as long. Telegram answers words in
    # a fraction of a second, or it is in trouble.
    answers_within=timedelta(seconds=15),
    # Time for ten pictures over a slow line.
    pictures_within=timedelta(seconds=45),
)
# The sign that somebody writes lasts five seconds (Bot API, sendChatAction).
TYPING_EVERY = 4.5


class TelegramSender:
    """Sends deliveries to Telegram's chats, groups and channels."""

    channel = CHANNEL
    pace = PACE

    def __init__(
        self,
        client: TelegramClient,
        *,
        texts: Texts,
        load_image: Callable[[int], bytes],
        superseded: Callable[[Outgoing], str | None],
    ) -> None:
        """``load_image`` reads a stored picture by its attachment's id.

        ``superseded`` is the message whose open question a new one makes old, or None.
        """
        self._client = client
        self._texts = texts
        self._load_image = load_image
        self._superseded = superseded
        self._answers = TelegramAnswers(client)

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """In a private chat twice is better than never: there is no way to look up what arrived.

        What everybody reads is not said twice on a guess: a person decides. To change or delete a
        message twice is to do it once.
        """
        return outgoing.visibility == "private" or outgoing.action != "send"

    def send(self, outgoing: Outgoing) -> Sent:
        """Send one part, or do its ``action``. Raises what ``core.ports.Sender`` names."""
        if outgoing.action == "delete":
            return self._delete(outgoing)
        parts = render_parts(outgoing.reply, delivery_id=outgoing.delivery_id, texts=self._texts)
        if outgoing.part and outgoing.part == len(parts):
            return Sent()  # A person has found that the last part was out.
        if outgoing.part >= len(parts):
            raise PermanentFailure("empty")
        if outgoing.action == "edit":
            return self._edit(outgoing, parts)
        part = parts[outgoing.part]
        common = {"chat_id": _chat(outgoing.address), "reply_parameters": _replying(outgoing)}
        sending = self._client.call(self._sending(part, common), patience=_patience(outgoing))
        ids = tuple(str(each) for each in sending)
        if outgoing.kind == "reply" and outgoing.reply.choices and part == parts[-1]:
            self._end_old_question(outgoing)
        return Sent(ids[0], parts_left=len(parts) - outgoing.part - 1, provider_ids=ids)

    def _end_old_question(self, outgoing: Outgoing) -> None:
        """One set of buttons at a time: those of a question that was asked before are taken away."""
        old = self._superseded(outgoing)
        if old is not None:
            self._answers.keep_only(outgoing.address, int(old), choice=None)

    def _edit(self, outgoing: Outgoing, parts: tuple[Part, ...]) -> Sent:
        """Change the words of one part in place; pictures stay, so the parts must be the same."""
        sizes = [messages_in(part) for part in parts]
        if sum(sizes) != len(outgoing.targets):
            raise PermanentFailure("cannot_edit")
        part, begin = parts[outgoing.part], sum(sizes[: outgoing.part])
        ids = outgoing.targets[begin : begin + sizes[outgoing.part]]

        async def edit(bot: Bot) -> None:
            where: dict[str, Any] = {"chat_id": _chat(outgoing.address), "message_id": int(ids[0])}
            if isinstance(part, TextPart):
                await bot.edit_message_text(
                    text=part.html,
                    parse_mode=ParseMode.HTML,
                    reply_markup=_markup(part.keyboard),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                    **where,
                )
            elif not isinstance(part, PointPart):
                await bot.edit_message_caption(
                    caption=part.html,
                    parse_mode=ParseMode.HTML,
                    reply_markup=_markup(part.keyboard) if isinstance(part, PhotoPart) else None,
                    **where,
                )

        with suppress(AlreadyDone):
            self._client.call(edit, patience=_patience(outgoing))
        return Sent(ids[0], parts_left=len(parts) - outgoing.part - 1, provider_ids=ids)

    def _delete(self, outgoing: Outgoing) -> Sent:
        """All at once: half an album must not stay. What is gone already is passed over."""
        ids = [int(each) for each in outgoing.targets]
        self._client.call(
            lambda bot: bot.delete_messages(_chat(outgoing.address), ids),
            patience=_patience(outgoing),
        )
        return Sent()

    def _sending(
        self, part: Part, common: dict[str, Any]
    ) -> Callable[[Bot], Awaitable[tuple[int, ...]]]:
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

        async def album(bot: Bot, part: AlbumPart, files: list[bytes]) -> tuple[Message, ...]:
            media = [InputMediaPhoto(data, filename=f"{n}.jpg") for n, data in enumerate(files, 1)]
            return await bot.send_media_group(
                media=media,
                caption=part.html or None,
                parse_mode=ParseMode.HTML if part.html else None,
                **common,
            )

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

        async def send(bot: Bot) -> tuple[int, ...]:
            sent: tuple[Message, ...]
            if isinstance(part, TextPart):
                sent = (await text(bot, part),)
            elif isinstance(part, PhotoPart):
                sent = (await photo(bot, part, files[0]),)
            elif isinstance(part, AlbumPart):
                sent = await album(bot, part, files)
            else:
                sent = (await point(bot, part),)
            return tuple(message.message_id for message in sent)

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

        async def show(bot: Bot, ended: asyncio.Event) -> None:
            while not ended.is_set():
                await bot.send_chat_action(chat_id=_chat(address), action=ChatAction.TYPING)
                with suppress(TimeoutError):
                    async with asyncio.timeout(TYPING_EVERY):
                        await ended.wait()

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

        async def answer(bot: Bot, _ended: asyncio.Event) -> None:
            await bot.answer_callback_query(callback_id, text=notice or None)

        self._client.spawn(answer)

    def keep_only(self, address: str, message_id: int, *, choice: tuple[str, str] | None) -> None:
        """Leave the chosen button (title, data) under the question, or none."""
        markup = None
        if choice is not None:
            button = InlineKeyboardButton(f"✓ {choice[0]}", callback_data=choice[1])
            markup = InlineKeyboardMarkup([[button]])

        async def edit(bot: Bot, _ended: asyncio.Event) -> None:
            await bot.edit_message_reply_markup(
                chat_id=_chat(address),
                message_id=message_id,
                reply_markup=markup,
            )

        self._client.spawn(edit)


def _chat(address: str) -> int | str:
    return address if address.startswith("@") else int(address)


def _patience(outgoing: Outgoing) -> float:
    """Seconds after which nothing may be on its way any more: somebody else may take it then."""
    return PACE.answer_to(pictures=bool(outgoing.reply.images)).total_seconds()


def _replying(outgoing: Outgoing) -> ReplyParameters | None:
    """In a group the answer hangs on the question, so that everybody sees whose it is.

    A group that has moved since counts its messages anew: there the number is somebody else's.
    """
    chat_id, _, message_id = (outgoing.in_reply_to or "").partition(":")
    if chat_id != outgoing.address or not message_id.isdecimal():
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
