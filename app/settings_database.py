"""The settings of the database and its queues, a part of `app.settings.Settings`. Must open nothing."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import BaseModel, Field, field_validator

_KNOWN = re.compile(r"(sqlite(\+pysqlite)?:///|postgres(ql(\+psycopg)?)?://)")


class DatabaseSettings(BaseModel):
    """Which database, and how its queue of deliveries is worked."""

    # The address may hold a password.
    HIDDEN_DATABASE: ClassVar[tuple[str, ...]] = ("database_url",)

    database_url: str = Field(
        "",
        repr=False,
        description="SQLAlchemy address of the database; default: SQLite at <var_dir>/sotong.db",
    )

    delivery_threads: int = Field(
        32,
        ge=1,
        le=128,
        description="how many messages one process sends at once on channels that set no pace",
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not _KNOWN.match(value):
            raise ValueError("expected an address that begins with sqlite:/// or postgresql://")
        return value
