"""Finds what a question on rules or money is about (출산지원금, 복지 예산) by its last word; knows no city.

Must not decide whether a message asks anything: the caller knows what its writer wants.
"""

from __future__ import annotations

import re

from korean.phrases import Phrase, Word, words_of

# What a city pays, takes, issues or runs ends on one of these. Longer ones first: 지원사업 before 사업.
_HEADS = (
    "지원예산|총예산|예산|지원금|보조금|장려금|출연금|지원기금|기금|포상금|보상금|보증금|교부금|부담금|축하금|정착금|연금|수당|급여|"
    "바우처|상품권|할인|감면|혜택|과태료|범칙금|벌금|가산금|수수료|요금제|요금|입장료|수강료|이용료|사용료|대여료|임대료|관람료|"
    "재산세|자동차세|지방세|취득세|주민세|등록면허세|소득세|종부세|세금|세입|세출|세수|등록증|신분증|청소년증|증명서|운전면허증|"
    "운전면허|면허증|여권|등본|초본|인감|전입신고|혼인신고|출생신고|사망신고|영업신고|등록|허가|인허가|대출|이자|지원사업|지원|정비사업비|사업비|"
    "운영비|연수비|추진비|홍보비|난방비|공사비|활동비|인건비|설치비|유지비|관리비|치료비|교통비|양육비|의료비|교복비|비용|적자|"
    "부채|빚|채무|결산|추경|업무추진비|종량제봉투|봉투|스티커|대형폐기물|폐기물|음식물쓰레기|쓰레기|거주자우선주차|공영주차장|주차|주차장|"
    "축제|치매검사|검사|검진|독감주사|예방접종|접종|주사|민방위|예비군|교통카드|동행카드|카드|서비스|아이돌봄|초등돌봄|돌봄|임대주택|"
    "행복주택|주말농장|분양|보험|기초수급자|기초수급|수급자|긴급복지|요양등급|장애등급|태양광|청년통장|통장|월세지원|따릉이|어린이집|"
    "자유수영|수영장|도서관|문화센터|화장장|층간소음|정보공개|자원봉사|일자리사업|일자리|사업"
)
_PARTICLE = (
    "(?:이라는게|라는게|이라는|라는|이랑|에서|으로|부터|까지|이나|하고|에도|에는|"
    "은|는|이|가|을|를|에|의|도|만|로|나|랑|와|과|요)?"
)
_HEAD = re.compile(rf"(?P<stem>[가-힣A-Za-z0-9·]*?(?:{_HEADS})){_PARTICLE}")
# Words that stand before a topic without being of it: when, whose, how much.
_BEFORE_WORDS = """
올해 작년 내년 재작년 금년 내년도 올해도 작년도 이번 지난 지금 현재 매년 요즘 혹시 그 그거 저 제 내
저희 우리 우리구 우리시 우리동네 시 구 좀 전체 총 얼마 언제 어디 어떤 무슨 몇 안녕하세요 저기 저기요
아 네 근데 그리고 또 다 아직 바로 보통 그냥 진짜 정말 관련 대한 대해 이거 내가 제가 거시기 들어간
하루 한달 일년 첫째 둘째 하나 가족 사람 경우 때 시민 중 못 안
"""
_BEFORE = frozenset(_BEFORE_WORDS.split())
_NOUN = re.compile(r"[가-힣A-Za-z·]{1,10}")
# Endings of verbs and particles: what has one is no part of the phrase, but for words of _FIRM.
_ENDED = re.compile(
    r"(?:[은는을를의]|님|들|(?:하|되|바꾸|내|받)는거|[가-힣]{2}[이가도만]|에|에서|에게|한테|으로|까지|부터|요|다|까|면|며|고|서|데|려|게|[하되있없]지|나|던|한|할|된|될|하는|되는|는데|인데|시에서)$"
)
_FIRM_WORDS = """
아이 어린이 청소년 경로 다자녀 여의도 주차 자전거 노인 장애인 외국인 소상공인 저소득층 무료 유아 임산부
어르신 공사 청년 반려견 복지
"""
_FIRM = frozenset(_FIRM_WORDS.split())
# They belong to a topic that stands right before them: 여권 재발급, 수도요금 명의변경, 민방위 교육.
_AFTER = re.compile(
    rf"(?P<stem>재발급|발급|명의변경|무인발급기|교육|훈련|대기|하루권|정기권|배정|집행률|누진제){_PARTICLE}|"
    r"(?P<act>지원|감면|할인)(?:해|하|받|이|되|돼|된)[가-힣]*"
)
_ABOUT = "관련"
MOST_BEFORE = 2


def find_topics(text: str) -> list[Phrase]:
    """Phrases in order, apart from each other, without particles; offsets refer to `text`."""
    words = words_of(text)
    found: list[Phrase] = []
    at = 0
    while at < len(words):
        match = _HEAD.fullmatch(words[at].text)
        if match is None:
            at += 1
            continue
        first = at
        least = _index_after(words, found)
        while first > max(least, at - MOST_BEFORE) and _belongs(words[first - 1]):
            first -= 1
        if first == at > least + 1 and words[at - 1].text == _ABOUT and _belongs(words[at - 2]):
            first = at - 2
        # 출산장려금 예산, 주차 요금 감면: the longest run of such words that have no particle between them.
        last, stem = at, match["stem"]
        while last + 1 < len(words) and stem == words[last].text:
            following = _HEAD.fullmatch(words[last + 1].text) or _AFTER.fullmatch(
                words[last + 1].text
            )
            if following is None:
                break
            last, stem = last + 1, following["stem"] or following["act"]
        start, end = words[first].start, words[last].start + len(stem)
        if not _bare(words[first : last + 1], stem):
            found.append(Phrase(start, end, " ".join(text[start:end].split())))
        at = last + 1
    return found


def _bare(words: list[Word], stem: str) -> bool:
    """Whether nothing says what it is about: 비용 alone, 지원 alone."""
    return len(words) == 1 and stem in (
        "비용",
        "지원",
        "등록",
        "허가",
        "사업",
        "혜택",
        "이자",
        "서비스",
        "카드",
    )


def _belongs(word: Word) -> bool:
    if word.text in _BEFORE or not _NOUN.fullmatch(word.text):
        return False
    return word.text in _FIRM or not _ENDED.search(word.text)


def _index_after(words: list[Word], found: list[Phrase]) -> int:
    end = found[-1].end if found else 0
    return next((n for n, word in enumerate(words) if word.start >= end), len(words))
