"""The kinds of matter and the longest period that the law gives each; must not count.

Law: 민원처리법 시행령 제14조 to 제17조. A city may promise less (city/periods.yml), never take more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.periods import IMMEDIATE_HOURS, Period, Unit

HOURS_PER_DAY = 8


@dataclass(frozen=True)
class Matter:
    """A kind of matter with its period.

    `kind` is the kind of a case. `period` is None where each law sets its own (법정), so that it must
    be given by the service.
    """

    id: str
    kind: str
    period: str | None
    law: str


LEGAL, TALK = "법정", "소통"
LAW_MATTERS: tuple[Matter, ...] = (
    Matter(LEGAL, LEGAL, None, "그 민원을 정한 법령"),
    Matter("질의-법령", "질의", "14d", "시행령 14조 1항 1호"),
    Matter("질의-제도", "질의", "7d", "시행령 14조 1항 2호"),
    Matter("건의", "건의", "14d", "시행령 15조"),
    Matter("기타", "기타", "즉시", "시행령 16조"),
    Matter("고충", "고충", "7d", "시행령 17조"),
    Matter(TALK, TALK, "3d", "시의 약속"),
)
# 기타 may have a period that the agency sets (시행령 16조), 소통 is the city's own promise.
MOST_DAYS: Mapping[str, int] = {"질의-법령": 14, "질의-제도": 7, "건의": 14, "고충": 7}


def is_within_law(matter: str, period: Period) -> bool:
    """Whether a period is no longer than the law gives this matter."""
    most = MOST_DAYS.get(matter)
    return most is None or working_hours(period) <= most * HOURS_PER_DAY


def is_within_kind(kind: str, period: Period) -> bool:
    """Whether some matter of this kind may take that long."""
    most = [MOST_DAYS.get(each.id) for each in LAW_MATTERS if each.kind == kind]
    return None in most or any(
        working_hours(period) <= days * HOURS_PER_DAY for days in most if days is not None
    )


def working_hours(period: Period) -> float:
    """About how many working hours a period holds, to compare lengths (a month: 21 days)."""
    days = {Unit.DAYS: 1, Unit.WEEKS: 5, Unit.MONTHS: 21, Unit.YEARS: 250}
    if period.unit is Unit.IMMEDIATE:
        return IMMEDIATE_HOURS
    if period.unit is Unit.HOURS:
        return period.count
    return period.count * days[period.unit] * HOURS_PER_DAY
