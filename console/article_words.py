"""What officers read of policy articles: states, fields, who wrote them, in Korean. Must not decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

STATES = {"all": "모두", "due": "확인할 글", "ended": "끝난 글", "sample": "견본 글"}
REASONS = {
    "expired": "기간이 끝났어요",
    "ends_soon": "30일 안에 끝나요",
    "never_verified": "확인한 적이 없어요",
    "verified_long_ago": "확인한 지 180일이 지났어요",
}
FIELDS = {
    "title": "제목",
    "department": "담당 부서",
    "source": "출처",
    "valid_from": "시작하는 날",
    "valid_to": "마지막 날",
    "verified_on": "확인한 날",
    "keywords": "찾는 말",
    "audience": "누구에게",
    "related": "함께 볼 글",
    "sample": "견본",
}
_WRITERS = {"system": "처음 넣은 글", "cli": "서버 명령줄"}


def day(value: date | None) -> str:
    """``2026. 5. 4.``; a dash where there is none."""
    return "-" if value is None else f"{value.year}. {value.month}. {value.day}."


def span(first: date | None, last: date | None) -> str:
    """From when until when something holds."""
    if first is None and last is None:
        return "정하지 않음"
    if last is None:
        return f"{day(first)}부터"
    return f"{day(last)}까지" if first is None else f"{day(first)} ~ {day(last)}"


def writer(author: str, names: Mapping[int, str]) -> str:
    """Who made a version, from ``officer:3``, ``cli:…`` or ``system:seed``."""
    kind, _, number = author.partition(":")
    if kind == "officer" and number.isdigit():
        return names.get(int(number), "담당자")
    return _WRITERS.get(kind, "가져온 글")


def value(name: str, what: object) -> str:
    """A field's value in words; the department is named by the page."""
    if what is None or what in ("", ()):
        return "없음"
    if isinstance(what, date):
        return day(what)
    if isinstance(what, bool):
        return "견본" if what else "견본 아님"
    return ", ".join(what) if isinstance(what, tuple) else str(what)
