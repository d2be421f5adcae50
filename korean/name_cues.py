"""The words around a name and how much each says that one stands there; looks at no name itself.

Bonuses are tenths of logarithms, to be added to `korean.name_shapes.likeness`.
"""

from __future__ import annotations

import re

# What a name without any word for it lacks.
NOTHING_SAID = -36
SURE, MARKED, LABELLED, LABEL_IS, RELATED, WEAK = 80, 55, 33, 42, 26, 26
_B = r"(?<![가-힣A-Za-z])"
_KIN = (
    r"(?:큰|작은|막내|첫째|둘째|셋째|시|친|외)?\s?(?:아이|애|아기|아들|딸|딸아이|아들놈|남편|아내|집사람|와이프|신랑|남친|여친|남자친구|여자친구|어머니|아버지|어머님|아버님"
    r"|엄마|아빠|할머니|할아버지|할머님|할아버님|장모님?|장인|시어머니|시아버지|며느리|사위|손자|손녀|손주|조카|형|누나|오빠|언니|동생|여동생|남동생|친구|삼촌|외삼촌|이모|고모|배우자|자녀|부친|모친|사촌|고인)"
)
_ROLE = (
    r"(?:피?신고인|피?신고자|신고한\s?사람|신고한\s?분|민원인|(?:이의\s?)?신청인|신청자|제보자|제보인|작성자|작성인|글쓴이|쓴\s?사람|예금주|계좌주|대표자?|대표이사|반장|통장|이장|동대표|총무|회장|위원장|세대주|세대원"
    r"|동거인|수급자|환자|학생|원생|본인|범인|용의자|실종자|계약자|계약인|참가자|참석자|발표자|당첨자|합격자|지원자|교육생|수강생|봉사자|[가-힣]{0,6}(?:회장|대표|위원장|총무|간사|소장|사장|원장|점장|관장)|피해자|가해자|목격자|보호자|법정대리인|대리인|위임자|위임인|수임인|문의자|문의인|발신인?|수신인?|보냄|건의자|건의인|제안자|제안인|제출자|제출인|요청자|요청인|접수자|접수인|청구인|청원인|진정인|탄원인|고소인|고발인"
    r"|받는\s?(?:사람|이|분)|받으실\s?분|수령인|수취인|보낸\s?(?:사람|이|분)|보내는\s?(?:사람|이|분)|고객|회원|가입자|예약자|주문자|구매자|이용자|명의자|소유자|소유주|차주|운전자|상속인|연락(?:받을|주실|하실)\s?(?:사람|분)|연락\s?담당|임대인|임차인|세입자|집주인|건물주"
    r"|입주민|입주자|주민|주민\s?대표|학부모|견주|시민|구민|서명|서명자|관리소장|관리인|경비원|미화원|담임|담임교사|점주|가게\s?주인|주인|이웃|이웃집|옆집|앞집|윗집|아랫집|뒷집|옆방|위층|아래층|근로자|외국인\s?근로자|유학생)"
)
_OWNER = rf"(?:제|저의|내|나의|저희|우리|그\s?사람|그분|저|본인|본인의|사장|주인|{_KIN}|{_ROLE})(?:의|님)?"
_NAME_WORD = r"(?:이름|성함|성명|본명|실명|존함|함자)"
# The particle touches the word, or its 이 would be a surname: 성함 이훈.
_GAP = r"(?:은요?|는요?|이|가|요\?)?\s?[:;=)\]-]?[\s:=]{0,3}"
# "제 이름은", "성함:", "성명 -": what follows is a name, whatever it looks like.
SURE_CUES = re.compile(
    rf"{_B}(?:(?:저희|우리|제|내)\s?)?{_OWNER}\s?{_NAME_WORD}{_GAP}"
    rf"|{_B}(?:성함|성명|존함){_GAP}"
    rf"|(?:^|[\n,./(\[|])\s?이름\s?(?:[:=-]|은|는|이)\s{{0,2}}|{_B}(?:신청자명|민원인명|고객명|세대주명|회원명|예약자명|가입자명|예금주명|대표자명|학생명|환자명|보호자명|작성자명|명의자명)\s?(?:[:=-]|은|는|이)\s{{0,2}}"
)
# 베트남 사람, 필리핀에서 온: a foreigner's name may follow.
FROM = re.compile(
    r"(?:베트남|중국|필리핀|몽골|우즈베키스탄|우즈벡|태국|네팔|미국|일본|러시아|캄보디아|인도네시아|인도|방글라데시|파키스탄"
    r"|미얀마|스리랑카|카자흐스탄|영국|프랑스|독일|캐나다|대만|이란|이집트|나이지리아|외국)"
    r"(?:에서\s온|\s?사람|인|\s?출신|\s?국적)(?:의|인)?\s{1,2}"
)
ENGLISH = re.compile(
    r"(?<![A-Za-z가-힣])(?:[Mm]y\s[Nn]ame\s(?:is|:)|[Nn]ame\s?[:=]|NAME\s?[:=]|(?:영문|영어)\s?(?:이름|성명|명)\s?[:은이]?|I\sam|I'm)\s{0,2}(?=[A-Z가-힣])"
)
# "그리고 이름은 …": a person's, unless a thing stands before it.
NAME_IS = re.compile(
    r"(?<![가-힣])(?:영문|영어|한글|한자|개명한)?\s?이름\s?(?:은요?|는|이|을|:|=|-)(?![에예]요|요|었|라|고\s|고요|지|야|냐|나요)\s{0,2}"
)
_THINGS_NAME = re.compile(
    r"(?:가게|건물|아파트|빌라|도로|길|거리|공원|정류장|역|어린이집|유치원|학교|부서|도서관|행사|축제|사업|앱|강아지|고양이|개|동네|마을|회사|상호|단체|프로그램|제도|정책|제품|상품|약|식당|병원|의원|센터|버스|다리|하천|산|꽃|나무|조형물|상|팀|모임|동아리|강좌|강의|책|노래|영화|파일|폴더|의|한|는|된|던|린)\s$"
)


