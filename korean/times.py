"""Finds times of day, read as HH:MM; must not take hours that pass (두 시간) or offices (시청) for one.

An hour without 오전, 오후 or the like has a value only where it can be but one: 14시, 17:25, 12시.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from korean import numerals
from korean.normalise import normalise

LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class TimeSpan:
    """A time of day at text[start:end]; `value` is HH:MM (Asia/Seoul) or None."""

    start: int
    end: int
    text: str
    value: str | None


_HALF = r"(?:AM|PM|am|pm|오전|오후|새벽|아침|점심|한낮|대낮|낮|저녁|한밤|밤)"
_HOURS = "한|두|세|네|다섯|여섯|일곱|여덟|여덜|아홉|열한|열하나|열두|열둘|열"
_TIME = re.compile(
    rf"(?:(?P<half>{_HALF})\s?)?(?:"
    r"(?<![\d:.,/\-])(?P<clock>[01]?\d|2[0-4]):(?P<past>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
    rf"|(?:(?<![\d.,/:\-])(?P<hour>[01]?\d|2[0-4])\s?|(?<![가-힣])(?P<word>{_HOURS})\s?"
    rf"|(?<=[전후벽침심낮녁밤])(?P<glued>{_HOURS})\s?)"
    r"시(?!간|민|장|청|내(?!로)|설|작|의|행|도(?!\s)|적|름|바삐|끄|위|댁|키|급|세)(?:\s?(?P<minute>\d{1,2}|[일이삼사오십]{1,4})\s?분|\s?(?P<thirty>반)(?!대|장|찬|지|복|응|려|포|드시|영|상))?(?:\s?정각)?"
    r")"
    r"|(?P<noon>(?<![가-힣])정오(?![가-힣]{2})|(?<![가-힣])자정(?!작용|능력))"
)
# Open day and night, not a time: 24시 편의점.
_ALWAYS_OPEN = re.compile(r"24시(?!\s?(?:까지|부터|에|이후|전|$))")
_RANGE = re.compile(r"\s?(?:부터|에서|~|-|이랑|하고|,)\s?")
_EVENING = re.compile(r"(?:어젯|그젯|오늘|간|지난|한)\s?밤\s?$")


def find_times(raw: str) -> list[TimeSpan]:
    """The times in the first 2,000 characters, in order; offsets refer to `raw`. Never raises."""
    whole = normalise(raw[:LONGEST_TEXT])
    text = whole.text
    spans: list[TimeSpan] = []
    half, last = "", (-1, 0)
    for found in _TIME.finditer(text):
        if found["word"] == "한" and text.startswith(("도 못", "도 안", "도 쉬"), found.end()):
            continue  # 한시도 못 쉬어요
        if found["hour"] == "24" and _ALWAYS_OPEN.match(text, found.start("hour")):
            continue
        carried = bool(half) and _RANGE.fullmatch(text[last[0] : found.start()]) is not None
        own = found["half"] or ("밤" if _EVENING.search(text[: found.start()][-6:]) else "")
        minutes = _minutes(found, own or (half if carried else ""))
        if minutes is not None and carried and not own and minutes <= last[1]:
            minutes += 12 * 60  # 오전 10시부터 2시까지
        value = None
        if minutes is not None:
            value = f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
        elif not _is_hour(found):
            continue
        start, end = whole.raw_span(*found.span())
        spans.append(TimeSpan(start, end, raw[start:end], value))
        half = own or (half if carried else "")
        last = (found.end(), minutes or 0)
    return spans


def _is_hour(found: re.Match[str]) -> bool:
    hour, minute = _parts(found)
    return hour is not None and minute is not None


def _parts(found: re.Match[str]) -> tuple[int | None, int | None]:
    """Hour and minute as said, without regard to the half of the day."""
    if found["clock"]:
        return int(found["clock"]), int(found["past"])
    word = found["hour"] or found["word"] or found["glued"]
    hour = numerals.number({"열하나": "열한", "열둘": "열두"}.get(word, word))
    minute = 30 if found["thirty"] else 0
    if found["minute"]:
        said = numerals.number(found["minute"])
        return hour, said if said is not None and said < 60 else None
    return hour, minute


def _minutes(found: re.Match[str], half: str) -> int | None:
    """Minutes since midnight, or None where the half of the day is open."""
    if found["noon"]:
        return 12 * 60 if found["noon"].startswith("정오") else 0
    hour, minute = _parts(found)
    if hour is None or minute is None:
        return None
    if hour > 12 or hour == 0:
        return hour % 24 * 60 + minute
    if not half:
        return hour * 60 + minute if hour == 12 or found["clock"] else None
    return _hour_of(hour, half) * 60 + minute


def _hour_of(hour: int, half: str) -> int:
    """The hour from 0 to 23 of an hour from 1 to 12 and a part of the day."""
    if half in ("오전", "새벽", "아침", "AM", "am"):
        return hour % 12
    if half in ("점심", "낮", "한낮", "대낮"):
        return hour + 12 if hour < 7 else hour
    if half in ("밤", "한밤"):
        return hour % 12 + 12 if 6 <= hour < 12 else hour % 12
    return hour % 12 + 12
