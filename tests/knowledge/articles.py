"""Articles for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from knowledge.articles import Article
from knowledge.markdown import sanitise


def make_article(key: str = "birth-support", **changes: Any) -> Article:
    values: dict[str, Any] = {
        "title": "출산하면 받을 수 있는 지원",
        "body": sanitise(
            "아기가 태어난 집은 첫만남이용권을 받아요.\n\n## 얼마나\n\n첫째는 200만 원이에요."
        ),
        "source": "https://www.example.go.kr/policy/birth-support",
        "department": "welfare",
        "valid_from": date(2026, 1, 1),
        "verified_on": date(2026, 4, 1),
        "keywords": ("출산", "아기"),
    }
    return Article(key=key, **{**values, **changes})
