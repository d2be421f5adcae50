"""What a public page tells of an article, in words. Must not read the database or make HTML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from core.city import City, Department, UnknownName
from knowledge.articles import Article
from knowledge.catalogue import Entry
from knowledge.showing import Block, Line, blocks, pieces

State = Literal["current", "ended", "later"]


@dataclass(frozen=True)
class ShownArticle:
    """One article as everybody may read it. Days are Korean words; "" where there is none.

    What has ended or has not begun brings no text: nobody may take it for what holds today.
    """

    key: str
    title: str
    state: State
    blocks: tuple[Block, ...]
    summary: str
    department: Department | None
    source: Line
    verified: str
    begins: str
    ends: str
    keywords: tuple[str, ...]
    audience: tuple[str, ...]
    related: tuple[Entry, ...]
    sample: bool


def shown(article: Article, *, related: Iterable[Entry], city: City, today: date) -> ShownArticle:
    """The article as it stands on this day (Seoul)."""
    state = state_of(article.valid_from, article.valid_to, today=today)
    content = blocks(article.body) if state == "current" else ()
    return ShownArticle(
        key=article.key,
        title=article.title,
        state=state,
        blocks=content,
        summary=_summary(content),
        department=department_of(city, article.department),
        source=pieces(article.source),
        verified=korean_date(article.verified_on),
        begins=korean_date(article.valid_from),
        ends=korean_date(article.valid_to),
        keywords=article.keywords,
        audience=article.audience,
        related=tuple(related),
        sample=article.sample,
    )


def state_of(valid_from: date | None, valid_to: date | None, *, today: date) -> State:
    """Where a day stands to the time of an article."""
    if valid_to is not None and valid_to < today:
        return "ended"
    return "later" if valid_from is not None and today < valid_from else "current"


def department_of(city: City, department_id: str) -> Department | None:
    """The department, where the city still knows it."""
    try:
        return city.department(department_id)
    except UnknownName:
        return None


def korean_date(day: date | None) -> str:
    """``2026년 5월 4일``."""
    return "" if day is None else f"{day.year}년 {day.month}월 {day.day}일"


def _summary(content: tuple[Block, ...]) -> str:
    """The first paragraph, for lists of search engines and previews of messengers."""
    first = next((block for block in content if block.kind == "text"), None)
    return "" if first is None else "".join(piece.text for piece in first.lines[0])[:150]
