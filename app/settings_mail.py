"""The settings of outgoing mail, a part of `app.settings.Settings`. Must ask nobody whether they work."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, Field


class MailSettings(BaseModel):
    """The mail server through which everything leaves."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("smtp_password",)

    smtp_host: str = Field("", description="mail server; without one no mail is sent")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    smtp_user: str = Field("", description="account at the mail server; without one no sign-in")
    smtp_password: str = Field("", repr=False, description="password of that account")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="starttls, tls (from the first byte), or none (a server on this machine)",
    )
    mail_from: str = Field("", description="sender's address of our mails")
