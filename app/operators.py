"""The ways to the operators: a Telegram chat and mail. Must carry no citizen's data."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from typing import TYPE_CHECKING, Protocol

from app.settings import Settings
from app.settings_parts import variable
from core.errors import PermanentFailure, TemporaryFailure

if TYPE_CHECKING:
    from bots.telegram_client import TelegramClient

SECONDS = 10.0


class OperatorChannel(Protocol):
    """One way to the operators."""

    @property
    def name(self) -> str:
        """For the log and the command line."""
        ...

    def send(self, *, title: str, text: str) -> None:
        """Tell them. Raises TemporaryFailure or PermanentFailure."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class TelegramOperators:
    """A chat in which the city's bot speaks to operators."""

    name = "telegram"

    def __init__(self, client: TelegramClient, *, chat: int) -> None:
        self._client = client
        self._chat = chat

    def send(self, *, title: str, text: str) -> None:
        """One message. Raises the client's errors."""
        words = f"{title}\n{text}"[:4000]
        self._client.call(lambda bot: bot.send_message(self._chat, words), patience=SECONDS)

    def close(self) -> None:
        """Close the client."""
        self._client.close()


class MailOperators:
    """A mail to each operator."""

    name = "mail"

    def __init__(self, settings: Settings, *, context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._context = context

    def send(self, *, title: str, text: str) -> None:
        """One mail to all. Raises TemporaryFailure or PermanentFailure("mail_refused")."""
        settings = self._settings
        mail = EmailMessage()
        mail["Subject"], mail["From"] = title, settings.mail_from
        mail["To"] = settings.operators_mail.replace(",", ", ")
        mail.set_content(text)
        try:
            with self._connect() as server:
                if settings.smtp_user:
                    server.login(settings.smtp_user, settings.smtp_password)
                server.send_message(mail)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPRecipientsRefused) as error:
            raise PermanentFailure("mail_refused", f"mail: {type(error).__name__}") from None
        except (smtplib.SMTPException, OSError) as error:
            # The kind alone: a server's words may repeat addresses.
            raise TemporaryFailure(f"mail: {type(error).__name__}") from None

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.smtp_tls == "tls":
            return smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=SECONDS, context=self._tls()
            )
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SECONDS)
        if settings.smtp_tls == "starttls":
            try:
                server.starttls(context=self._tls())
            except BaseException:
                server.close()
                raise
        return server

    def _tls(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()

    def close(self) -> None:
        """Nothing stays open."""


def make_operator_channels(
    settings: Settings, *, telegram: Callable[[], TelegramClient | None]
) -> tuple[OperatorChannel, ...]:
    """The ways that the settings ask for; none when they name nobody."""
    channels: list[OperatorChannel] = []
    if settings.operators_telegram_chat:
        client = telegram()
        if client is not None:
            chat = int(settings.operators_telegram_chat)
            channels.append(TelegramOperators(client, chat=chat))
    if settings.operators_mail and settings.smtp_host and settings.mail_from:
        channels.append(MailOperators(settings))
    return tuple(channels)


def missing_settings(settings: Settings) -> list[str]:
    """Variables without which a way that the settings ask for does not work."""
    missing = []
    if settings.operators_telegram_chat and not settings.telegram_token:
        missing.append("telegram_token")
    if settings.operators_mail:
        missing += [name for name in ("smtp_host", "mail_from") if not getattr(settings, name)]
    return [variable(name) for name in missing]
