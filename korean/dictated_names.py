"""Finds names as they are dictated, spelled or given without any other word; knows no form's fields.

홍 길 동이라고; 함자가 홍 길 자 동 자; 홍길동이요. 홍길동.; a message that begins with 아나스타샤예요;
해솔이 엄마; 홍길동 이름으로 접수.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import PERSON_NAME, Found
from korean.foreign_names import CHINESE
from korean.given_names import PLAIN_GIVEN
from korean.name_lookalikes import KNOWN, LOOKALIKES
from korean.name_shapes import likeness
from korean.name_weights import SURNAME
from korean.name_words import FOREIGN, NOT_NAMES
from korean.stated_names import IS, found_name, may_answer

# No verb ends so: 한 잔 주세요 and 이 안 돼요 hold none.
_CLEARLY = (
    r"(?:입니다|임니다|이?에요|이?예요|이?라(?:고|구)\s?(?:합|해|하|불|적|저장)"
    r"|이?올시다|이?고요|이?구요|올림|드림)"
)
_THREE_APART = re.compile(
    r"(?<![가-힣])(?P<name>(?:[가-힣]|남궁|황보|제갈|독고|선우)\s[가-힣]\s[가-힣])"
    rf"(?=\s?{_CLEARLY})"
)
# 홍 길 자 동 자: each syllable with 자, as one names one's elders.
_ELDERS = re.compile(
    r"(?<![가-힣])(?P<name>(?:[가-힣]|남궁|황보|제갈|독고|선우)\s?(?:씨\s)?[가-힣]\s?자\s?[,.]?\s?[가-힣]\s?자)"
    r"(?=\s?(?:이?십|이?세요|이?시|입니|이?에요|예요|되|를|을|이라|라고|쓰|씁|요|인데|[.,]|$))"
)
_AGAIN = re.compile(
    rf"(?<![가-힣])(?P<name>[가-힣]{{2,4}}){IS}[\s,.!]{{1,4}}(?:[가-힣]{{1,3}}\s)?(?P=name)(?![가-힣]{{3}})"
)
_BEGINS = re.compile(
    rf"(?:^|[\n.!?~]|안녕하세요|안녕하십니까|여보세요|수고하십니다|반갑습니다)[\s,.!~]{{0,3}}"
    rf"(?P<name>[가-힣]{{2,6}}?(?: [가-힣]{{1,6}}?)?)(?={IS})"
)
_CHILD = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣]{2,3}?)이?(?:네\s)?\s?(?:(?<=이)네\s|엄마|아빠|맘(?![가-힣])|할머니|할아버지|이모(?![가-힣]*티)|삼촌|누나|언니|오빠|형(?![가-힣])|동생|아범|어멈|애미|애비|담임|친구)"
)
_UNDER = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣]{3})\s(?:이름|명의|성함)(?:으로|로)\s?"
    r"(?:[가-힣]{1,5}(?:을|를|도|은|이)?\s)?(?:접수|신청|등록|민원|계약|가입|예약|된|되어|돼|했|낸|냈|넣|보내|발급|나온|나왔|조회|올|해\s?주)"
)
_NOT_UNDER = re.compile(r"제삼자|다른|타인|[가-힣]{2}[님들체사청서원처]$")


def find_dictated_names(text: str) -> Iterator[Found]:
    """Names in normal text; they may overlap."""
    for found in _THREE_APART.finditer(text):
        if likeness(re.sub(r"\s", "", found["name"])) >= -10:
            yield found_name(text, found, 0.8)
    for found in _ELDERS.finditer(text):
        if found["name"][0] in SURNAME or found["name"][:2] in SURNAME:
            yield found_name(text, found, 0.95)
    for found in _AGAIN.finditer(text):
        name = found["name"]
        if len(name) > 2 and likeness(name) >= -20 and name not in KNOWN:
            yield found_name(text, found, 0.7)
            start = found.end() - len(name)
            yield Found(start, found.end(), PERSON_NAME, name, 0.7)
    for found in _BEGINS.finditer(text):
        name = found["name"]
        foreign = name.startswith(
            ("도티", "레티", "팜티", "응우", "쩐", "보티", "부티")
        ) or CHINESE.match(name)
        foreign = foreign or any(
            word in FOREIGN and word not in LOOKALIKES for word in name.split(" ")
        )
        given = name in PLAIN_GIVEN and name not in NOT_NAMES and name not in LOOKALIKES
        parted = " " in name and name.split(" ")[0][-1] in "이가은는을를도"  # 승인이 안나요
        if given or (foreign and not parted and may_answer(name, marked=True)):
            yield found_name(text, found, 0.62)
    for found in _CHILD.finditer(text):
        if found["name"] in PLAIN_GIVEN and found["name"] not in LOOKALIKES:
            yield found_name(text, found, 0.62)
    if "로" in text:
        for found in _UNDER.finditer(text):
            name = found["name"]
            like = may_answer(name, marked=False) and likeness(name) >= -45
            if like and not _NOT_UNDER.match(name):
                yield found_name(text, found, 0.62)
