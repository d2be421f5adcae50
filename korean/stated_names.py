"""Finds names that somebody says are names (성은 남궁이고 이름은 민이에요); weighs no syllables for them.

Where the words leave no doubt, whatever follows is taken: a rare surname, one syllable, a word of the
language, two words.  Answers that are no names (모름, 비공개, 엄마) are left alone, as are names of things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import HOLE, PERSON_NAME, Found
from korean.given_names import GIVEN, PLAIN_GIVEN
from korean.name_cues import KIN_OF, names_a_thing
from korean.name_lookalikes import KNOWN, LOOKALIKES
from korean.name_shapes import given_likeness, likeness
from korean.name_weights import SURNAME
from korean.name_words import FOREIGN, NOT_NAMES

_B = r"(?<![가-힣A-Za-z])"
_SAYS = r"(?:합니|합이|해요|해여|해유|하고|하구|하며|하는|하오|하옵|한다|불러|불리|부르|적|써|저장|등록|돼)"
# The forms of 이다, and of what is said of a name, right after it.
IS = (
    r"(?:입니다|임니다|입니더|이?에요|이?예요|이?여요|이?고요?(?![가-힣])|이?구요|이?며(?![가-힣])|인데|이?거든|이?라고|이?라구"
    r"|이?요(?![가-힣])|임(?![가-힣])|올시다|이?시고|이?세요|이?십니다|이?신데|이?랍니다|이?여라(?![가-힣])|이?라예(?![가-힣])|이?구먼|이?구만|이?래유|이?어유|이?여유|이?유(?![가-힣])|이?야(?![가-힣])|이?죠)"
)
# What stands after a form's field: its end, a number, the next field.
_NEXT_FIELD = (
    rf"\s{{0,3}}(?:$|[,./|\n;()\[\]]|{HOLE}|\+?[0-9]{{2}})"
    r"|\s{1,3}(?:연락처|전화|전번|폰|핸드폰|휴대폰|휴대전화|번호|주민|주소|생년|생일|여권|외국인|차량|카드|계좌|이메일|메일|수임|위임|세대원|세대주"
    r"|신청인|신청자|보호자|예금주|배우자|관계|나이|직업|거주|동호수|면허|[한두세네]\s?글자)"
)
_NAME = r"(?:이름|성함|성명|본명|실명|존함)"
_FIELD = re.compile(
    rf"{_B}(?:이름|성함|성명|본명|실명|존함|예금주명?|명의자|받는\s?(?:사람|분)|받으실\s?분|받는\s?이|수령인|수취인|수신인?|수신자|보내는\s?(?:사람|분)"
    r"|보낸\s?(?:사람|분)|위임[자인]|수임[자인]|민원인|신청[인자]명?|보호자명?|세대주명?|세대원|동거인|계약자명?|접수[자인]|작성자|제보자|신고자|대리인|대표자?명?"
    r"|고객명|환자명|학생명|가입자|예약자|등록자|회원명|참가자|당첨자|피보험자|상속인|청구인|진정인)"
    r"(?:(?:은|는|이|가|:|=|\s-|\s:)\s{0,3}|\s{1,3})"
    rf"(?P<name>[가-힣]{{1,6}}(?: [가-힣]{{1,6}})??)(?={_NEXT_FIELD})"
)
# 예금주는 국화예요, 받는 사람은 홍길동으로 해 주세요.
_FIELD_IS = re.compile(
    rf"{_B}(?:예금주명?|명의자?|받는\s?(?:사람|분)|받으실\s?분|수령인|수취인|보내는\s?(?:사람|분)|위임[자인]|수임[자인]|이름|성함|성명)(?:은|는|이|가)\s{{0,2}}"
    rf"(?P<name>[가-힣]{{2,5}}?)(?<![예에이])(?={IS}|(?:으?로)\s?(?:해|부탁|변경|적어|적혀|찍혀|나와|나옵|되어|돼|뜨|입력|바꿔|등록|발급))"
)
# 예금주 홍길동 이사비 …: the talk goes on right after it.
_GOES_ON = re.compile(
    rf"{_B}(?:이름|성함|성명|본명|예금주|명의자|받는\s?(?:사람|분)|수령인|위임[자인]|수임[자인])\s{{1,2}}(?P<name>[가-힣]{{3}})(?=\s)"
)
_SURE_FIELD = re.compile(
    r"이름|성함|성명|본명|실명|예금주|명의자|받[는으]|수[령취신]|보[내낸]|위임|수임"
)
_TOUCHING = re.compile(
    rf"(?:^|[\s,./{HOLE}0-9])(?:이름|성함|성명|예금주)(?P<name>[가-힣]{{2,5}})(?={_NEXT_FIELD}|\s)"
)
_TOUCHING_PARTICLES = tuple("명들표난순만도이을은의에과없대로부까하칸짓변로모")
# 이름은 민이에요, 이름이 속 찬다라라고 합니다.
_ONE_SYLLABLE = re.compile(
    rf"{_B}{_NAME}(?:은|이|는)\s?(?:외자로\s?|그냥\s?|외자\s)?(?P<name>[가-힣])(?={IS})"
)
_CALLED = re.compile(
    rf"(?:{_NAME}(?:은요?|는요?|이|가)|본명은|(?P<self>{_B}(?:저는|제가|나는|내가|저희는)))\s{{0,2}}"
    rf"(?P<name>[가-힣]{{1,8}}?(?:[ ·][가-힣]{{1,8}}?){{0,3}}?)이?라(?:고|구)\s?{_SAYS}"
)
# 성은 강전이고, 성이 함이에요.
_SURNAME = re.compile(rf"{_B}성[은이]\s?(?P<name>[가-힣]{{1,2}}?)(?:씨)?(?={IS}|[,.]|\s이름)")
# 이름을 한가람에서 한가을로 개명했어요.
_CHANGED = re.compile(
    r"이름을?\s?(?P<name>[가-힣]{2,4})에서\s(?P<new>[가-힣]{2,4}?)으?로\s?(?:개명|변경|바꾸|바꿨|바뀌|바뀐|정정)"
)
# 계좌 … (홍길동): in brackets after another datum.
_IN_BRACKETS = re.compile(rf"{HOLE}\s?[(\[]\s?(?P<name>[가-힣]{{2,4}})\s?[)\]]")
# M12345678 홍길동 오늘 …: between a datum and the talk.
_AFTER_DATUM = re.compile(rf"{HOLE}\s{{1,2}}(?P<name>[가-힣]{{3,4}})(?=\s[가-힣0-9]|[,./\n]|$)")
_SELF = rf"{_B}(?:저는요?|전|나는|난|제가|내가|저|나|본인은)[\s,]{{1,2}}"
# Given names of the generation that is over seventy now, each a word or its end as well.
_OLD_GIVEN = re.compile(r"(?:[영정순경숙명미옥춘말금은복연화희혜성수길])자")
_ROLES = frozenset({"조정자", "진정자", "안정자", "우수자"})
_GIVEN_SELF = re.compile(rf"{_SELF}(?P<name>[가-힣]{{2,3}}?)(?={IS})")
# 저는 존 스미스입니다: one of the words begins foreigners' names.
_TWO_WORDS = re.compile(rf"{_SELF}(?P<name>[가-힣]{{1,6}}(?: [가-힣]{{1,6}}?){{1,3}}?)(?={IS})")
_PERSON_BESIDE = re.compile(
    rf"성[은이]\s|이름|{HOLE}|주민번호|주민등록|전화|번호|[0-9]{{6}}|학생|학년|[초중고][1-6](?![0-9])|[0-9]{{1,2}}살|[0-9]{{1,2}}세"
)
# 저는 홍길동이라는 이름 때문에, 김포라는 이름이라 …: somebody's own when 저, 제, 사람 stand around.
_NAMED = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣]{2,4}?)이?(?:라는|란|라고\s?하는)\s(?:제\s|내\s)?이름(?:이라|인데|을?\s?때문|으로|이에|이예|입니|이고|을\s가진)"
)
_SPEAKER = re.compile(r"(?<![가-힣])(?:저는|제가|저도|나는|내가|사람|사람인데|본명|개명)")
_SELF_RIGHT_BEFORE = re.compile(r"(?:저는|제가|나는|내가|전|난)\s{1,2}$")
# 홍길동... 이건 제 이름이에요.
_MY_NAME = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣]{2,4}?)(?:이|가|은|는|이?라는\s?[게건]|이?라고|\.{2,}|…|[!,~]|\s)[^.\n]{0,24}?"
    r"(?<![가-힣])(?:제|내|저의|우리\s?[가-힣]{1,3})\s이름(?:이에요|이예요|입니다|이라|인데|이고|이야|이라고|맞)"
)
# 홍길동이라는 평범한 직장인입니다.
_PERSON_CALLED = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣]{2,4}?)이?(?:라는|란|라고\s?하는)\s(?:[가-힣0-9]{1,6}\s){0,2}"
    r"(?:사람|직장인|시민|주민|학생|주부|청년|노인|할머니|할아버지|할매|할배|아줌마|아저씨|엄마|아빠|회사원|세입자|상인|농민|어르신|자영업자|친구|아이|남자|여자)"
)
# 저 길동이에요 홍길동.
_THEN_WHOLE = re.compile(
    r"(?<![가-힣])(?P<given>[가-힣]{2})(?:입니다|이?에요|이?예요|이?라고\s?합니다|인데요?|이요)[\s,.]{1,3}"
    r"(?P<name>[가-힣]{1,2}(?P=given))(?![가-힣]{3})"
)
_KIN = re.compile(
    rf"{KIN_OF}(?:인|은|는|이|의)?\s{{0,2}}(?P<name>[가-힣]{{2,3}}?)(?P<end>이?(?:{IS})|이(?:가|는|를|도|네|랑|한테|하고|만|의)?(?![가-힣])|(?:가|는|랑|한테|하고|를)(?![가-힣])|(?=\s|[,.]|$))"
)
_ALONE = re.compile(rf"^\s{{0,2}}(?P<name>[가-힣]{{1,2}}?)이?라고\s?{_SAYS}")
_ONE_LETTER = re.compile(r"외자|한\s?글자|성[도은이]\s|이름|외국")
_ANSWERS = re.compile(
    r"성[이은]$|[두세외한네]\s?자$|[에예]요|입니다|모르|모름|몰라|비공|없|안\s|못|엄마|아빠|아버|어머|할머|할아|남편|아내|와이프|부모|가족|아들|딸|형제|자녀|언니|누나|오빠|동생|친구|본인|당사자|동일|상동|위와|위에"
    r"|변경|오류|오타|오기|정정|수정|확인|조회|등록|입력|미정|생략|익명|비밀|공개|표시|표기|기재|누구|무엇|무슨|뭐|뭔|뭘|어느|몇|어떻|어디|왜|저$|나$|제$|내$|그|이$|저희|우리"
    r"|회사|법인|개인|기관|단체|시청|구청|시장|공무|다른|다름|틀|바뀜|바꿔|바꾸|개명|필수|필요|선택|가려|가림|나중|알려|말씀|말하|말안|말\s|얘기|물어|묻|밝히|꼭|다시|잘못|같|똑같|정확|적어|적을|적지|쓰기|사람|외국|한국|중국|베트남|둘|셋|여러|모두|전부|아무|기억|비슷|예쁘|이상|특이|흔|길|짧"
)
_ENDS_TALK = re.compile(
    r"(?:[가-힣]{2}[고며]|[구시군도육]청|센터|은행|회사|조합|협회|재단|공단|공사|학교|위원회|[요다죠까네게음함됨]|해서|하고|인데|는데|지만|에서|에게|으로|까지|부터|처럼|보다|하는|되는|[가-힣]적|입니|합니|사무[소실]|관리[실소]|경비실|아파트|빌라|교회|병원|약국|식당|카페|마트|부동산|우체국|택배)$"
)
# No word inside a name ends so.
_GOES = re.compile(r"[가-힣](?:이라|라서|이라서|인데|에서|에는|에|은데|을|를|하고)$")
_NO_SYLLABLE = frozenset("에예뭐왜안못꼭다더제네저나이그것수게건글중첫각총약단또참좀잘막갓")


def find_stated_names(text: str) -> Iterator[Found]:
    """Names in normal text in which `HOLE` stands for each datum that was found before."""
    yield from _fields(text)
    yield from _said(text)
    yield from _own(text)
    yield from _of_kin(text)


def _fields(text: str) -> Iterator[Found]:
    for found in _FIELD.finditer(text):
        name = found["name"]
        labelled = found.group()[: found.start("name") - found.start()].rstrip()
        parted = text[found.end() :].lstrip()[:1] in ("/", "|", ",")
        marked = labelled.endswith((":", "=", "-")) or (len(name) == 1 and parted)
        if names_a_thing(text[max(0, found.start() - 8) : found.start()]):
            continue
        ends = text[found.end() :].strip(" .\n")[:1]
        sure = bool(ends) and _SURE_FIELD.match(labelled) is not None
        if parted and not marked and not sure and likeness(name) < 0:
            continue  # 신청인 거주지, 연락처
        # A number or another field right after it leaves no doubt.
        certain = sure and len(name) == 3 and (ends.isdigit() or ends in (HOLE, "+"))
        if may_answer(name, marked=marked) and (marked or certain or _is_like(name, sure=sure)):
            yield found_name(text, found, 0.7)
    for found in _FIELD_IS.finditer(text):
        thing = names_a_thing(text[max(0, found.start() - 8) : found.start()])
        if may_answer(found["name"], marked=True) and not thing:
            yield found_name(text, found, 0.6)
    for found in _GOES_ON.finditer(text):
        name = found["name"]
        fits = name[0] in SURNAME and may_answer(name, marked=False) and _is_like(name, sure=False)
        if fits and given_likeness(name[1:]) >= -5:
            yield found_name(text, found, 0.65)
    for found in _TOUCHING.finditer(text):
        name = found["name"]
        if not name.startswith(_TOUCHING_PARTICLES) and may_answer(name, marked=False):
            yield found_name(text, found, 0.65)


def _said(text: str) -> Iterator[Found]:
    if "성" in text:
        for found in _SURNAME.finditer(text):
            # 성은 홍씨고 이름이 홍길동: the whole name follows.
            after = text[found.end() : found.end() + 12]
            if f" {found['name']}" in after or ("씨" in found.group() and HOLE in after):
                continue
            if found["name"] in SURNAME and found["name"] not in ("이", "인", "여", "남"):
                yield found_name(text, found, 0.7)
    for found in _CHANGED.finditer(text):
        if may_answer(found["name"], marked=True) and _surnamed(found["name"]):
            yield found_name(text, found, 0.7)
            yield Found(*found.span("new"), PERSON_NAME, found["new"], 0.7)
    for found in _IN_BRACKETS.finditer(text):
        if may_answer(found["name"], marked=False) and likeness(found["name"]) >= -30:
            yield found_name(text, found, 0.6)
    for found in _AFTER_DATUM.finditer(text):
        name = found["name"]
        like = likeness(name) >= 20 if len(name) == 3 else name[2:] in PLAIN_GIVEN
        if like and likeness(name) >= -12 and may_answer(name, marked=False):
            yield found_name(text, found, 0.55)
    for found in _ONE_SYLLABLE.finditer(text):
        known = names_a_thing(text[max(0, found.start() - 8) : found.start()])
        if found["name"] not in _NO_SYLLABLE and not known:
            yield found_name(text, found, 0.7)
    for found in _CALLED.finditer(text):
        end = _with_i(text, found)
        name = text[found.start("name") : end]
        sure = found["self"] is None
        if names_a_thing(text[max(0, found.start() - 8) : found.start()]):
            continue
        if may_answer(name, marked=True) and (sure or (_is_foreign(name) and " " in name)):
            yield Found(found.start("name"), end, PERSON_NAME, name, 0.72)


def _own(text: str) -> Iterator[Found]:
    for found in _GIVEN_SELF.finditer(text):
        name = found["name"]
        whole = len(name) == 3 and name[0] in SURNAME and _given_for_sure(name)
        sure = (name in PLAIN_GIVEN or whole) and name not in LOOKALIKES and name not in NOT_NAMES
        if sure or (name in GIVEN and _PERSON_BESIDE.search(text, found.end(), found.end() + 24)):
            yield found_name(text, found, 0.62)
    for found in _TWO_WORDS.finditer(text):
        foreign = any(word in FOREIGN for word in found["name"].split(" "))
        if foreign and _is_foreign(found["name"]) and may_answer(found["name"], marked=True):
            end = _with_i(text, found)
            yield Found(
                found.start("name"), end, PERSON_NAME, text[found.start("name") : end], 0.72
            )
    if "이름" in text:
        for found in _NAMED.finditer(text):
            around = text[max(0, found.start() - 24) : found.end() + 40]
            own = _SELF_RIGHT_BEFORE.search(text[max(0, found.start() - 4) : found.start()])
            place = found["name"][-1] in "숲동구시역산강길로원장관점집"
            if own or (_SPEAKER.search(around) and _surnamed(found["name"]) and not place):
                yield found_name(text, found, 0.62)
        for found in _MY_NAME.finditer(text):
            pointing = found["name"][0] in "이그저" and found["name"][-1] in "건게거것"
            if _surnamed(found["name"]) and found["name"] not in NOT_NAMES and not pointing:
                yield found_name(text, found, 0.62)
    for found in _PERSON_CALLED.finditer(text):
        if likeness(found["name"]) >= 10 and found["name"] not in KNOWN:
            yield found_name(text, found, 0.6)
    for found in _THEN_WHOLE.finditer(text):
        if found["name"][:-2] in SURNAME and likeness(found["name"]) >= -30:
            yield found_name(text, found, 0.75)
            yield Found(*found.span("given"), PERSON_NAME, found["given"], 0.75)
    for found in _ALONE.finditer(text):
        name = found["name"]
        one = len(name) == 1 and _ONE_LETTER.search(text) is not None and name in SURNAME
        if one or (len(name) == 2 and name in PLAIN_GIVEN):
            yield found_name(text, found, 0.62)


def _given_for_sure(name: str) -> bool:
    """Whether a given name follows the surname, though both together begin like a word: 배수민."""
    old = _OLD_GIVEN.fullmatch(name[1:]) is not None and name not in _ROLES
    return old or name[1:] in PLAIN_GIVEN


def _of_kin(text: str) -> Iterator[Found]:
    """Given names after the word for a relative or friend: 손녀딸 서윤이가, 울 동생 시우."""
    for found in _KIN.finditer(text):
        name, end = found["name"], found["end"]
        if name in NOT_NAMES or name in LOOKALIKES or (len(name) == 3 and name not in PLAIN_GIVEN):
            continue
        if (
            name in PLAIN_GIVEN
            or (end.startswith("이") and len(end) > 1 and given_likeness(name) >= 5)
            or (name in GIVEN and end[:2] in ("이가", "이는", "이를", "이네", "이한"))
        ):
            yield found_name(text, found, 0.9 if end.startswith("이") else 0.6)


def _is_like(name: str, *, sure: bool) -> bool:
    """Whether a word after a field without a mark may be a name: 세대주 분리 is none."""
    if " " in name or len(name) == 1 or len(name) > 4:
        return False
    if name in PLAIN_GIVEN:
        return True
    if name[-1] in "해한할하된될돼됨는을를가도에의로요다":
        return False
    if len(name) == 2:
        return sure or likeness(name) >= -30
    return likeness(name) >= (-100 if sure else -45) or given_likeness(name[1:]) >= 10


def _surnamed(word: str) -> bool:
    return word in PLAIN_GIVEN or (
        (word[0] in SURNAME or word[:2] in SURNAME) and (len(word) > 2 or likeness(word) > -150)
    )


def may_answer(name: str, *, marked: bool) -> bool:
    """Whether the words after a field are an answer that names somebody."""
    words = name.split(" ")
    if _ANSWERS.match(name) or _ENDS_TALK.search(name):
        return False
    if any(word in NOT_NAMES or word in LOOKALIKES for word in words):
        return False
    if len(words) > 1 and any(_GOES.search(word) for word in words[:-1]):
        return False  # 이름이 한글이라 한자 칸에 뭐라고
    if len(name) == 1:
        return name not in _NO_SYLLABLE and marked
    return len(words) == 1 or marked


def _is_foreign(name: str) -> bool:
    """Whether no word ends as a particle, a place or a title does."""
    return not any(
        word[-1] in "은는이가을를에도서로의고동구시군읍면길님역과" for word in name.split(" ")
    )


def _with_i(text: str, found: re.Match[str]) -> int:
    """The end of the name; 이 after an open syllable is its own: 다나카 유이라고."""
    end = found.end("name")
    open_syllable = (ord(text[end - 1]) - 0xAC00) % 28 == 0
    return end + 1 if open_syllable and text[end : end + 2] in ("이라", "이예") else end


def found_name(text: str, found: re.Match[str], score: float) -> Found:
    """The find of the group `name`."""
    start, end = found.span("name")
    return Found(start, end, PERSON_NAME, " ".join(text[start:end].split()), score)
