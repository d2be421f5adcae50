"""The settings of what the database and its queues need, a part of `app.settings.Settings`. Must open nothing."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DatabaseSettings(BaseModel):
    """How the queue of deliveries is worked."""

    delivery_threads: int = Field(
        32,
        ge=1,
        le=128,
        description="how many messages one process sends at once on channels that set no pace",
    )
