"""Reads wishes about a filed case: how many days more, and whether words tell more than the wish. Pure."""

from __future__ import annotations

import re

from korean.normalise import fold
from korean.receipts import NUMBER

_NATIVE_DAYS = {
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "엿새": 6,
    "이레": 7,
    "여드레": 8,
    "아흐레": 9,
    "열흘": 10,
    "보름": 11,
}
_COUNT = {"한": 1, "일": 1, "두": 2, "이": 2, "세": 3, "삼": 3, "네": 4, "사": 4}
# A week has five working days.
_WEEK, _MONTH = 5, 21
_DAYS = re.compile(r"(?<![\d월년.-])(?P<days>\d{1,3})일(?!\d)(?!에|까지|날|자|부터)")
_WEEKS = re.compile(r"(?:(?P<digit>\d{1,2})|(?P<word>한|일|두|이|세|삼|네|사))주일?")
_MONTHS = re.compile(r"(?:(?P<digit>\d{1,2})|(?P<word>한|일|두|이))(?:달|개월)")
_MORE_TIME = re.compile(
    r"(?:시간|기간|기한|마감|날짜|말미|여유|보완|제출|며칠|하루|이틀|사흘|나흘|열흘|보름|\d+일|주일|[한두]달).{0,12}"
    r"(?:더|연장|늦춰|늦추|미뤄|미루|늘려|늘리|벌어)"
    r"|(?:더|연장).{0,6}(?:시간|기간|기한|말미|여유|기다려)"
    r"|(?:연장|늦춰|미뤄|늘려|기다려).{0,8}(?:주|줄|달|부탁|되|될|가능|신청|요청|해도|좀)"
)
_WITHDRAWS = re.compile(r"취하|철회|취소|거두|거둘|거둬|무를|물릴|없던")
_THING = re.compile(r"([가-힣]{2,})(?:이|가|을|를|은|는|도|에|의)(?![가-힣])")
# Words that only say what is wished, or which case is meant.
_ONLY_WISH = re.compile(
    r"(?:민원|신고|접수|건의|요청|처리|결과|답변|결정|종결|완료|번호?|한|했던|했|하신|아까|방금|그때|그거|저번|지난번?|어제|제가|내가|저희?|나|제|내|낸|넣은|올린|거부?|것|건|걸|그|이|저"
    r"|에다가?|에|도|좀|더|을|를|은|는|가|의|로|으로|이고|고|싶|어요?|습니다|은데요?|는데요?|합니다|할게요?|할래요?|할께요?|하려고요?|하려면|하게|해|주세요|줘요?|주실|주시|수|있나요?|있을까요?|될까요?"
    r"|되나요?|돼요?|부탁|드려요?|드립니다|드릴게요?|요|다시|재|검토|살펴|봐|열|열어|개|처리|접수|이의|신청|제기|불복|취하|취소|철회|거두|거둘|거둬|빼|없던|일로|연장|기간|기한|보완|시간|늦춰|미뤄"
    r"|늘려|필요|그냥|이제|네|예|아|음|저기|여기|안녕하세요|추가|덧붙|보태|보낼|보내|사진|자료|말씀|내용|하나|가로등|하|려|게|래|까|만|까지|월|일|주|달|날|쯤)*"
)


def wants_more_time(text: str) -> bool:
    """Whether a text asks for a later day ("일주일만 더 주세요", "기한을 늦춰 주실 수 있나요")."""
    return _MORE_TIME.search(fold(text)) is not None


def wants_withdrawal(text: str) -> bool:
    """Whether a text speaks of taking something back, so that it is no answer to a question of ours."""
    return _WITHDRAWS.search(fold(text)) is not None


def read_days(text: str) -> int | None:
    """How many working days a text asks for, or None; a week is five of them, a month 21."""
    folded = fold(text)
    if found := _DAYS.search(folded):
        return int(found["days"])
    for word, days in _NATIVE_DAYS.items():
        if word in folded:
            return days
    for pattern, length in ((_WEEKS, _WEEK), (_MONTHS, _MONTH)):
        if found := pattern.search(folded):
            count = int(found["digit"]) if found["digit"] else _COUNT[found["word"]]
            return count * length
    return None


def things_in(told: str) -> tuple[str, ...]:
    """What a story is about: its words that carry a particle ("가로등이", "불을")."""
    return tuple(dict.fromkeys(_THING.findall(told)))


def without_names(text: str, *, names: tuple[str, ...]) -> str:
    """The text without the words of these names, the longest first."""
    words = {word for name in names for word in re.findall(r"[가-힣A-Za-z0-9]+", name)}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text


def tells_why(text: str, *, names: tuple[str, ...] = ()) -> bool:
    """Whether more is said than the wish itself; ``names`` are what the case is called anyway."""
    rest = without_names(NUMBER.sub("", text), names=names)
    rest = re.sub(r"[^\w]|\d", "", rest)
    for word in ("이틀", "사흘", "나흘", "열흘", "보름", "일주일", "하루", "며칠", "일만", "주만"):
        rest = rest.replace(word, "")
    return _ONLY_WISH.fullmatch(rest) is None
