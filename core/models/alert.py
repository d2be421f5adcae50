"""Table of what operators have been told of. Must not hold rules: ``core.alerts`` writes it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class AlertState(Base):
    """One thing that is wrong now, or was until a moment ago. What is well has no row."""

    __tablename__ = "alert_state"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    since: Mapped[datetime]
    # When it was last found wrong.
    seen_at: Mapped[datetime]
    # When operators were last told; None: not yet, it may pass by itself.
    told_at: Mapped[datetime | None] = mapped_column(default=None)
    times: Mapped[int] = mapped_column(default=0)
    # Our own words: numbers and codes, nothing of a citizen.
    text: Mapped[str] = mapped_column(Text, default="")
    advice: Mapped[str] = mapped_column(Text, default="")
