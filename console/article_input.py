"""Reads the form of an article. Must not save it; personal data in it is refused, never kept.

An article is for everybody, so there is no vault behind it: what looks like personal data is named, and an
officer either takes it out or says that everybody may know it (an office's number, a word that only reads
like a name). Numbers that name a person by law never pass (개인정보 보호법 24조, 24조의2).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date

from starlette.datastructures import FormData

from console.forms import plain
from core.errors import Refused
from core.put_away import hidden
from core.vault import TOKEN_NAMES
from knowledge.articles import KEY, LONGEST_WORD, MOST_WORDS, Article
from knowledge.markdown import sanitise
from korean.findings import CARD, PHONE
from korean.redact import Span, redact

LONGEST_TEXT = 20_000  # characters; a longer article is several
# What is shown of a form that was refused is what was typed, whole.
_LONGEST_TYPED = 10 * LONGEST_TEXT
_MOBILE = re.compile(r"01[016789]")


@dataclass(frozen=True)
class TypedArticle:
    """What stands in the form, as it was typed. Names are those of the form's fields."""

    title: str = ""
    body: str = ""
    department: str = ""
    source: str = ""
    valid_from: str = ""
    valid_to: str = ""
    keywords: str = ""
    audience: str = ""
    related: str = ""
    key: str = ""
    sample: str = ""
    verified: str = ""
    open_to_all: str = ""

    @classmethod
    def of(cls, form: FormData) -> TypedArticle:
        """The form's fields; ones that are not there are empty."""
        return cls(**{each.name: plain(form, each.name)[:_LONGEST_TYPED] for each in fields(cls)})

    @classmethod
    def from_article(cls, article: Article) -> TypedArticle:
        """The form of an article as it stands."""
        return cls(
            title=article.title,
            body=article.body,
            department=article.department,
            source=article.source,
            valid_from=_day_text(article.valid_from),
            valid_to=_day_text(article.valid_to),
            keywords=", ".join(article.keywords),
            audience=", ".join(article.audience),
            related=", ".join(article.related),
            key=article.key,
            sample="1" if article.sample else "",
        )


class PersonalWords(Exception):
    """An article holds what looks like personal data.

    ``found``: (kind in Korean, the words), for the page alone. ``passable``: a person may say
    that everybody may know all of it.
    """

    def __init__(self, found: tuple[tuple[str, str], ...], *, passable: bool) -> None:
        super().__init__("personal words")
        self.found, self.passable = found, passable


@dataclass(frozen=True)
class ReadArticle:
    """An article from a form. ``purpose``: what the audit log must say of it."""

    article: Article
    purpose: str


def read_article(
    typed: TypedArticle,
    *,
    departments: Collection[str],
    public: Collection[str],
    today: date,
    verified_before: date | None,
    form_token: str,
) -> ReadArticle:
    """The article that was typed. ``public`` are numbers of offices, ``form_token`` makes a new one's key.

    Raises Refused: ``resident_number``, ``too_long``, ``article_title``, ``article_body``,
    ``article_source``, ``article_key``, ``article_day``, ``article_words``, ``department_unknown``; and
    PersonalWords.
    """
    if len(typed.body) > LONGEST_TEXT:
        raise Refused("too_long", field="글", limit=LONGEST_TEXT)
    if typed.department and typed.department not in departments:
        raise Refused("department_unknown")
    key = typed.key.strip() or _made_key(form_token)
    if not KEY.fullmatch(key):
        raise Refused("article_key")
    article = Article(
        key=key,
        # A token of a conversation says nothing to anybody else.
        title=hidden(_line(typed.title)),
        body=hidden(sanitise(typed.body)),
        source=hidden(_line(typed.source)),
        department=typed.department,
        valid_from=_day(typed.valid_from),
        valid_to=_day(typed.valid_to),
        verified_on=today if typed.verified else verified_before,
        keywords=_words(typed.keywords),
        audience=_words(typed.audience),
        related=_words(typed.related),
        sample=bool(typed.sample),
    )
    # What is saved is looked at, not what was typed: a number may come together only now.
    kinds = _look(article, public=public, open_to_all=bool(typed.open_to_all))
    return ReadArticle(article, f"open to all: {', '.join(kinds)}" if kinds else "")


def _look(article: Article, *, public: Collection[str], open_to_all: bool) -> tuple[str, ...]:
    """The kinds that a person says everybody may know. Raises Refused ``resident_number``, PersonalWords."""
    parts = (article.title, article.body, article.source, *article.keywords, *article.audience)
    text = "\n".join(parts)
    found = redact(text, public_numbers=public)
    if found.refused or redact(article.key).spans:
        raise Refused("resident_number" if found.refused else "article_key")
    spans = found.kept()
    if not spans:
        return ()
    passable = all(_passable(span) for span in spans)
    if not (open_to_all and passable):
        words = ((TOKEN_NAMES[span.kind], text[span.start : span.end].strip()) for span in spans)
        raise PersonalWords(tuple(dict.fromkeys(words)), passable=passable)
    return tuple(dict.fromkeys(span.kind for span in spans))


def _passable(span: Span) -> bool:
    """Whether it may be an office's or nobody's: a mobile phone and a card are always a person's."""
    return span.kind != CARD and not (span.kind == PHONE and _MOBILE.match(span.value))


def _line(text: str) -> str:
    return " ".join(text.split())


def _words(text: str) -> tuple[str, ...]:
    """Words with commas or lines between them, each once. Raises Refused ``article_words``."""
    words = tuple(dict.fromkeys(w for w in (_line(each) for each in re.split(r"[,\n]", text)) if w))
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        raise Refused("article_words", most=MOST_WORDS, longest=LONGEST_WORD)
    return words


def _day(text: str) -> date | None:
    """A day as the browser's field sends it. Raises Refused ``article_day``."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("article_day") from None


def _day_text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _made_key(form_token: str) -> str:
    """A name for links that nobody thought of one for: the same form twice makes the same."""
    return f"guide-{hashlib.sha256(form_token.encode()).hexdigest()[:10]}"