def names_a_thing(before: str) -> bool:
    """Whether what has a name here is no person."""
    return _THINGS_NAME.search(before) is not None


# "신고자 홍길동", "예금주: 홍길동".
LABELS = re.compile(
    rf"{_B}(?P<role>{_ROLE}명?|이름|{_KIN}|[Ff]rom|FROM)(?P<particle>[는은이가])?\s?(?P<mark>[:=\-)(.])?\s{{0,2}}"
)
# "저는 …이고", "여기는 …인데요".
SELF = re.compile(
    rf"{_B}(?:(?:저는요?|나는|제가|내가|본인은|저희는|여기는|이\s?사람은|저요\?|이름이?요\?|전데요|저예요|저에요|접니다)\s?,?\s{{0,2}}|(?:전|난|여긴|저|나)[\s,]{{1,3}})"
)
_OPENING = re.compile(
    r"(?:^|[\n.!?~:;)…]|안녕하[가-힣]{1,4}|반갑습니다|수고하[가-힣]{2,3}|수고\s?많으십니다|수고가\s?많으십니다|여보세요|[네예],?|고맙습니다|감사합니다|이상|(?<![0-9])[0-9][.)]?\s|[0-9]{1,2}\s?[.일])[!.,~\s^]{0,4}$"
)
_LIVING = re.compile(
    r"(?:사는|살고\s?있는|살던|거주하는|거주\s?중인|다니는|운영하는|모는|접수한|신고한|신고했던|신청한|문의드린|문의한|문의했던|전화드린|전화한|전화했던)\s$"
)
# 체납자, 참고인, 어촌계장: a word for a person that no list has.
_PERSON_WORD = re.compile(r"(?<![가-힣])[가-힣]{1,6}(?:[인자장]|위원|[부사]원|신생아|[남여]성)\s$")
_MODIFIED = re.compile(r"(?:하는|온|올린|넣은|된|[가-힣]동|[가-힣]구)\s$")


def opening(before: str) -> int:
    """The bonus of what stands right before, when nothing else speaks of a person."""
    if _OPENING.search(before):
        return 12
    if _LIVING.search(before):
        return 26
    if _PERSON_WORD.search(before):
        return 14
    return 10 if _MODIFIED.search(before) else 0


