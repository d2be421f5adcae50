"""A search for policy articles that finds what a test puts there, and remembers what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.errors import TemporaryFailure
from core.policy_port import Cited, FoundArticle, PolicyFound

PASSPORT = Cited(
    key="passport",
    version=3,
    title="여권 만들기",
    sentences=("10년 여권은 5만 원이에요.", "급할 때 쓰는 긴급 여권은 4만 8천 원이에요."),
    source="https://www.example.go.kr/policy/passport",
    department="welfare",
    verified_on=date(2026, 4, 1),
)
PARKING = Cited(
    key="parking",
    version=1,
    title="공영 주차장 요금",
    sentences=("주차 요금은 10분에 300원이에요.",),
    source="시 누리집",
)


@dataclass
class Shelf:
    """Nothing stands on it at first, so nothing is found."""

    found: PolicyFound = field(default_factory=PolicyFound)
    articles: dict[str, Cited] = field(default_factory=dict)
    away: bool = False
    asked: list[str] = field(default_factory=list)
    read_of: list[tuple[str, str, str | None]] = field(default_factory=list)

    def put(self, *articles: Cited, sureness: float = 0.95, **found: Any) -> None:
        """The first one answers whatever is asked; all can be read."""
        self.articles |= {each.key: each for each in articles}
        listed = tuple(
            FoundArticle(each.key, each.title, 5.0 - at) for at, each in enumerate(articles)
        )
        values = {"abstained": False, "cited": articles[0]} | found
        self.found = PolicyFound(articles=listed, sureness=sureness, **values)

    def search(self, question: str, *, most: int = 5) -> PolicyFound:
        if self.away:
            raise TemporaryFailure("no index", 5.0)
        self.asked.append(question)
        return self.found

    def read(self, key: str, question: str, *, aspect: str | None = None) -> Cited | None:
        self.read_of.append((key, question, aspect))
        return self.articles.get(key)
