"""The settings of the queues, a part of `app.settings.Settings`. Must hold no rules of the queues."""

from __future__ import annotations

from pydantic import BaseModel, Field


class QueueSettings(BaseModel):
    """How the processes share the work."""

    lease_seconds: float = Field(
        6.0,
        ge=1.0,
        le=120.0,
        description="seconds that a conversation waits for a process that died while answering; a living "
        "one renews it",
    )
