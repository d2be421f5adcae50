"""The settings of the ways to departments, a part of `app.settings.Settings`. Must not read the secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from app.settings_parts import http_address, variable


class DepartmentSettings(BaseModel):
    """Webhooks, mail, and where departments reach the internal app."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("smtp_password",)

    department_secrets: Path | None = Field(
        None,
        description="YAML or JSON file (0600): department id → out, back, retired: lists of whsec_…",
    )
    department_ca_file: Path | None = Field(
        None,
        description="PEM file of the city's own certificate authority, trusted beside the usual ones",
    )
    internal_base_url: str = Field(
        "",
        description="where departments reach the internal app, in the photos' addresses; default: its "
        "own host and port",
    )
    smtp_host: str = Field("", description="the city's mail server; needed for departments by mail")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    smtp_user: str = Field("", description="name at the mail server; empty: no log-in")
    smtp_password: str = Field("", repr=False, description="password at the mail server")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls (from the first byte), or none (not in production)"
    )
    mail_from: str = Field("", description="address from which mails to departments come")

    @field_validator("internal_base_url")
    @classmethod
    def _internal_address(cls, value: str) -> str:
        return http_address(value)

    @field_validator("department_secrets", "department_ca_file")
    @classmethod
    def _absolute_file(cls, value: Path | None) -> Path | None:
        return None if value is None else Path(os.path.abspath(value.expanduser()))

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
