"""Words a moment for a citizen, in Seoul time. Must not compute due times (core.clock does)."""

from __future__ import annotations

from datetime import datetime

from core.clock import KST

_DAYS = "월화수목금토일"


def in_korean(at: datetime) -> str:
    """A moment such as "5월 4일(월) 오후 6시" or "… 오전 9시 30분". ``at`` must be aware."""
    local = at.astimezone(KST)
    half = "오전" if local.hour < 12 else "오후"
    hour = local.hour if local.hour in (0, 12) else local.hour % 12
    minutes = f" {local.minute}분" if local.minute else ""
    return f"{local.month}월 {local.day}일({_DAYS[local.weekday()]}) {half} {hour}시{minutes}"
