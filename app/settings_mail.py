"""The settings of outgoing mail, a part of `app.settings.Settings`. Must ask nobody whether they work."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from app.settings_parts import variable


class MailSettings(BaseModel):
    """The mail server through which everything leaves: to departments and to operators."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("smtp_password",)

    smtp_host: str = Field(
        "", description="mail server for departments and alerts; without one no mail is sent"
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    smtp_user: str = Field("", description="name at the mail server; empty: no log-in")
    smtp_password: str = Field("", repr=False, description="password at the mail server")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls (from the first byte), or none (not in production)"
    )
    mail_from: str = Field("", description="address from which our mails come")

    @field_validator("mail_from")
    @classmethod
    def _a_mailbox(cls, value: str) -> str:
        if value and (value.count("@") != 1 or not value.isascii() or " " in value):
            raise ValueError("expected an address such as minwon@city.example")
        return value

    @model_validator(mode="after")
    def _mail_fits(self) -> Self:
        if self.smtp_host and not self.mail_from:
            raise ValueError(
                f"{variable('smtp_host')} is set without {variable('mail_from')}: set the address "
                "from which mails come"
            )
        if getattr(self, "environment", "") == "production" and self.smtp_tls == "none":
            raise ValueError(
                f"{variable('smtp_tls')}=none sends citizens' words in the clear: use starttls or tls"
            )
        return self
