"""Picks the sentences of an article that answer a question, whole and in order. Must never make one.

What a question asks for (how much, until when, where, which papers) counts as a sign of its own.
"""

from __future__ import annotations

import re
from collections import Counter

from knowledge.markdown import sections
from knowledge.tokens import Tokens, morphemes, pairs

MOST_SENTENCES = 3
LONGEST = 300  # characters, unless the best sentence alone is longer
# A word of the heading counts for every sentence below it, but less than one of its own.
HEADING = 0.5
CUE = 2.0
# What is asked, and what a sentence that tells it holds.
_CUES = (
    (
        r"얼마|금액|비용|요금|수수료|가격|몇\s*(?:만|천)?\s*원",
        r"\d[\d,.]*\s*(?:억|만|천|백)?\s*원|무료|%|퍼센트",
    ),
    (r"언제|기간|까지|며칠|마감|시간", r"\d+\s*(?:년|월|일|시|주|개월)|평일|주말|매주|매달|언제"),
    (r"어디|장소|위치|주소", r"주민센터|구청|시청|누리집|센터|보건소|에서 (?:신청|받)|정부24"),
    (r"서류|준비물|필요한|가져", r"신분증|증명서|사본|서류|신청서|등본|필요"),
    (
        r"누가|대상|자격|조건|되나요|가능|받을\s*수",
        r"이상|이하|미만|까지|사람|가구|누구|대상|받을 수",
    ),
    (r"어떻게|방법|신청|절차|하려면", r"신청|접수|방문|전화|누리집|앱"),
    (r"전화|문의|연락|물어", r"전화|\d{2,4}-\d{3,4}|120"),
)


def passage(body: str, question: str) -> tuple[str, ...]:
    """At least one sentence, in the article's order; () where the article has none."""
    asked = Tokens(morphemes(question), pairs(question))
    lines: list[tuple[str, Tokens, Tokens]] = []
    for section in sections(body):
        heading = Tokens(morphemes(section.heading), pairs(section.heading))
        lines += [
            (line, Tokens(morphemes(line), pairs(line)), heading) for line in section.sentences
        ]
    if not lines:
        return ()
    # What stands in every sentence (the name of the benefit) does not tell them apart.
    often = Counter(token for _, own, _ in lines for token in {*own.morphemes, *own.pairs})
    scores = [
        _overlap(asked, own, often)
        + HEADING * _overlap(asked, heading, often)
        + _cue(question, line)
        for line, own, heading in lines
    ]
    best = max(scores)
    chosen: set[int] = set()
    room = LONGEST
    for at in sorted(range(len(lines)), key=lambda at: (-scores[at], at))[:MOST_SENTENCES]:
        length = len(lines[at][0])
        if chosen and (scores[at] < best / 2 or length > room):
            continue
        chosen.add(at)
        room -= length
    return tuple(lines[at][0] for at in sorted(chosen))


def _overlap(asked: Tokens, own: Tokens, often: Counter[str]) -> float:
    words = sum(1 / (1 + often[each]) for each in set(asked.morphemes) & set(own.morphemes))
    return words + sum(1 / (1 + often[each]) for each in set(asked.pairs) & set(own.pairs)) / 2


def _cue(question: str, line: str) -> float:
    return CUE * sum(
        1 for asks, tells in _CUES if re.search(asks, question) and re.search(tells, line)
    )
