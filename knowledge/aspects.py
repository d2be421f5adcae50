"""Picks the sentences that tell one thing of an article (who, how much, when …). Must never make one.

For a follow-up ("서류는요?"). Sentences stay whole; where the article does not tell it, none is returned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.markdown import sections
from knowledge.tokens import morphemes
from korean.follow_ups import GROUPS, HOW, HOW_MUCH, PAPERS, PHONE, WHEN, WHERE, WHO

MOST_SENTENCES = 4
LONGEST = 400  # characters, unless the best sentence alone is longer
# A heading that announces it is the surest sign; a word of the question that the sentence has comes next.
_HEADING, _WORD, _TELLS = 4.0, 3.0, 2.0

_HEADINGS = {
    WHO: r"누가|누구|대상|자격|조건|요건",
    HOW_MUCH: r"얼마|금액|요금|비용|수수료|가격|지원 ?내용|혜택",
    WHEN: r"언제|기간|기한|시간|시기",
    HOW: r"어떻게|방법|절차|신청하려면",
    PAPERS: r"무엇이 필요|필요한|서류|준비물|구비",
    WHERE: r"어디(?:서|에서|로)|장소|위치|접수처|신청처|신청하는 곳",
    PHONE: r"어디에 물어|문의|연락|전화",
}
_PLACES = (
    r"주민센터|행정복지센터|구청|시청|누리집|홈페이지|센터|보건소|지사|정부24|복지로|은행|학교|경찰서|세무서|등기소|법원|"
    r"도서관|창구|민원실"
)
_TELLING = {
    WHO: r"이상|이하|미만|넘는|넘지|누구나|시민|주민|사람|가구|가정|대상|어르신|학생|받을 수|이용할 수",
    HOW_MUCH: r"\d[\d,.]*\s*(?:억|만|천|백)?\s*원|무료|내지 않|퍼센트|%|공짜",
    WHEN: r"\d+\s*(?:년|월|일|시|주|개월)|평일|주말|매주|매달|매년|한 해 내내|언제",
    HOW: r"신청|접수|방문|전화|누리집|앱|예약",
    PAPERS: r"신분증|증명서|등본|초본|사본|통장|서류|신청서|계약서|위임장|진단서|사진",
    WHERE: _PLACES,
    PHONE: r"전화|문의|물어|연락|\d{2,4}-\d{3,4}|\b120\b",
}
# What only asks says nothing of the matter: 저도 받을 수 있나요?
_ASKING = re.compile(
    r"받|되|하|있|알리|주|가|오|내|신청|접수|얼마|언제|어디|어떻게|누구|무엇|뭐|서류|준비|준비물|필요|기간|금액|비용|요금|수수료"
    r"|가격|대상|자격|조건|방법|절차|전화|번호|전화번호|연락처|담당|부서|문의|그것|이것|거|것|나|저|우리|저희|때|수|좀|더|혹시"
)


@dataclass(frozen=True)
class _Line:
    words: str
    score: float


def tells(body: str, question: str, *, aspect: str) -> tuple[str, ...]:
    """At most ``MOST_SENTENCES`` that tell the aspect, in the article's order; () where none does."""
    asked = {word for word in morphemes(question) if not _ASKING.fullmatch(word.rpartition("/")[0])}
    lines = [
        _Line(sentence, _score(section.heading, sentence, aspect=aspect, asked=asked))
        for section in sections(body)
        for sentence in section.sentences
    ]
    group = next((each for each in GROUPS if each in question), None)
    if group is not None and not any(group in line.words for line in lines):
        # "외국인도 되나요?": who may ask for it in general is no answer to that.
        return ()
    chosen: set[int] = set()
    room = LONGEST
    best = max((line.score for line in lines), default=0.0)
    for at in sorted(range(len(lines)), key=lambda at: (-lines[at].score, at)):
        length = len(lines[at].words)
        worth = lines[at].score >= max(_TELLS, best - _WORD + 0.5)
        if not worth or len(chosen) == MOST_SENTENCES or (chosen and length > room):
            continue
        chosen.add(at)
        room -= length
    return tuple(lines[at].words for at in sorted(chosen))


def _score(heading: str, sentence: str, *, aspect: str, asked: set[str]) -> float:
    announced = re.search(_HEADINGS[aspect], heading) is not None
    told = re.search(_TELLING[aspect], sentence) is not None
    if not announced and not told:
        return 0.0
    own = set(morphemes(sentence)) if asked else set()
    return _HEADING * announced + _TELLS * told + _WORD * bool(asked & own)
