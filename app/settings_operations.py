"""The settings of watching and keeping the service, a part of `Settings`. Must not ask whether they work."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import BaseModel, Field, field_validator

from app.settings_parts import http_address

MIN_TOKEN_LENGTH = 24
_CHAT = re.compile(r"-?[0-9]{1,20}")
_MAIL = re.compile(r"[^@\s,<>]{1,64}@[^@\s,<>]{1,190}")
_COMMIT = re.compile(r"[0-9A-Za-z._-]{1,64}")


class OperationsSettings(BaseModel):
    """Health, readiness and what else an operator watches."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("metrics_token",)

    commit: str = Field(
        "",
        description="commit of the running code; default: the file `.commit` that `make bootstrap` writes",
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="text, or json: one object a line, for a log collector"
    )
    worker_host: str = Field(
        "127.0.0.1", description="address on which the worker tells its health and figures"
    )
    worker_port: int = Field(
        8082, ge=0, le=65535, description="port of the worker's health and figures; 0: none"
    )
    ready_seconds: int = Field(
        300,
        ge=1,
        description="seconds a message may wait (in or out, broadcasts apart) before `/readyz` says no",
    )

    metrics_token: str = Field(
        "",
        repr=False,
        description="what Prometheus must show as bearer token at `/metrics` (24 or more characters); "
        "without it there is no `/metrics`",
    )

    otel_endpoint: str = Field(
        "",
        description="OpenTelemetry collector (OTLP over HTTP), such as http://127.0.0.1:4318; without one "
        "nothing is traced",
    )
    operators_telegram_chat: str = Field(
        "",
        description="Telegram chat (its number) in which the bot tells operators what is wrong",
    )
    operators_mail: str = Field(
        "", description="mail addresses, with commas between, that are told what is wrong"
    )
    alert_minutes: int = Field(
        10, ge=1, description="minutes a message may wait (in or out) before operators are told"
    )
    alert_again_hours: int = Field(
        6, ge=1, description="hours after which operators are told again of what is still wrong"
    )
    alert_disk_mb: int = Field(
        2000, ge=0, description="megabytes of free disk below which operators are told"
    )
    alert_certificate: str = Field(
        "",
        description="name (or name:port) of the public https address whose certificate is watched",
    )
    files_day_mb: int = Field(
        200,
        ge=0,
        description="megabytes of files that one citizen may send in 24 hours; 0: no limit",
    )
    files_floor_mb: int = Field(
        500, ge=0, description="megabytes of free disk below which files are refused, words never"
    )
    backup_hours: int = Field(
        26, ge=0, description="hours after which a missing backup is a fault; 0: none is expected"
    )

    @field_validator("otel_endpoint")
    @classmethod
    def _collector(cls, value: str) -> str:
        return http_address(value)

    @field_validator("operators_telegram_chat")
    @classmethod
    def _a_chat(cls, value: str) -> str:
        if value and not _CHAT.fullmatch(value):
            raise ValueError("expected the number of a chat, such as -1001234567890")
        return value

    @field_validator("operators_mail")
    @classmethod
    def _addresses(cls, value: str) -> str:
        addresses = [each.strip() for each in value.split(",") if each.strip()]
        if not all(_MAIL.fullmatch(each) for each in addresses):
            raise ValueError("expected mail addresses with commas between them")
        return ",".join(addresses)

    @field_validator("metrics_token")
    @classmethod
    def _long_enough_token(cls, value: str) -> str:
        if value and len(value) < MIN_TOKEN_LENGTH:
            raise ValueError(f"expected at least {MIN_TOKEN_LENGTH} characters")
        return value

    @field_validator("commit")
    @classmethod
    def _a_commit(cls, value: str) -> str:
        if value and not _COMMIT.fullmatch(value):
            raise ValueError("expected a commit's name, such as 1a2b3c4d")
        return value
