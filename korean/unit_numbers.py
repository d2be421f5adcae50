"""Finds the part of an address that leads to one home (101동 1203호); leaves buildings and areas alone.

Left alone are areas (역삼1동), lot and road numbers, lines, articles and floors of public buildings.
A 동 or 층 by itself counts only where somebody lives there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import ADDRESS_UNIT, Found

_SINO = "[영공일이삼사오육륙칠팔구십백천]"
_FLOOR = r"(?:(?:지하|반지하|지층|B)\s?)?(?:[0-9]{1,2}|[일이삼사오육칠팔구십]{1,3})\s?층"
_ROOM = r"(?:(?:지하|반지하|지층|B|비|b|제)\s?-?)?[0-9]{1,4}(?:-[0-9]{1,2})?\s?호"
_SPOKEN_ROOM = rf"(?:(?:지하|비)\s?)?{_SINO}{{1,7}}\s?호"
_BLOCK = (
    rf"(?:(?:제\s?)?[0-9]{{1,4}}|(?<![가-힣A-Za-z])제\s?(?:에이|비|씨|디|[가나다라마바사A-Za-z])|(?<![가-힣A-Za-z])[가나다라마바사아자차카타파하A-Za-z]|{_SINO}{{1,7}}"
    r"|에이|비|씨|디)\s?동"
)
_STOP = (
    r"(?!\s?(?:선|차(?![가-힣]*에\s?살)|기(?![가-힣])|점(?![가-힣])|봉|태풍|법|공원|놀이터|분수|정류|게이트|버스|열차|국도|터널|작업|고시|공고|안건|의안"
    r"|출구|승강장|엘리베이터|포인트|모집|법정|창구|묘|구역|필지|표|서식|관사|터|선로|교(?![가-힣])|수문|관정|약수))"
)
# After a block and a room nothing but a line's word says otherwise: 102동 507호 엘리베이터.
_PAIR = re.compile(
    rf"(?:{_BLOCK})\s?[,.\-]?\s?(?:(?:{_FLOOR}\s?,?\s?)?(?:{_ROOM}|{_SPOKEN_ROOM})(?!\s?(?:호?선|법정))|{_FLOOR}(?!\s?(?:회의실|강의실|민원|사무실|화장실|로비|매장|주차)))"
)
# 3층 왼쪽 집, 201동 3-4라인.
_SIDE = re.compile(
    rf"{_FLOOR}\s?(?:왼쪽|오른쪽|왼편|오른편|좌측|우측|앞쪽|뒤쪽|안쪽|가운데|맨\s?끝|끝|첫\s?번?째|[두세]\s?번째)\s?(?:집|방)"
    rf"|(?<![가-힣0-9]){_FLOOR}\s?,?\s?옥탑(?:방|층)?(?![가-힣]{{0,2}}\s?(?:공사|구조물|광고|불법|증축|철거|방수|간판))|(?<![가-힣])옥탑(?:방)?\s?{_FLOOR}"
    rf"|(?:{_BLOCK})\s?[0-9](?:\s?[-~,]\s?[0-9])?\s?(?:호\s?)?라인"
)
_ALONE = re.compile(
    rf"(?<![0-9A-Za-z.\-])(?:(?:(?<![가-힣])제\s?)?{_FLOOR}\s?,?\s?)?"
    rf"(?:(?:지하|반지하|지층)\s?[0-9]{{1,4}}|[Bb비]\s?-?[0-9]{{1,4}}|(?:[0-9]{{1,4}}-)?[0-9]{{2,4}}(?:-[0-9]{{1,2}})?)\s?호{_STOP}"
)
_ALONE_SPOKEN = re.compile(
    rf"(?<![가-힣0-9])(?:비\s?{_SINO}{{2,3}}|{_SINO}{{0,3}}[백천]{_SINO}{{1,5}}|{_SINO}공{_SINO}{{1,2}}|"
    rf"(?<=빌라 ){_SINO}{{3,4}})\s?호{_STOP}(?![가-힣]*(?:선|차))"
)
_HOME = (
    r"아파트|래미안|자이|힐스테이트|푸르지오|롯데캐슬|편한세상|더샵|더\s?샵|아이파크|뷰|빌라|오피스텔|주공|현대|단지"
    r"|맨션|맨숀|타운|팰리스|하이츠|연립|다세대|원룸|주택|고시원|빌|캐슬|쉐르빌|센트럴|파크|시티|하우스|리버|빌리지|기숙사|쪽방|고시텔"
)
# 2층 나호, 지하 가호: rooms that letters count.
_LETTER_ROOM = re.compile(
    rf"(?<![가-힣0-9A-Za-z])(?:(?:{_BLOCK})\s?)?(?:{_FLOOR}|지하|반지하|지층|옥탑)\s?,?\s?"
    r"(?:제\s?)?[가나다라마바사아자차카타파하A-Ha-h]\s?호(?![가-힣])"
    rf"|(?:{_BLOCK})\s?[가나다라마바사아자차카타파하A-Ha-h]\s?호(?![가-힣])"
    r"|(?<![가-힣])옥탑\s?[0-9]{1,2}\s?호"
)
# 101동 1203: the 호 left out.
_BARE_ROOM = re.compile(
    rf"(?:(?<=[\s,])|(?:{_HOME})\s?)(?P<unit>[0-9]{{3,4}}\s?동\s?,?\s?[0-9]{{3,4}})(?![0-9]|\s?[가-힣]{{0,2}}[0-9-]|\s?(?:호|번|년|명|세대|원|건|m|동))"
)
# 삼익 7동 302: of estates that are called after who built them.
_ESTATE_ROOM = re.compile(
    r"(?:아파트|삼익|우성|한양|한신|미성|주공|벽산|극동|신동아|동아|청구|쌍용|삼성|대림|두산|경남|진흥|선경|현대|럭키|단지|빌라|연립|맨션)"
    r"\s?(?P<unit>[0-9]{1,2}\s?동\s?,?\s?[0-9]{3,4})(?![0-9]|\s?(?:호|번|년|명|세대|원|건|m|동|-))"
)
# 101-1203 after a housing estate's name, or after 동호수.
_DASHED = re.compile(
    rf"(?:(?:{_HOME})|동호수?[는은:]?|동\s?호수?[는은:]?)\s?"
    rf"(?P<unit>(?<![0-9])(?:[0-9]{{3,4}}|(?<=[가-힣])[0-9]{{1,2}}|(?<=[가-힣] )[0-9]{{1,2}})"
    rf"\s?-\s?[0-9]{{3,4}})(?![0-9]|-[0-9]|\s?번)"
)
# 쪽방 … 7호요: rooms of one digit where each door has a number.
_SMALL_ROOM = re.compile(
    r"(?:쪽방|고시원|고시텔|원룸|여인숙|여관|기숙사|리빙텔|하숙집?|셰어하우스|쉼터)[^\n0-9]{0,14}"
    r"(?P<unit>[0-9]{1,2}\s?호)(?=$|[\s,.!?)]|요|인데|에[서요]?|입니다|이에요|예요|방|실|사는|살)"
)
_LIVES = (
    r"\s?(?:에서?\s?|에요?,?\s?)?(?:집\s?에?\s?사|사는|살고|살아|삽니다|살며|살던|거주|주민|입주민|세대|세입자|입주자"
    r"|산다|살거든|집인데|집이|집에|사람)"
)
_HOME_BEFORE = re.compile(
    rf"(?:우리\s?집|저희\s?집|제\s?집|울집|자택|집은|집이|{_HOME}|번지|(?:로|길)\s?[0-9]{{1,4}}(?:-[0-9]{{1,4}})?|[가-힣]동\s?[0-9]{{1,4}}-[0-9]{{1,4}})"
    r"(?:\s?의|에)?\s?,?\s?$"
)
_FLOOR_ALONE = re.compile(rf"(?<![가-힣0-9A-Za-z]){_FLOOR}")
_BLOCK_LIVES = re.compile(
    rf"(?<![가-힣0-9])(?:[0-9]{{2,4}}|{_SINO}{{0,3}}[백]{_SINO}{{1,4}})\s?동(?={_LIVES})"
)
_LIVES_AFTER = re.compile(_LIVES)
_PUBLIC = re.compile(
    r"(?:시청|구청|군청|도청|시의회|의회|주민\s?센터|행정\s?복지\s?센터|복지관|도서관|청사|회의실|강의실|대학교?|학교|병원|의원|법원|검찰청"
    r"|경찰서|소방서|우체국|보건소|(?<!지식산업)(?<!창업지원)(?<!창업보육)(?<!비즈니스)센터|박물관|미술관|체육관|회관|별관|본관|신관|백화점|마트|역|공항|터미널|[가-힣]+과|민원실|상가|몰|공원|청)"
    r"\s?(?:건물|내|안|의|에|동관|서관)?\s?,?\s?(?:지하\s?)?(?:[0-9]{1,2}\s?층)?\s?$"
)
_NOT_A_ROOM = re.compile(
    r"(?:제|임시|별표|별지|서식|고시|공고|훈령|예규|조례|규칙|법률|태풍|국도|지방도|고속도로|노선|버스|호선|천연기념물|보물|국보|사적|의안"
    r"|공원|가로수|전봇대|가로등|보안등|놀이터|정류장|채널|기호|경부|창구|법정|부두|출구|위성|누리|발사체|접수|게이트|번호|통권|묘역|맨홀|관정|벤치|시설물|CCTV|카메라)"
    r"\s?(?:제)?\s?(?:[0-9]{2,4}-)?$"
)
# 2026-87호: a notice of that year.
_NOTICE = re.compile(r"(?:19|20)[0-9]{2}-[0-9]")
_ESTATE_BEFORE = re.compile(rf"(?:{_HOME})\s?$")
_AREA = re.compile(r"(?:제\s?)?[0-9](?=\s?동)|[일이삼사오육칠팔구](?=\s?동)")

# What everybody may enter: the stairs of a house, the shop on its ground floor.
_SHARED = re.compile(
    r"\s?(?:짜리|건물|높이|규모|복도|계단|상가|카페|식당|가게|편의점|화장실|주차|로비|옥상|이상|이하|까지|부터|정도|공사|신축|증축|매장|점포|사무실|학원)"
)


def find_units(text: str) -> Iterator[Found]:
    """Homes' numbers in normal text."""
    if not any(mark in text for mark in ("호", "층", "동", "-")):
        return
    for found in _PAIR.finditer(text):
        before = text[max(0, found.start() - 16) : found.start()]
        area = _AREA.match(found.group())
        if (
            area is not None
            and re.search(r"[가-힣]$", before)
            and not _ESTATE_BEFORE.search(before)
        ):
            continue  # 역삼1동 302호: the area stays, the room is found by itself
        if re.search(r"[가-힣]$", before) and not re.match(r"제?\s?[0-9]", found.group()):
            continue  # 구로구 삼성동 302호
        yield _unit(text, found.start(), found.end(), 0.9)
    for pattern, score in ((_ALONE, 0.7), (_ALONE_SPOKEN, 0.6)):
        for found in pattern.finditer(text):
            before = text[max(0, found.start() - 20) : found.start()]
            if _NOTICE.match(found.group()):
                continue
            lives = _LIVES_AFTER.match(text, found.end()) is not None
            if _NOT_A_ROOM.search(before) or (_PUBLIC.search(before) and not lives):
                continue
            yield _unit(text, found.start(), found.end(), score + 0.2 * lives)
    for found in _LETTER_ROOM.finditer(text):
        if not _PUBLIC.search(text[max(0, found.start() - 20) : found.start()]):
            yield _unit(text, found.start(), found.end(), 0.8)
    for found in _SIDE.finditer(text):
        if _PUBLIC.search(text[max(0, found.start() - 20) : found.start()]):
            continue
        yield _unit(text, found.start(), found.end(), 0.8)
    for found in (*_BARE_ROOM.finditer(text), *_ESTATE_ROOM.finditer(text)):
        yield _unit(text, found.start("unit"), found.end("unit"), 0.7)
    for found in _SMALL_ROOM.finditer(text):
        yield _unit(text, found.start("unit"), found.end("unit"), 0.7)
    for found in _DASHED.finditer(text):
        yield _unit(text, found.start("unit"), found.end("unit"), 0.7)
    for found in _FLOOR_ALONE.finditer(text):
        before = text[max(0, found.start() - 24) : found.start()]
        lives = _LIVES_AFTER.match(text, found.end()) is not None
        home = _HOME_BEFORE.search(before) is not None
        if _PUBLIC.search(before) and not lives:
            continue
        if lives or (home and not _SHARED.match(text, found.end())):
            yield _unit(text, found.start(), found.end(), 0.5 + 0.2 * lives)
    for found in _BLOCK_LIVES.finditer(text):
        yield _unit(text, found.start(), found.end(), 0.6)


def _unit(text: str, start: int, end: int, score: float) -> Found:
    return Found(start, end, ADDRESS_UNIT, " ".join(text[start:end].split()), score)
