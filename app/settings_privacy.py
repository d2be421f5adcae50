"""The settings of the citizens' rights, a part of `app.settings.Settings`. Must hold no rules."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, Field, field_validator

from app.settings_parts import http_address


class PrivacySettings(BaseModel):
    """Where citizens are led for their data, and where erasures are written down."""

    public_base_url: str = Field(
        "",
        description="public https address of the citizens' pages, for links in messages; without it a "
        "messenger gets no link to the own data",
    )
    erasure_ledger: Path | None = Field(
        None,
        description="file that outlives the database and names erased conversations, so that a restore "
        "erases them again; default: <var_dir>/erasures.jsonl",
    )

    @field_validator("public_base_url")
    @classmethod
    def _public_address(cls, value: str) -> str:
        return http_address(value)

    @field_validator("erasure_ledger")
    @classmethod
    def _absolute_ledger(cls, value: Path | None) -> Path | None:
        return None if value is None else Path(os.path.abspath(value.expanduser()))
