"""The settings of the ways to departments, a part of `app.settings.Settings`. Must not read the secrets."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, Field, field_validator

from app.settings_parts import http_address


class DepartmentSettings(BaseModel):
    """Webhooks, and where departments reach the internal app."""

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

    @field_validator("internal_base_url")
    @classmethod
    def _internal_address(cls, value: str) -> str:
        return http_address(value)

    @field_validator("department_secrets", "department_ca_file")
    @classmethod
    def _absolute_file(cls, value: Path | None) -> Path | None:
        return None if value is None else Path(os.path.abspath(value.expanduser()))