_COPULA = (
    r"(?:입니다|임니다|입니더|이에요|이예요|예요|에요|이여요|여요|이어요|이요|요(?![가-힣])|이오(?![가-힣])|이유(?![가-힣])|유(?![가-힣])|이여(?![가-힣])|이야(?![가-힣])|이고|이구|고(?![가-힣])|고요|구요|인데|인대|인디|이라서"
    r"|이며|며(?![가-힣])|이지만|이거든|거든요|이죠|죠(?![가-힣])|임(?![가-힣])|이었습니다|였습니다|이었어요|였어요|이라예|라예|이올시다|올시다|이오니|오니|이니|아입니까|이다(?![가-힣])|이란(?![가-힣])|인(?=\s?(?:걸|것|데|줄|거))|이라니까?|라니까|이십니다|이세요|이신데|이랍니다|이라던|이?라고요?(?![가-힣])|이?라구요?(?![가-힣]))"
)
_QUOTED = (
    r"(?:이?라고|이?라구|이?라는|이?라)\s?(?:합니|합이|해요|해여|하고|하구|하며|하는|하오|하옵|한다|함(?![가-힣])"
    r"|하지|했|불러|불리|부르|적|쓰|씁|써|저장|등록|말씀|말하|몇|되어|돼|사람|시민|주민|학생|분(?![가-힣])|이름|아이|친구|남자|여자|청년|아저씨|아줌마|직원|양반|놈|인간)"
)
_PERSONS = (
    r"(?:씨|님|할머니|할아버지|할머님|할아버님|어르신|아저씨|아주머니|아줌마|사장님?|선생님?|선생|기사님?"
    r"|엄마|아빠|어머니|아버지|어머님|아버님|모친|부친|보호자|학생|어린이|군|양|여사|대표님?|원장님?|집사님?)"
)
# The name's last syllable closes an open or a closed syllable: 영희예요, 길동이에요.
_RIGHT = re.compile(
    rf"(?P<quoted>{_QUOTED})|(?P<signed>\s{{0,2}}(?:올림|드림|배상|拜上|씀(?![가-힣])|적음|남김|올립니다|드립니다)(?=\s*(?:$|[.!~\n)(\],0-9+☎-])))"
    rf"|(?P<seal>\s?[(\[](?:인|서명|印|직인)[)\]])|(?P<copula>\s?{_COPULA})"
    rf"|(?P<title>\s?{_PERSONS}(?:(?=[가-힣]{{0,4}}(?:$|[^가-힣]))))"
    r"|(?P<dative>이?(?:한테|에게|께서|께|랑|하고)|이(?:가|는|를|도|네)(?![가-힣]))"
    r"|(?P<owner>\s?(?:앞으로|명의|이름으로|명의로|대신|본인|댁에?(?![가-힣]))|\s외\s?[0-9]{1,4}\s?[명인가])"
    r"|(?P<number>\s?[,(/:|]?\s?(?:[0-9][.)]?\s)?(?=(?:\+?82[\s-]?|0)1[016789][\s.)-]?[0-9]|공일공|☎|[0-9]{6}\s?[-~]?\s?[0-9]{7}|0[2-7][0-9]{0,2}[)\s-]{1,2}[0-9]{3,4}[\s-][0-9]{4}|(?:19|20)?[0-9]{2}년생|(?:19|20)[0-9]{2}년?\s?생))"
    r"|(?P<particle>(?:은|는|을|를|의|와|과|도|이|가|만|로|으로)(?![가-힣]))|(?P<plain>(?![가-힣A-Za-z0-9@_])(?!\s?골뱅이))"
)
BONUS = {
    "quoted": 36,
    "signed": 52,
    "seal": 40,
    "copula": 22,
    "title": 38,
    "dative": 14,
    "owner": 20,
    "number": 32,
    "particle": 0,
    "plain": -4,
}
_OPEN_ONLY = (
    "예요",
    "여요",
    "고",
    "구",
    "라",
    "며",
    "였",
    "죠",
    "가",
    "는",
    "를",
    "랑",
    "와",
    "로",
    "유",
    "요",
)
_CLOSED_ONLY = ("은", "을", "과", "이", "으로")
# Persons in office, and what is named after a person.
_PUBLIC_AFTER = re.compile(
    r"\s?(?:주무관|과장|팀장|국장|계장|실장|부시장|시장|구청장|군수|도지사|지사|의원|장관|차관|총리|대통령|대변인|경위|경사|경장|순경|소방관|경찰|검사|판사|변호사|장군|대왕|의사(?![가-힣])|열사|선열|동상|기념관|문학관|미술관|박물관|생가|묘|역사|전시|축제|문화제|공원"
    r"|도서관|체육관|수영장|야구장|축구장|거리|다리|광장|센터|콘서트|공연|경기|영화|노래|소설|시인|작가|가수|배우|선수|감독|교수|박사|아나운서|[역길](?![가-힣])|대로|역\s|로(?=\s?[0-9]|\s?(?:입구|방면|방향|구간|일대|변|쪽|사거리|앞)|[0-9가-힣]*길))"
)
_PUBLIC_BEFORE = re.compile(
    r"(?:시장|구청장|지사|의원|장관|총리|대통령|장군|가수|배우|선수|감독|작가|시인|도산|백범|율곡|퇴계|충무공|의사|열사|주무관|과장|팀장|국장|담당|담당자|기자|개그맨|아나운서|버스|정류장|역|성은|성이|이름[은이])\s$"
)


def right_of(text: str, at: int) -> tuple[str, int]:
    """What stands right after a name that ends here: its kind, and whether its form fits the name.

    The second is a penalty, 0 when it fits.  The kind is "" when no name can end here.
    """
    found = _RIGHT.match(text, at)
    if found is None or found.lastgroup is None:
        return "", 0
    tail = found.group().strip()
    closed = (ord(text[at - 1]) - 0xAC00) % 28 != 0
    odd = (
        tail.startswith(_OPEN_ONLY)
        if closed
        else tail.startswith(_CLOSED_ONLY) and tail in ("은", "을", "과", "이", "으로")
    )
    return found.lastgroup, -22 if odd and found.lastgroup in (
        "copula",
        "quoted",
        "particle",
        "dative",
    ) else 0


def is_public(before: str, text: str, end: int) -> bool:
    """Whether the words around say that the name is an official's, a star's or a place's."""
    return _PUBLIC_AFTER.match(text, end) is not None or _PUBLIC_BEFORE.search(before) is not None
