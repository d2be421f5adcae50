"""Finds names where the words around say that a name stands, whatever it looks like; knows no name itself.

Frames are of two classes.  In certain ones (이름이 …라는데, … 이름으로) only a word of everyday talk is no
name (korean/plain_words.py); in likely ones the word must not look quite unlike a name.  Frames in which the
look decides stand in korean/name_cues.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from korean.abroad_words import COUNTRY
from korean.findings import HOLE, PERSON_NAME, Found
from korean.given_names import GIVEN, LONG_CHRISTIAN, PLAIN_GIVEN
from korean.given_pairs import GIVEN_PAIRS
from korean.latin_names import names_a_thing as is_a_thing
from korean.name_cues import is_titled, names_a_thing
from korean.name_lookalikes import KNOWN
from korean.name_shapes import given_likeness, is_surname, likeness
from korean.name_words import FOREIGN
from korean.person_words import is_of_a_person
from korean.plain_words import PLAIN_WORDS, is_plain_word
from korean.stated_names import may_answer

# What a word must look like at least: tenths of logarithms, see korean/name_shapes.py.
CERTAIN, LIKELY = -95, -18
_B = r"(?<![가-힣A-Za-z])"
_N = r"(?P<name>[가-힣]{2,4}?)"
_KIN = (
    r"(?:(?:제|내|우리|저희|울|그|본인)\s?)?(?:(?:큰|작은|막내|외|친|시|여|남)?(?:아들|딸|동생|아이|애|애기|아기|남편|아내|와이프|집사람|신랑|엄마|아빠|어머니|아버지|어머님|아버님|할머니|할아버지"
    r"|손자|손녀|손주|조카|며느리|사위|누나|언니|오빠|형|친구|이모|고모|삼촌|딸내미|아들내미|딸아이)\s?)?"
)
# A space before these is said, too: 노을하 입니다.
_IS = (
    r"(?:이?\s?(?:입니다|임니다|입니더|입미다|에요|예요|여요|인데|인디|인대|올시다|거든|이고|이구|고요|구요|라구|라고|라는|라네|라던|라더|라며|라면|래요|랍니다|라서|라니|라(?=\s(?:안|못|다르|틀리|그런))|시고|세요|신데|죠(?![가-힣])|맞)"
    r"|이?요(?![가-힣])|이?임(?![가-힣]|\s(?:인데|입니다|이에요|예요|이고|이라))|이?야(?![가-힣])|\s?이?던데|\s?인가|\s?인지|\s?인줄)"
)
_WRITTEN = (
    r"(?:써|썼|씀|적혀|적어|적힌|쓰여|쓴|찍혀|찍힌|나와|나오|나옴|나옵|나왔|뜨|뜹|떠|"
    r"되어|되있|돼|된|저장|기재|표시|표기|기록|등록|올라|잘못|인쇄|새겨|붙어)"
)
_SPACE = r"[인은는이님]?\s{1,2}"
_NAME = r"(?:(?:한국|한글|본|법적|주민등록|서류|영어|영문)?이름|성함|성명|본명|실명|존함|함자)"
_FIELD = (
    rf"(?:{_NAME}|예금주명?|명의자?|입금자명?|송금인|수취인|수령인|받는\s?(?:사람|분|이)|보내는\s?(?:사람|분)|보낸\s?(?:사람|분)"
    r"|신청자명?|신청인|민원인|접수자|예약자명?|가입자|계약자|세대주|대표자?명|환자명|학생명|회원명|고객명|등록자)"
)
_PAPER = (
    r"(?:이름표|명찰|신분증|주민증|민증|대출증|학생증|면허증?|통장|카드|지갑|수첩|문패|우편물?|택배|봉투|고지서|등본|초본|여권|영수증|명단|서류|신청서|위임장|명함|가방|책|노트|휴대폰|핸드폰|계약서"
    r"|증명서|확인서|증서|통지서|처방전|약봉지|발신|보낸|송장|회원증|출입증|사원증|영문|한글|한자|이름|성명|예금주|명의|개명)"
)
_DID = (
    r"(?:(?:신청|접수|신고|문의|예약|등록|가입|전화|통화|상담|방문|제보|대여|당첨|건의|부탁|결제|입금|주문|참가|수강|개명|이사|전입|출생신고)(?:을|를)?\s?"
    r"(?:한|했던|하신|드린|드렸던|된|됐던|받은|해놓은|해둔|넣은|온)|(?:민원|글|신고|접수)을?\s?(?:넣은|남긴|올린|쓴|적은))"
)


@dataclass(frozen=True)
class _Frame:
    """How a sentence says that a name stands, and what the name must look like at least.

    `given` are frames in which people are called by their given name alone, too; `labelled` those that begin
    with a word for a name, which a thing may have; in `plain` ones a name may read like a word and its ending
    (이하 + 은); `needs` lists words of which one is part of the frame.
    """

    words: str
    least: int = CERTAIN
    given: bool = False
    plain: bool = False
    labelled: bool = False
    needs: str = ""

    def may_stand_in(self, text: str) -> bool:
        """Whether one of the words that the frame needs stands there at all; saves time."""
        return not self.needs or any(word in text for word in self.needs.split())


_FRAMES = (
    # 이름이 홍길동이라는데, 예금주는 제 동생 홍길동 입니다
    _Frame(
        rf"{_B}{_FIELD}(?:은|는|이|가)?\s?[:=]?\s{{0,2}}{_KIN}{_N}(?={_IS}|\s{{0,2}}(?:$|[\n,./(]))",
        given=True,
        labelled=True,
    ),
    _Frame(
        rf"{_B}{_FIELD}(?:은|는|이|가|을|를)\s?{_KIN}{_N}(?=(?:으?로)\s?(?:{_WRITTEN}|해|하|보내|보냈|부탁|변경|바꿔|바꾸|바뀌|개명|입력|발급|입금|했))",
        given=True,
        labelled=True,
    ),
    _Frame(
        rf"{_B}{_FIELD}(?:은|는|이|가)?\s?[:=]?\s{_KIN}{_N}(?=\s|이?가\s|으?로\s)",
        least=5,
        labelled=True,
    ),
    _Frame(
        rf"(?:예금주명?|입금자명?|송금인|명의자)(?:은|는|이|가)?\s?[:=]?\s{{0,2}}{_N}(?=\s|으?로(?![가-힣]))",
        least=-40,
    ),
    # 홍길동 이름으로, 홍길동 이름이랑
    _Frame(
        needs="이름",
        words=rf"{_B}{_N}\s?이름(?=으로(?![는도])|이랑|하고|이\s?(?:안|틀|잘못|없|빠|다르|달라|맞|왜|있|나오|나와|써|적|찍|뜨)"
        r"|을?\s?(?:못|안|잘못|틀|쓰|쓴|적|넣|지워|빼|대고|검색)|도\s|만\s|[,.]|\s?$)",
        least=-62,
    ),
    # 홍길동 앞으로 온 과태료, 홍길동 명의로
    _Frame(
        needs="명의 앞으로",
        words=rf"{_B}{_N}\s?(?:명의(?:로|의|인|예요|입니다|이고|\s(?:차|휴대|핸드|통장|계좌|집|건물|카드|전화))|앞으로\s?(?:온|나온|되|된|등기|과태료|고지|우편|통지|보내|부과|발급|체납|납부|왔|나왔|나온|날아|날라|청구|세금|통장))",
        least=-40,
        given=True,
    ),
    _Frame(
        needs="본인",
        words=rf"{_B}{_N}\s?본인(?=입니다|이에요|인데|이고|이\s|임|맞|확인|[,.]|\s?$)",
        least=-30,
    ),
    # 홍길동 하면 다 알아요
    _Frame(
        needs="라 하면",
        words=rf"{_B}{_N}(?=이?라\s?(?:하면|카면|그러면)|\s?하면\s다\s?알)",
        least=-40,
    ),
    # 대출증에 홍길동이라고 써 있네요
    _Frame(
        rf"{_PAPER}[^\n.]{{0,20}}?(?<![가-힣]){_N}(?=(?:이?라고|이?라|이?라구)\s?{_WRITTEN})",
        least=-62,
    ),
    _Frame(rf"{_B}{_N}(?=(?:이?라고|이?라구)\s?(?:써|적혀|쓰여|저장))", least=5),
    _Frame(rf"{_PAPER}[^\n.]{{0,12}}?(?<![가-힣]){_N}(?=으?로\s?{_WRITTEN})", least=-15),
    # 이름이 틀렸음 홍길동인데 홍길순으로 나옴
    _Frame(
        rf"{_NAME}[^\n]{{0,16}}?(?<![가-힣])[가-힣]{{2,4}}?(?:이?\s?(?:인데|라고|아니고|말고|가\s?아니라|이\s?아니라|에서))\s{_N}(?=으?로\s?(?:{_WRITTEN}|바|변경|개명|정정)|이?라고|이?에요|예요|입니다)",
        least=-40,
    ),
    _Frame(
        rf"{_NAME}[^\n]{{0,16}}?(?<![가-힣]){_N}(?=인데\s[가-힣]{{2,4}}?으?로\s?{_WRITTEN})",
        least=-62,
    ),
    # 홍길동이요 … 본명임
    _Frame(
        needs="본명 실명 가명 이름 과일 놀리",
        words=rf"(?:^|[\s,.]){_N}(?=(?:이?요|입니다|이?에요|예요|인데요?|이?라고)(?![가-힣])[^\n]{{0,24}}(?:본명|실명|가명\s?아니|진짜\s?이름|이름\s?맞|과일\s?아니|놀리지))",
        least=-62,
    ),
    # 신청한 홍길동 올시다
    _Frame(
        rf"{_DID}\s{{0,2}}{_N}(?=\s?(?:올시다|이?라고\s?(?:합|해|하)|이?라는\s?(?:사람|분)))",
        least=-62,
    ),
    _Frame(rf"{_DID}\s{{0,2}}{_N}(?={_IS}|\s?[,/]?\s?{HOLE})", least=-12),
    # 쌍문동사는홍길동입니다
    _Frame(
        rf"(?<=[가-힣])(?:사는|살고있는|거주하는|다니는|저는|이름은|{_DID}){_N}(?=입니다|임니다|이?라고\s?합니다|이?라고\s?해요|이에요|예요|인데요|이요(?![가-힣])|올시다|이?라하)",
        least=-15,
    ),
    # 2학년 4반 홍길동
    _Frame(
        needs="학년",
        words=rf"[0-9]\s?학년\s?[0-9]{{1,2}}\s?반(?:\s?[0-9]{{1,2}}\s?번)?\s{{0,2}}{_N}(?={_IS}|\s|[,.(]|$|이?(?:가|는|를|도|랑|한테)(?![가-힣]))",
        least=-40,
    ),
    # 900101-… 홍길동
    _Frame(rf"{HOLE}(?:\s{{1,2}}|\s?[,/]\s?){_N}(?=\s{{0,2}}(?:$|[\n).]))", least=-4),
    # 담당자 홍길동 대리
    _Frame(
        needs="담당 책임자 실무자",
        words=rf"{_B}(?:담당자?|책임자|실무자)\s?:?\s{{0,2}}{_N}(?=\s?(?:대리|사원|매니저|책임|선임|프로(?![가-힣])|이사(?![가-힣])|상무|차장|부장|간사|실장)님?)",
        least=-62,
    ),
    # 홍길동입니다. 어제 …; 중2 홍길동입니다
    _Frame(rf"^{_N}(?=(?:입니다|이에요|예요)\s?[.,!\n])", least=-30, plain=True),
    _Frame(
        rf"{_B}(?:초|중|고)(?:등학교\s?)?[1-6](?:학년)?\s{_N}(?=입니다|이에요|예요|인데요?|이라고)",
        least=-40,
        plain=True,
    ),
    # 담당 홍길동; 홍길동 940827
    _Frame(rf"{_B}담당자?\s?:?\s{_N}(?=\s?(?:$|[\n,./(]))", least=0, needs="담당"),
    _Frame(
        rf"{_B}{_N}(?=\s(?:[0-9]{{2}})(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9-]))",
        least=5,
    ),
    # 우리 애가 길동이라고 다섯 살인데
    _Frame(
        rf"{_B}(?:우리|울|저희|제|내)\s?(?:딸아이|애|아이|아들|딸|손자|손녀|손주|조카|막내)(?:가|는|이|은)\s{_N}(?=이?라고(?![가-힣]))",
        least=0,
        given=True,
    ),
    # 명단에 홍길동 있나요
    _Frame(
        needs="명단 명부 목록 리스트 출석부 이름표",
        words=rf"(?:명단|명부|목록|리스트|출석부|이름표)에\s?[는도]?\s?{_N}(?=이?[가도은는]?\s?(?:있|없|빠|안|포함|올라|들어))",
        least=-62,
    ),
    # 자기가 홍길동이라고 했어요
    _Frame(
        needs="자기 본인 자신",
        words=rf"{_B}(?:자기|본인|자신)(?:가|은|는|이|을|를)?\s{_N}(?=이?라(?:고|며|면서|는)?\s?(?:했|하|소개|그러|말|합|해))",
        least=-18,
    ),
    # 홍길동 맞나 확인, 당첨 홍길동 서류제출
    _Frame(
        rf"(?:^|[.!?,\n]\s?|{HOLE}\s|[는데서도]\s){_N}(?=\s?맞(?:나|죠|지요|아요|습니까|는지|음(?![가-힣])|는데|ㄴ))",
        least=0,
    ),
    _Frame(
        rf"(?:^|{HOLE}\s?|[0-9]\s|(?:당첨|신청|접수|예약|등록|강좌|수업|교실|합격|선정|참가|대기)\s){_N}(?=\s(?:서류|신청|접수|당첨|확인|합격|선정|등록|예약|조회|진행|대기|환불|취소|순번|결과|명단|처리))",
        least=2,
    ),
    # 홍길동 010 …: before the beginning of a number
    _Frame(rf"^{_N}(?=\s?01[016789](?![0-9]))", least=0),
    _Frame(
        rf"{_B}{_N}(?=\s?맞(?:나요?|죠|지요|아요|습니까|는지)(?![가-힣]))", least=12, needs="맞"
    ),
    # 홍길동이라는 사람
    _Frame(
        rf"{_B}{_N}(?=이?라는\s(?:사람|분(?![가-힣])|남자|여자|학생|직원|청년|아저씨|아줌마|애가|애한테|아이))",
        least=-40,
        needs="라는",
    ),
    # 홍길동이 제 아버지예요
    _Frame(
        rf"{_B}{_N}(?=(?:이|가|은|는)\s(?:제|저희|우리|내)\s?(?:아버지|어머니|엄마|아빠|아들|딸|남편|아내|동생|형|누나|언니|오빠|할머니|할아버지|조카|손자|손녀|시어머니|장모|며느리|사위)(?:예요|이에요|입니다|인데|이고|거든|셔|십))",
        least=-12,
        needs="제 저희 우리 내",
    ),
    # 홍길동 (보호자), 홍길동 개명
    _Frame(
        rf"{_B}{_N}(?=\s?[(\[](?:보호자|본인|신청[인자]|예금주|민원인|세대주|대리인|남편|아내|배우자|자녀|모|부|딸|아들|남|여|가명|실명|대표)[)\]\s,])",
        least=-10,
        needs="( [",
    ),
    _Frame(rf"{_B}{_N}(?=\s?(?:에서\s)?개명\s?(?:[전후했해]|신청|허가|하))", least=0, needs="개명"),
    # 외국인등록 … 홍리훙: at the end, after a paper
    _Frame(
        rf"(?:등록|여권|주민|외국인|거소|면허|신분증|민증)[^\n]{{0,12}}{HOLE}(?:\s{{1,2}}|\s?[,/]\s?){_N}(?=\s{{0,2}}(?:$|[\n).]))",
        least=-62,
        needs=HOLE,
    ),
    # 이장 홍강쇠가
    _Frame(
        rf"{_B}(?:이장|통장|반장|총무|회장|사장|집주인|세입자|동장|옆집|윗집|아랫집|앞집|위층|아래층|전남편|전처|새댁|간병인|도우미|알바생?|운전사|기사|경비){_SPACE}{_N}(?=이?(?:가|는|를|한테|에게|랑)(?![가-힣]))",
        least=-12,
    ),
    # 홍길동 유공자 유족, 홍길동 환자
    _Frame(
        rf"{_B}{_N}(?=\s(?:유공자|환자|고객|회원|학생|수강생|참가자|독거노인|훈련병|이병|일병|상병|병장|하사|중사|상사|변호사|강사|쌤|샘|학부모|보호자|세대주|어르신)(?=$|[^가-힣]|인데|입니다|이에요|예요|이고|[가는은이를께도님](?![가-힣])|한테))",
        least=-12,
    ),
)
# 동포 제임스 홍, 마이클 리: a given name from abroad and a surname of ours.
_ABROAD_AND_OURS = re.compile(
    rf"{_B}(?P<name>(?P<first>[가-힣]{{2,6}})\s(?:김|리|박|최|정|강|조|윤|장|임|림|한|오|서|신|권|황|안|송|류|유|홍|전|고|문|손|양|배|백|허|남|심|노|초이|팍|킴))(?=$|[\s,.()/]|{_IS}|{HOLE}|씨|님)"
)
_FROM_ABROAD = re.compile(
    r"(?:동포|교포|재외국민|시민권자|영주권자|미국인|캐나다인|혼혈)[인은는이]?\s{1,2}$"
)
_COUNTRY = rf"(?:{COUNTRY}|외국)"
# 티안이라고 중국에서 온 학생
_CALLED_ABROAD = re.compile(
    rf"{_B}(?P<name>[가-힣]{{2,5}}?)(?=(?:이?라고|이?라는|입니다|이?에요|예요|인데)[\s,]{{1,2}}{_COUNTRY}\s?(?:에서|사람|인|국적|출신|유학|학생|친구|분|노동자|근로자))"
)
# 일본인 쿠도 히나 통역
_TWO_ABROAD = re.compile(
    rf"(?!외국인){_COUNTRY}(?:에서\s?온|\s?사람|인|\s?출신|\s?국적|\s?노동자|\s?근로자|\s?유학생|\s?학생)\s(?P<name>[가-힣]{{2,5}}(?:\s[가-힣]{{2,5}}){{1,2}})(?=\s?(?:씨|님|\s통역|\s산재|\s비자|\s체류|\s국적|\s환자|\s여권|{HOLE}))"
)
_KNOWN_ABROAD = re.compile(
    rf"{_B}(?P<name>[가-힣]{{2,6}}?)(?=(?:가|이|는|은|를|을|도|한테|에게|의|랑|와)?(?![가-힣]))"
)
_LIVES = re.compile(r"(?:사는|다니는|일하는|온|같이\s?있는|아는)\s$")
_LATIN_TITLED = re.compile(
    r"(?<![A-Za-z])(?P<name>[A-Z][a-z]{1,11}(?: [A-Z][a-z'-]{1,11}){1,2})"
    r"(?=\s?(?:씨|님|선생|쌤|강사|교수|환자|학생|고객))"
)
# Each frame, and the same for names of three syllables and more; made here, so that no message waits for it.
_COMPILED = tuple(
    (frame, re.compile(frame.words), re.compile(frame.words.replace(_N, _N.replace("{2,", "{3,"))))
    for frame in _FRAMES
)
_SEVERAL = re.compile(
    r"[일이삼사오육칠팔구십백천만]{1,3}원$|"
    r"이(?:라[예고구는서]|시[고구]|에요|예요|랍|었|였|올시|란|신데|세요)|성[도과이은]$|가나|우리|누구|아무|다른|똑같|비슷|엉뚱|새로|모든|여러|저희|제가|내가|이거|그거|저거"
)
# Hardly ever the end of a name where somebody is spoken of by 이름: 가까운, 사람들.
_DOUBTFUL_ENDS = frozenset("은한된의이가")
_NO_ENDS = frozenset("는들던을를께서")


def find_sure_names(text: str) -> Iterator[Found]:
    """Names in normal text in which `HOLE` stands for each datum that was found before."""
    for frame, pattern, longer in _COMPILED:
        if not frame.may_stand_in(text):
            continue
        for first in pattern.finditer(text):
            found = first
            if not _may_be_called(first["name"], frame):
                # 길라 + 임 may be 길라임 + 인데.
                found = longer.match(text, first.start()) or first
            name, start, end = found["name"], *found.span("name")
            before = text[max(0, found.start() - 8) : found.start()].rstrip() + " "
            if frame.labelled and names_a_thing(before):
                continue
            if not _may_be_called(name, frame) or _cuts_copula(name, text, end):
                continue
            if is_titled(text, end) and frame.least > LIKELY:
                continue
            certain = frame.least == CERTAIN and likeness(name) > CERTAIN
            yield Found(start, end, PERSON_NAME, name, 0.86 if certain else 0.71)

    for found in _ABROAD_AND_OURS.finditer(text):
        word = found["first"]
        abroad = _FROM_ABROAD.search(text[max(0, found.start() - 8) : found.start()])
        if word in FOREIGN or (abroad and not is_plain_word(word)):
            yield Found(*found.span("name"), PERSON_NAME, found["name"], 0.7)

    yield from _from_abroad(text)


def _from_abroad(text: str) -> Iterator[Found]:
    """People from abroad where a country or a word for a person stands before them, or a country after."""
    for found in _CALLED_ABROAD.finditer(text):
        if not is_plain_word(found["name"]) and may_answer(found["name"], marked=True):
            yield Found(*found.span("name"), PERSON_NAME, found["name"], 0.68)
    for found in _TWO_ABROAD.finditer(text):
        if not any(is_plain_word(word) or len(word) < 2 for word in found["name"].split(" ")):
            yield Found(*found.span("name"), PERSON_NAME, found["name"], 0.68)
    for found in _KNOWN_ABROAD.finditer(text):
        name = found["name"]
        before = text[max(0, found.start() - 24) : found.start()]
        if name in FOREIGN and (_LIVES.search(before) or is_of_a_person(before)):
            yield Found(*found.span("name"), PERSON_NAME, name, 0.66)
    for found in _LATIN_TITLED.finditer(text):
        if not is_a_thing(found["name"]):
            yield Found(*found.span("name"), PERSON_NAME, found["name"], 0.66)


def _cuts_copula(name: str, text: str, end: int) -> bool:
    """Whether the last 이 belongs to what follows: 민 + 이라고."""
    if name[-1] in "에예" and text.startswith("요", end):
        return likeness(name) < 0  # 국화 + 예요
    closed = len(name) == 2 and name[1] == "이" and (ord(name[0]) - 0xAC00) % 28 != 0
    return closed and text.startswith(("라", "에", "고", "며", "죠", "요", "예", "구"), end)


def _may_be_called(name: str, frame: _Frame) -> bool:
    if name in PLAIN_WORDS or _SEVERAL.match(name):
        return False
    if name in KNOWN and frame.least > -62:
        return False
    look = likeness(name)
    if (look < 0 and not may_answer(name, marked=True)) or name[-1] in _NO_ENDS:
        return False
    if frame.given and len(name) == 2 and _borne(name):
        return True
    doubtful = is_plain_word(name) or name[-1] in _DOUBTFUL_ENDS
    if look < 0 and doubtful and not (frame.plain and len(name) == 3):
        return False
    if len(name) == 4:
        return is_surname(name[:2]) or name[1:] in LONG_CHRISTIAN
    if not (is_surname(name[0]) or is_surname(name[:2])):
        return False
    if len(name) == 2:
        return look >= max(-30, frame.least) and frame.least < LIKELY
    # The name of a home's part of town is weighed without that: 홍막동.
    return max(look, _as_if_no_dong(name)) >= frame.least


def _as_if_no_dong(name: str) -> int:
    return -40 if name[-1] == "동" else -200


def _borne(name: str) -> bool:
    return name in PLAIN_GIVEN or (
        (name in GIVEN or name in GIVEN_PAIRS) and given_likeness(name) > -60
    )
