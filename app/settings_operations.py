"""The settings of watching and keeping the service, a part of `Settings`. Must not ask whether they work."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import BaseModel, Field, field_validator

MIN_TOKEN_LENGTH = 24
_COMMIT = re.compile(r"[0-9A-Za-z._-]{1,64}")


class OperationsSettings(BaseModel):
    """Health, readiness and what else an operator watches."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("metrics_token",)

    commit: str = Field(
        "",
        description="commit of the running code; default: the file `.commit` that `make bootstrap` writes",
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
