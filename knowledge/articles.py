"""What a policy article is, as plain data; must not read files, tables or Markdown.

An article answers only inside its own time: one that has expired never does.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from core.errors import Refused

LONGEST_TITLE = 300
LONGEST_BODY = 100_000
LONGEST_SOURCE = 500
MOST_WORDS = 50  # keywords, audiences, related articles: of each
LONGEST_WORD = 120
KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,119}")


@dataclass(frozen=True)
class Article:
    """One article as the city approved it.

    Attributes:
        key: short name in small Latin letters; links and measurements use it.
        body: sanitised Markdown (``knowledge.markdown``).
        department: id of city/departments.yml; "" where an import does not say.
        source: the page or the publication that it is cited from, never empty.
        valid_to: the last day on which it may answer.
        verified_on: when a person last compared it with its source.
        related: keys of other articles.
        sample: written to try the service out, not official.
    """

    key: str
    title: str
    body: str
    source: str
    department: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    verified_on: date | None = None
    keywords: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    sample: bool = False

    @property
    def content_hash(self) -> str:
        """Hash of title and body without regard to spaces and forms of Unicode."""
        words = "\0".join(_plain(part) for part in (self.title, self.body))
        return hashlib.sha256(words.encode()).hexdigest()

    def answers_on(self, day: date) -> bool:
        """Whether it may answer on this day (Seoul)."""
        return answers_on(day, valid_from=self.valid_from, valid_to=self.valid_to)


def answers_on(day: date, *, valid_from: date | None, valid_to: date | None) -> bool:
    """Whether a day is inside the time of an article, both ends included."""
    begun = valid_from is None or valid_from <= day
    return begun and (valid_to is None or day <= valid_to)


def checked(article: Article) -> Article:
    """The article, if every rule holds.

    Raises Refused: ``article_key``, ``article_title``, ``article_body``, ``article_source``,
    ``article_words`` (too many or too long), ``article_dates`` (it would end before it begins).
    """
    if not KEY.fullmatch(article.key):
        raise Refused("article_key", key=article.key[:LONGEST_WORD])
    if not 0 < len(article.title.strip()) <= LONGEST_TITLE:
        raise Refused("article_title", most=LONGEST_TITLE)
    if not 0 < len(article.body.strip()) <= LONGEST_BODY:
        raise Refused("article_body", most=LONGEST_BODY)
    if not 0 < len(article.source.strip()) <= LONGEST_SOURCE:
        raise Refused("article_source", most=LONGEST_SOURCE)
    for words in (article.keywords, article.audience, article.related):
        if len(words) > MOST_WORDS or any(not 0 < len(each) <= LONGEST_WORD for each in words):
            raise Refused("article_words", most=MOST_WORDS, longest=LONGEST_WORD)
    if article.valid_from and article.valid_to and article.valid_to < article.valid_from:
        raise Refused("article_dates")
    return article


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())
