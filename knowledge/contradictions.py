"""Finds live articles that state different figures for the same thing. Must not judge which is right.

Two articles are about one subject when their titles are nearly the same or they share most keywords, and
none names a place that the other does not. Two of their sentences contradict when they stand below the
same heading, say nearly the same once the figures are left out, and the figures differ.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise

from knowledge.articles import Article
from knowledge.markdown import sections

SAME_TITLE = 0.75
SAME_KEYWORDS = 0.6
SAME_SENTENCE = 0.6
# A word that so many articles have in title or keywords brings nobody together.
MOST_TOGETHER = 60
_UNITS = {"%": "퍼센트", "프로": "퍼센트", "달": "개월", "살": "세", "주일": "주"}
_FIGURE = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<size>억|천만|백만|만|천|백)?\s*(?P<rest>\d[\d,]*)?\s*(?P<small>천|백)?\s*"
    r"(?P<unit>원|퍼센트|%|프로|년|개월|달|월|주일|주|일|시간|시|분|세|살|명|개|권|대|번|회|킬로미터|미터|리터|톤)"
)
_SIZES = {None: 1, "백": 100, "천": 1000, "만": 10**4, "백만": 10**6, "천만": 10**7, "억": 10**8}
_PLACE = re.compile(r"[가-힣]{1,5}(?:특별시|광역시|구|군|동|읍|역|센터|공원|도서관)\b")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")


@dataclass(frozen=True)
class Contradiction:
    """Two articles with the sentences that differ, each as it stands there."""

    first: Article
    second: Article
    heading: str
    sentences: tuple[str, str]


@dataclass(frozen=True)
class _Claim:
    heading: str
    sentence: str
    figures: tuple[tuple[float, str], ...]
    words: frozenset[str]


def contradictions(articles: Iterable[Article]) -> list[Contradiction]:
    """Every pair of sentences, by the articles' keys. Pass only articles that may answer."""
    by_key = {article.key: article for article in articles}
    claims: dict[str, list[_Claim]] = {}
    found = []
    for first, second in _about_one_subject(list(by_key.values())):
        for article in (first, second):
            if article.key not in claims:
                claims[article.key] = _claims(article)
        found += [
            Contradiction(first, second, one.heading, (one.sentence, other.sentence))
            for one in claims[first.key]
            for other in claims[second.key]
            if _contradict(one, other)
        ]
    return sorted(found, key=lambda each: (each.first.key, each.second.key, each.heading))


def _about_one_subject(articles: list[Article]) -> list[tuple[Article, Article]]:
    together: defaultdict[str, list[int]] = defaultdict(list)
    for at, article in enumerate(articles):
        for word in {*_WORD.findall(article.title), *map(_plain, article.keywords)}:
            together[word].append(at)
    pairs = {
        pair
        for group in together.values()
        if len(group) <= MOST_TOGETHER
        for pair in combinations(group, 2)
    }
    return [
        (articles[one], articles[other])
        for one, other in sorted(pairs)
        if _same_subject(articles[one], articles[other])
    ]


def _same_subject(one: Article, other: Article) -> bool:
    if set(_PLACE.findall(one.title)) != set(_PLACE.findall(other.title)):
        return False
    if _alike(_pairs(one.title), _pairs(other.title)) >= SAME_TITLE:
        return True
    mine, theirs = set(map(_plain, one.keywords)), set(map(_plain, other.keywords))
    fewer = min(len(mine), len(theirs))
    # One or two keywords in common (복지, 신청) say nothing.
    return fewer >= 3 and len(mine & theirs) / fewer >= SAME_KEYWORDS


def _claims(article: Article) -> list[_Claim]:
    found = []
    for section in sections(article.body):
        for sentence in section.sentences:
            figures = tuple(_value(each) for each in _FIGURE.finditer(sentence))
            if figures:
                bare = _FIGURE.sub(" ", sentence)
                found.append(_Claim(_plain(section.heading), sentence, figures, _pairs(bare)))
    return found


def _contradict(one: _Claim, other: _Claim) -> bool:
    if one.heading != other.heading or one.figures == other.figures:
        return False
    # The same kinds of figures in the same order: how much against how much, when against when.
    if [unit for _, unit in one.figures] != [unit for _, unit in other.figures]:
        return False
    return _alike(one.words, other.words) >= SAME_SENTENCE


def _value(found: re.Match[str]) -> tuple[float, str]:
    number = float(found["number"].replace(",", "")) * _SIZES[found["size"]]
    if found["rest"]:
        number += float(found["rest"].replace(",", "")) * _SIZES[found["small"]]
    elif found["small"]:
        number *= _SIZES[found["small"]]
    unit = found["unit"]
    return number, _UNITS.get(unit, unit)


def _pairs(text: str) -> frozenset[str]:
    plain = _plain(text)
    return frozenset(f"{one}{other}" for one, other in pairwise(plain)) or frozenset({plain})


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(1, len(one) + len(other))


def _plain(text: str) -> str:
    return "".join(_WORD.findall(text)).lower()
