"""Hears that a short question is about what was answered just now: 서류는요? 얼마예요? 어디로 가요?

It names no matter of its own, only what is asked of it. Must not know articles or what was said before.
"""

from __future__ import annotations

import re

from korean.normalise import fold

WHO, HOW_MUCH, WHEN, HOW = "who", "how_much", "when", "how"
PAPERS, WHERE, PHONE = "papers", "where", "phone"
ASPECTS = (WHO, HOW_MUCH, WHEN, HOW, PAPERS, WHERE, PHONE)
# Letters; a longer question tells a matter of its own.
LONGEST = 30
# Whoever asks for one of these wants to know about no one else.
GROUPS = ("외국인", "학생", "직장인", "전입자")

# What may stand before and behind what is asked. Parts of words: the message is read without spaces.
_BEFORE = (
    r"아하?|오|음+|저기요?|네+|넵|예|그럼|그러면|그런데|근데|그리고|글구|혹시|참|아참|또|그래서|만약에?",
    r"감사합니다|고마워요|고맙습니다",
    r"(?:그거|그건|그게|거기|거긴|그|이거|이건|이게|제가|저|나|내가|우리|저희)(?:는|은|도)?",
    r"(?:신청|접수|발급|제출|이용|등록|지급)(?:은|는|을|를|하려면|할려면|할때|할땐)?",
)
_BEHIND = (
    r"신청|접수|준비|제출|지원|이용|예약|발급|문의|등록|지급|해당|방문|전화|연락|혜택|돈|신청서|사용|확인|가능|불가",
    r"을|를|은|는|이|가|에|로|으로|도|만|까지|부터|쯤|정도|인지",
    r"하|해|한|되|된|될|됨|됩|됐|돼|받|할|함|줘|줄|줍|준|주|주세|내|네|드|들|나|나오|나와|노|있|없|필요|가져|챙기|챙겨|써|보|보내|봐|알",
    r"걸리|걸려|물어|찾아|뽑|싶|궁금|알려|가르쳐|말해|말씀해|으|어|아|여|야|면|서|려|고|데|지|요|죠|까|니|냐|임|음|입|합|습|ㄴ|ㄹ까|ㄴ가",
    r"예|에요|인|것|거|게|수|래|돼|다|더|꼭|따로|좀|쫌|세|하나|뭐|뭘|무엇|얼마|언제|어디|어떻게|몇",
)
# What is asked. The first one that fits counts.
_ASKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        PHONE,
        (
            r"전화번호|연락처|문의처|전화|번호|담당부서|부서",
            r"담당(?:자|부서)?(?:전화번호|전화|번호|연락처)?",
            r"어디(?:에|로|다|에다)?(?:물어|문의|전화|연락)",
        ),
    ),
    (
        PAPERS,
        (
            r"(?:필요한|제출|구비|준비할|무슨|어떤)?(?:서류|준비물|신청서|증명서)|구비서류",
            r"필요한것|필요한거|준비할것|준비할거",
            r"뭐(?:가|를)?(?:필요|준비|가져|챙|내야)|뭘(?:가져|챙|준비|내야)|무엇(?:이|을)?(?:필요|준비|가져)",
        ),
    ),
    (
        HOW_MUCH,
        (
            r"얼마(?:나|씩|까지|정도|큼)?|금액|비용|요금|수수료|가격|지원금액|혜택|한도",
            r"몇(?:만|천|백|십)?원|몇만원|(?:지원금|돈)(?:은|이)?얼마|공짜|무료|유료",
        ),
    ),
    (
        WHEN,
        (
            r"언제(?:까지|부터|쯤|나)?|기간|기한|마감(?:일)?|신청기간|시간|운영시간|날짜",
            r"며칠(?:까지|안|이나|걸)?|몇시(?:까지|부터)?|얼마나걸|오래걸|(?:주말|토요일|일요일)에도",
        ),
    ),
    (
        WHERE,
        (
            r"어디(?:로|서|에서|에|가|예|인가|죠|야|다|까지|있)?",
            r"장소|위치|주소|신청하는곳|접수처|신청처",
        ),
    ),
    (
        WHO,
        (
            r"누가|누구(?:나|든지|든|한테|에게)?|대상(?:자)?|자격(?:조건|요건)?|신청자격|조건|요건",
            r"소득(?:기준|제한)?|나이(?:제한|기준)?",
            r"(?:저|나|우리|외국인|학생|노인|어르신|직장인|전입자)(?:도|는|도요)(?=.{0,6}(?:되|돼|가능|받|해당|신청))",
        ),
    ),
    (
        HOW,
        (
            r"어떻게|어케|어떡해|방법|절차|신청방법|신청은|신청하려면|신청하고싶",
            r"(?:온라인|인터넷|앱)(?:으로도|으로|도)?|모바일(?:로|도)?|방문(?:해야|없이|안하고)?|대리|대신",
        ),
    ),
)


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    before, behind = "|".join(_BEFORE), "|".join(_BEHIND)
    return re.compile(rf"(?:{before})*(?:{'|'.join(words)})(?:{behind})*")


_PATTERNS = tuple((aspect, _pattern(words)) for aspect, words in _ASKED)


def aspect_of(text: str) -> str | None:
    """What a follow-up asks of the last matter, one of ``ASPECTS``; None: it is no follow-up."""
    folded = re.sub(r"[^0-9a-z가-힣]", "", fold(text))
    if not folded or len(folded) > LONGEST:
        return None
    return next(
        (aspect for aspect, pattern in _PATTERNS if pattern.fullmatch(folded) is not None), None
    )
