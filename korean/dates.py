"""Finds days, months and years in a text and reads them as ISO values; must not ask the clock.

Today (in Asia/Seoul) is given. A value is YYYY-MM-DD, YYYY-MM or YYYY; what names no such thing
(지난주, 다음 달 말, 추석 연휴) has none. Spans of time (3일 동안), repeated days (월요일마다) and numbers of
laws or houses are no dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from korean import numerals
from korean.date_values import (
    WEEKDAYS,
    added_months,
    direction,
    month_value,
    nearest_day,
    nearest_day_of_month,
    nearest_month,
    nearest_weekday,
    shifted,
    valid_day,
)
from korean.date_words import DAYS_AGO, FEASTS, MONTHS, SINO_MONTHS, WEEKS, YEARS
from korean.normalise import normalise

LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class DateSpan:
    """A date at text[start:end]; `value` is YYYY-MM-DD, YYYY-MM, YYYY or None."""

    start: int
    end: int
    text: str
    value: str | None


@dataclass(frozen=True)
class _Here:
    """What a reader needs beside its match: the text, today, the date before, feast days."""

    text: str
    today: date
    before: str | None
    # The date before, when this one is the end of what begins there: 3월부터 5월까지.
    since: str | None
    feasts: Mapping[str, date]

    def leaning(self, found: re.Match[str]) -> int:
        return direction(self.text, found.start(), found.end())


_Reader = Callable[[re.Match[str], _Here], "str | None"]


def _one_of(words: Mapping[str, object], space_before: str = "") -> str:
    """The words as alternatives, the longest first; a space may stand before their last syllable."""
    listed = sorted(words, key=len, reverse=True)
    if not space_before:
        return "|".join(map(re.escape, listed))
    return "|".join(
        f"{w[:-1]}\\s?{w[-1]}" if w[-1] == space_before and len(w) > 2 else w for w in listed
    )


_NO_WORD = r"(?<![가-힣0-9A-Za-z])"
_NO_FIGURE = r"(?<![\d.,/\-])"
_WEEKDAY = r"(?:\s?\(?(?:[월화수목금토일]요일|(?<=\()[월화수목금토일](?=\)))\)?)?"
_DAY_NUMBER = rf"(?:\d{{1,2}}|{numerals.SINO})"
_PART = (
    r"\s?(?:말일|말|초순|초|중순|하순|상순|중반|상반기|하반기|[1-4]\s?/?\s?4?분기|봄|여름|가을|겨울|설|추석|(?:첫째|둘째|셋째|넷째|마지막|첫)\s?주(?:\s?[월화수목금토일]요일)?)"
    r"(?:\s?연휴)?(?![가-힣]{2}동)"
)
_YEAR_WORD = f"(?:{_one_of(YEARS)})"
_AGO = (
    r"(?P<way>전(?![화기체용문달단역철동혀망개광선원]|부(?!터))|뒤(?!편|쪽|에서)|후(?![문기원보]))"
)
_COUNT = rf"(?:\d{{1,3}}|{numerals.SINO}|{numerals.NATIVE})"


def _year_of(word: str | None, here: _Here) -> int | None:
    if not word:
        return None
    plain = word.strip("'’ ").removesuffix("도")
    if plain in YEARS:
        return here.today.year + YEARS[plain]
    figures = re.match(r"\d+", plain)
    if figures is None:
        return None
    number = int(figures.group())
    return 2000 + number if number < 100 else number


def _full(found: re.Match[str], here: _Here) -> str | None:
    year = _year_of(found["y"], here)
    day = valid_day(year or 0, int(found["m"]), int(found["d"])) if year else None
    return day.isoformat() if day else ""


def _year_month(found: re.Match[str], here: _Here) -> str | None:
    year = _year_of(found["y"], here)
    month = _month_number(found["m"])
    if not year or not month:
        return ""
    if found["part"]:
        return None
    if found["d"]:
        day = valid_day(year, month, numerals.number(found["d"]) or 0)
        return day.isoformat() if day else ""
    return month_value(year, month) or ""


def _month_number(word: str) -> int | None:
    plain = word.removesuffix("월").strip()
    return int(plain) if plain.isdigit() else SINO_MONTHS.get(word.replace(" ", ""))


def _month_day(found: re.Match[str], here: _Here) -> str | None:
    month = _month_number(found["m"])
    day = numerals.number(found["d"])
    if not month or not day:
        return ""
    if here.since:
        year = int(here.since[:4])
        days = (valid_day(year + more, month, day) for more in (0, 1))
        return next((d.isoformat() for d in days if d and d.isoformat() >= here.since), "")
    nearest = nearest_day(month, day, today=here.today, leaning=here.leaning(found))
    return nearest.isoformat() if nearest else ""


def _month(found: re.Match[str], here: _Here) -> str | None:
    month = _month_number(found["m"])
    if not month or (found["m"] in ("일월", "이월")):
        return ""
    if found["part"]:
        return None
    if here.since:
        year = int(here.since[:4])
        return month_value(year + (f"{month:02d}" < here.since[5:7]), month) or ""
    return nearest_month(month, today=here.today, leaning=here.leaning(found)) or ""


def _year(found: re.Match[str], here: _Here) -> str | None:
    if found["part"]:
        return None
    year = _year_of(found["y"], here)
    return f"{year:04d}" if year and 1900 <= year <= 2100 else ""


def _relative_month(found: re.Match[str], here: _Here) -> str | None:
    year, month = added_months(here.today, MONTHS[found["w"].replace(" ", "")])
    if found["part"]:
        return None
    if found["d"]:
        day = valid_day(year, month, numerals.number(found["d"]) or 0)
        return day.isoformat() if day else ""
    return month_value(year, month)


def _week(found: re.Match[str], here: _Here) -> str | None:
    if not found["d"]:
        return None
    weeks = WEEKS.get(found["w"].replace(" ", ""), 0)  # 금주
    days = 7 * weeks + WEEKDAYS.index(found["d"]) - here.today.weekday()
    return shifted(here.today, days)


def _near_weekday(found: re.Match[str], here: _Here) -> str | None:
    weekday = WEEKDAYS.index(found["d"])
    away = (weekday - here.today.weekday()) % 7
    if found["p"] in ("지난", "저번"):
        return shifted(here.today, away - 7)
    if found["p"] in ("오는", "다음", "돌아오는", "다가오는"):
        return shifted(here.today, away or 7)
    if found["p"] == "이번":
        return shifted(here.today, weekday - here.today.weekday())
    leaning = here.leaning(found)
    return nearest_weekday(weekday, today=here.today, leaning=leaning).isoformat()


def _day_word(found: re.Match[str], here: _Here) -> str | None:
    return shifted(here.today, DAYS_AGO[found["w"].replace(" ", "")])


def _ago(found: re.Match[str], here: _Here) -> str | None:
    sign = -1 if found["way"] == "전" else 1
    if found["days"]:
        return shifted(here.today, sign * numerals.DAYS[found["days"]])
    count = numerals.number(found["n"])
    if not count:
        return ""
    unit = found["u"].replace(" ", "")
    if unit == "일":
        return shifted(here.today, sign * count)
    if unit in ("주", "주일"):
        return shifted(here.today, sign * 7 * count)
    if unit in ("달", "개월"):
        return month_value(*added_months(here.today, sign * count))
    return f"{here.today.year + sign * count:04d}"


def _bare_day(found: re.Match[str], here: _Here) -> str | None:
    number = int(found["d"])
    if not 1 <= number <= 31:
        return ""
    if here.before and len(here.before) >= 7:
        year, month = int(here.before[:4]), int(here.before[5:7])
        day = valid_day(year, month, number)
    else:
        leaning = here.leaning(found)
        day = nearest_day_of_month(number, today=here.today, leaning=leaning)
    return day.isoformat() if day else ""


def _short(found: re.Match[str], here: _Here) -> str | None:
    nearest = nearest_day(
        int(found["m"]), int(found["d"]), today=here.today, leaning=here.leaning(found)
    )
    return nearest.isoformat() if nearest else ""


def _feast(found: re.Match[str], here: _Here) -> str | None:
    name = found["w"]
    if name in here.feasts:
        return here.feasts[name].isoformat()
    if name not in FEASTS or found["more"]:
        return None
    day = nearest_day(*FEASTS[name], today=here.today, leaning=here.leaning(found))
    return day.isoformat() if day else None


def _unknown(found: re.Match[str], here: _Here) -> str | None:
    return None


_BARE_DAY_ENDS = (
    r"(?=경|쯤|께|\s?,\s?\d{1,2}일|까지|부터|에(?!서|는\s?안)|자(?![가-힣])|날|로(?!\s?부터)|\?|이?랑|도\s|"
    r"인데|이면|이라|\s?$|\s?\()"
)
_YEARS_ALONE = _one_of({word: years for word, years in YEARS.items() if word != "올"})
_M = rf"(?P<m>\d{{1,2}}월|{_NO_WORD}(?:{_one_of(SINO_MONTHS)}))"
# Each is tried where those before it found nothing; a reader answers "" for what is no date after all.
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (
            rf"{_NO_FIGURE}(?P<y>'?(?:19|20)\d{{2}}|'\d{{2}}|\d{{2}}(?=\.|년))\s?(?P<s>[-./]|년)\s?(?P<m>\d{{1,2}})\s?(?:[-./]|월)\s?(?P<d>\d{{1,2}})(?!\d|[-/]\d)(?:\s?일|\.)?{_WEEKDAY}",
            _full,
        ),
        (
            r"(?<![\d\-])(?P<y>20\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?![\d\-])",
            _full,
        ),
        (
            rf"(?P<y>{_NO_FIGURE}'?(?:(?:19|20)\d{{2}}|\d{{2}})년|{_NO_WORD}{_YEAR_WORD})\s?(?P<m>\d{{1,2}}월|{_one_of(SINO_MONTHS)})(?:(?P<part>{_PART})|\s?(?P<d>{_DAY_NUMBER})일(?![간째]){_WEEKDAY})?",
            _year_month,
        ),
        (
            rf"{_NO_FIGURE}(?P<y>20\d{{2}})(?P<part>)[-.](?P<m>0[1-9]|1[0-2])(?P<d>)(?![\d\-.])",
            _year_month,
        ),
        (
            rf"(?P<w>{_one_of(MONTHS, '달')})"
            rf"(?:(?P<part>{_PART})|\s?(?P<d>{_DAY_NUMBER})일(?![간째]){_WEEKDAY})?(?!력|콤|팽)",
            _relative_month,
        ),
        (
            rf"{_NO_FIGURE}(?:(?:지난|오는)\s)?{_M}\s?(?P<d>{_DAY_NUMBER})일(?![간째]){_WEEKDAY}",
            _month_day,
        ),
        (
            rf"{_NO_FIGURE}{_M}\s?(?P<d>\d{{1,2}})(?=\s?[~,\-]\s?\d{{1,2}}일)",
            _month_day,
        ),
        (
            rf"{_NO_FIGURE}(?<!매년\s)(?<!해마다\s){_M}(?P<part>{_PART})?(?![드세급요동]|[가-힣]동)",
            _month,
        ),
        (
            rf"(?P<y>{_NO_FIGURE}(?:(?:19|20)\d{{2}}년도?|'\d{{2}}년도?|\d{{2}}년도)|{_NO_WORD}(?:{_YEARS_ALONE})(?:(?<=년)도(?!\s?안))?)"
            rf"(?P<part>{_PART})?(?![생산형째식])",
            _year,
        ),
        (
            rf"{_NO_WORD}(?:올\s?(?:봄|여름|가을|겨울|초|상반기|하반기)|지난\s?(?:봄|여름|가을|겨울))(?=[\s에부까의이은]|$)",
            _unknown,
        ),
        (
            rf"(?P<w>{_one_of(WEEKS, '주')}|금주(?=\s?[월화수목금토일]요일))"
            r"(?:\s?(?P<d>[월화수목금토일])(?:요일|욜|(?=\s|에))|\s?주?말|\s?중반|\s?중|\s?초)?"
            r"(?!민|차(?!례)|택|유)",
            _week,
        ),
        (
            r"(?<!매주 )(?<!매주)(?<!격주)(?<!격주 )(?<!째 )(?<!째)"
            r"(?:(?P<p>지난|저번|오는|돌아오는|다가오는|다음|이번)\s?)?"
            r"(?P<d>[월화수목금토일])(?:요일|욜)(?!\s?마다|\s?\d|[들엔장]|에는)",
            _near_weekday,
        ),
        (r"(?:지난|이번|저번|다음)\s?주말", _unknown),
        (
            rf"{_NO_WORD}(?:엊그제|엊그저께|반년\s?전|며칠\s?전(?!화)|몇\s?(?:주|달|개월|년)\s?전(?!화))",
            _unknown,
        ),
        (
            rf"(?<![가-힣](?=[가-힣]))(?P<w>(?!낼\s?(?:수|거|것|게|까(?!지)|돈|만|려|때))(?:{_one_of(DAYS_AGO)}|내일\s?모레))(?!배움|채움|야|서야|의\s?집|시장|날씨앱)",
            _day_word,
        ),
        (
            rf"{_NO_WORD}(?:(?P<days>{_one_of(numerals.DAYS)})|(?P<n>{_COUNT})\s?(?P<u>일|주일?|달|개월|년))\s?{_AGO}",
            _ago,
        ),
        (
            rf"{_NO_WORD}(?P<w>{_one_of(FEASTS)}|설날|구정|추석|한가위|설(?=\s?(?:연휴|명절)|에))(?P<more>\s?(?:연휴|명절|전날|다음날|이브))?(?=에|때|날|까지|부터|\s?당일|은|는|이나|도|\s?$|\s(?:쓰레기|휴무))",
            _feast,
        ),
        (
            r"(?<!의 )(?<![\d./])(?P<m>0?[1-9]|1[0-2])\s?/\s?(?P<d>[12]\d|3[01]|0?[1-9])(?![\d/])"
            r"(?:일(?!자))?(?:\s?\([월화수목금토일]\))?(?=일자|자|에|까지|부터|인|이|은|날|\s|,|~|$|일)",
            _short,
        ),
        (
            rf"{_NO_FIGURE}(?P<m>0?[1-9]|1[0-2])\.\s?(?P<d>[12]\d|3[01]|0?[1-9])\.?(?=\s?(?:일자|자\s|\([월화수목금토일]\)|까지|부터|에\s))",
            _short,
        ),
        (
            rf"(?<![\d./\-])(?<!월\s)(?<!월)(?<!매달\s)(?<!매월\s)(?:(?:지난|오는)\s)?(?P<d>\d{{1,2}})일{_BARE_DAY_ENDS}(?!에\s?한)",
            _bare_day,
        ),
    )
)


_FROM = re.compile(r"\s?(?:부터|에서|~|-)\s?")


def find_dates(
    raw: str, *, today: date, feasts: Mapping[str, date] | None = None
) -> list[DateSpan]:
    """The dates in the first 2,000 characters, in order; offsets refer to `raw`. Never raises.

    `feasts` names the days of feasts that move (설날, 추석) where a calendar knows them.
    """
    whole = normalise(raw[:LONGEST_TEXT])
    found: list[DateSpan] = []
    before: str | None = None
    for start, end, value in _dates(whole.text, today, feasts or {}):
        first, last = whole.raw_span(start, end)
        found.append(DateSpan(first, last, raw[first:last], value))
        before = value or before
    return found


def _dates(
    text: str, today: date, feasts: Mapping[str, date]
) -> Iterator[tuple[int, int, str | None]]:
    spans: list[tuple[int, int, str | None]] = []
    taken = bytearray(len(text))
    for pattern, reader in _READERS:
        for found in pattern.finditer(text):
            start, end = found.span()
            if any(taken[start:end]):
                continue
            earlier = None
            if reader in (_bare_day, _month, _month_day):
                earlier = max((e for e in spans if e[1] <= start and e[2]), default=None)
            before = earlier[2] if earlier else None
            linked = earlier and _FROM.fullmatch(text, earlier[1], start)
            since = before if before and len(before) >= 7 and linked else None
            value = reader(found, _Here(text, today, before, since, feasts))
            # What looks like a day and is none (2월 30일) is no month either.
            if value == "" and reader not in (_full, _month_day):
                continue
            taken[start:end] = b"\x01" * (end - start)
            if value != "":
                spans.append((start, end, value))
    yield from sorted(spans, key=lambda each: each[0])
