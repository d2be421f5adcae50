"""Works out which day, month or year is meant when the year or month is left out; reads no date itself.

Nothing here asks the clock: today is given, weeks begin on Monday.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

WEEKDAYS = "월화수목금토일"
# As near as this, a day to come is meant rather than one almost a year ago.
NEAR_FUTURE = 62
LONG_PAST = 240
_CLAUSE = re.compile(r"(?:(?![요까죠나다](?:\s|$))[^.?!,\n]){0,28}")
_FUTURE_PREFIX = re.compile(r"(?<!비 )(?<!눈 )(?:오는|돌아오는|다가오는)\s?$")
_PAST_PREFIX = re.compile(r"(?:지난|저번)\s?$")
_UNTIL = re.compile(r"\s?(?:까지|전까지|이내)")
_COMING = re.compile(
    r"예정|계획|하나요|할까|[가-힣]ㄹ까|[할될갈올릴을]\s?(?:거|것|게|까|수|예정|건)|되나요|되나\b|돼요\?|여나요|여는|시작하|열리|"
    r"해도 되|가도 되|[가-힣]려고|려는|려면|쉬나요|하는데요?\?|신청하면|싶|부탁|주세요"
)
# 계약한, 태어난, 받은: what is told of the day is over.
_TOLD = re.compile(
    r"^(?:에|날|자로|일자로)?\s*(?:[가-힣]+\s)?[가-힣]*[한된난은낸간온본산운친진던](?=\s|[가-힣]?\s)"
)


def valid_day(year: int, month: int, day: int) -> date | None:
    """The day, or None when the calendar has none."""
    if not (1 <= month <= 12 and 1 <= year <= 9998 and day >= 1):
        return None
    return date(year, month, day) if day <= calendar.monthrange(year, month)[1] else None


def added_months(day: date, months: int) -> tuple[int, int]:
    """Year and month so many months away."""
    count = day.year * 12 + day.month - 1 + months
    return count // 12, count % 12 + 1


def month_value(year: int, month: int) -> str | None:
    """YYYY-MM, or None for a month that is none."""
    return f"{year:04d}-{month:02d}" if 1 <= month <= 12 and 1 <= year <= 9998 else None


def shifted(day: date, days: int) -> str | None:
    """The ISO date so many days away, or None outside the calendar."""
    try:
        return (day + timedelta(days=days)).isoformat()
    except OverflowError:
        return None


def direction(text: str, start: int, end: int) -> int:
    """Whether text[start:end] is spoken of as past (-1) or to come (1), or 0 where nothing says so."""
    before = text[max(0, start - 8) : start]
    if text.startswith(("지난", "오는"), start):
        return -1 if text[start] == "지" else 1
    if _FUTURE_PREFIX.search(before) or _UNTIL.match(text, end):
        return 1
    if _PAST_PREFIX.search(before):
        return -1
    clause = text[end : end + 28]
    found = _CLAUSE.match(clause)
    clause = found.group() if found else ""
    if any(_is_past(character) for character in clause) or _TOLD.match(clause):
        return -1
    return 1 if _COMING.search(text, end) else 0


def _is_past(syllable: str) -> bool:
    """Whether a syllable ends in ㅆ and is not 있 or 겠: 했, 났, 왔."""
    code = ord(syllable) - 0xAC00
    return 0 <= code < 11172 and code % 28 == 20 and syllable not in "있겠"


def nearest_day(month: int, day: int, *, today: date, leaning: int) -> date | None:
    """The day of a month without a year: the last one, or the next where it lies near or is meant."""
    years = range(today.year - 8, today.year + 9)
    days = [each for year in years if (each := valid_day(year, month, day)) is not None]
    past = max((each for each in days if each <= today), default=None)
    coming = min((each for each in days if each > today), default=None)
    if past is None or coming is None:
        return past or coming
    if past == today:
        return today
    return coming if _comes((today - past).days, (coming - today).days, leaning) else past


def nearest_month(month: int, *, today: date, leaning: int) -> str | None:
    """YYYY-MM of a month without a year, nearly as a day's."""
    if not 1 <= month <= 12:
        return None
    back = (today.month - month) % 12
    if back == 0:
        return month_value(today.year, month)
    # Only the next month lies near: 1월 said in November is the one that was.
    ahead = 12 - back
    comes = ahead * 30 <= 300 if leaning > 0 else leaning == 0 and ahead == 1
    months = ahead if comes else -back
    return month_value(*added_months(today, months))


def nearest_day_of_month(day: int, *, today: date, leaning: int) -> date | None:
    """A day without month: of this month, or where it is to come and past already, of the next."""
    months = [added_months(today, count) for count in range(-2, 4)]
    days = [each for month in months if (each := valid_day(*month, day)) is not None]
    past = max((each for each in days if each <= today), default=None)
    coming = min((each for each in days if each > today), default=None)
    return (coming if leaning > 0 else past) or past or coming


def nearest_weekday(weekday: int, *, today: date, leaning: int) -> date:
    """A weekday without a week; today counts, unless another one is clearly meant."""
    back = (today.weekday() - weekday) % 7
    if back == 0:
        return today
    return today + timedelta(days=7 - back) if leaning > 0 else today - timedelta(days=back)


def _comes(past: int, coming: int, leaning: int) -> bool:
    if leaning:
        return leaning > 0 and coming <= 300
    return coming <= NEAR_FUTURE and past >= LONG_PAST
