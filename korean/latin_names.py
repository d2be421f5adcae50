"""Finds persons' names of two and more words in Latin letters (Nguyễn Minh Châu); knows no Hangul name.

Capital letters alone name shops, apps and streets, too.  So a word for a person must stand beside, or
another personal datum: a passport's or a phone's number, which an earlier look has put away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import HOLE, PERSON_NAME, Found
from korean.latin_known import LATIN_KNOWN, LATIN_WEAK
from korean.name_cues import PERSON_BEFORE

_UPPER, _LOWER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪĶĹĽŁŃŇŌŐŘŚŠŞŤŪŮŰŹŻŽƠƯẠ-Ỹ", "a-zà-öø-ÿā-ſơưạ-ỹ"
_WORD = rf"[{_UPPER}][{_UPPER}{_LOWER}]*(?:['’-][{_UPPER}{_LOWER}]+)*\.?"
_LINK = r"(?:de|del|dela|la|da|dos|van|von|der|den|bin|binti|bint|ibn|al|el|ul|y)"
_NAME = re.compile(
    rf"(?<![A-Za-z0-9@._/'-])(?P<name>{_WORD}(?:,?[ ](?:{_LINK}[ ])?{_WORD}){{1,4}})"
    r"(?![A-Za-z0-9@_]|[.-][A-Za-z0-9])"
)
# One word is enough where somebody says 이름.
_ONE = re.compile(
    rf"(?<![가-힣])(?:(?:영문|영어)\s?)?(?:이름|성명|성함|예금주|명의자?)(?:은|는|이)?\s?[:=]?\s?"
    rf"(?P<name>{_WORD})(?=\s?(?:[.,/\n)]|$|입니다|이?에요|예요|이?고|인데|이?라))"
)
# 룸메이트 Priya가.
_KINNED_ONE = re.compile(
    rf"(?<![A-Za-z0-9@._/'-])(?P<name>[{_UPPER}][{_LOWER}]{{2,}})(?=\s?(?:가|이|는|은|씨|랑|한테|에게|이?예요|이?에요|입니다|인데)(?![가-힣]{{2}}))"
)
# Words of shops, apps, streets, papers and sentences; a name has none of them.
_NO_NAMES = """
a access account address adobe agency ai airport alien amazon american android apartment apartments app
apple apply apps april apt arc are at august australia ave avenue baby bangladesh bank big bigbus bill
blue bluetooth blvd booking box bridge building bus busan business by cafe call cambodia can canada card
cash cctv center centre chatgpt cherry child china chinese chrome church city class club coffee com
company concert convention corea corp costco could coupang court credit culture customer cyber data date
day december deep delivery department desk did digital disney district dj do dog dong dongdaemun door dr
drive driver early east edge education egypt electric elementary email emergency england english error eu
european event ever everland excel excuse expo express extension facebook factory fair family february
fee festival fi file first fix food for foreign forum france free french friday friend from galaxy game
garden gas gate gb germany gil gimpo global gmail go gold good google great green group gu guide gym hall
han hangang happy have health hello help her hi high hill his home hongdae hospital hot hotel house how
hub hybrid hyundai i i'll i'm i've ibm id in incheon india indonesia info information insta instagram
insurance international internet ios iphone iran is island it itaewon january japan japanese jeju july june k
kakao kakaotalk kazakhstan kb keep kia kids kind king kiosk know kor korea korean kt lab lake land language
late leave lee's lg library license life light line link living local logo lost lotte love ltd made magic
mail main malaysia mall manager map march mart master match max may me media member men message metro
microsoft mini mobile monday money mongolia motors mountain move msn museum music my myanmar name
national naver need nepal net netflix new news nigeria night no north note notice november number october
office official ok old on one online open or orange order our outlet pakistan palace paper paradise
parents park parking party pass passport password pay pc pdf people permit pet philippines phone photo
pick pizza place plan play plaza please plus police pool post power premium price pro problem program
project public question quick rail rapid rd real recycling red registration report request resident
restaurant river ro road rome room russia safe safety sale samsung saturday school scooter screen seoul
september server service shop shopping should si sir site sk sky smart snow sns solar some sorry south
space spain speed sport sports sq st stadium standard star starbucks start state station stop store
street student studio subway summer sun sunday super support system taiwan talk tax taxi team tech
telecom telegram terminal test thailand thank thanks that the theater there they this thursday ticket
time to toll tour tourist tower town traffic train trash travel trump tuesday tv twitter type uk union
united university update us usa user uzbekistan via video vietnam view village vip visa visit voice wall
want was waste water way we web website wednesday week welcome west what when where which white who why
wi wifi will win window windows winter with wolf women wonderful word work world would x yes you young
your youth youtube zero zone zoo
"""
_NONE = frozenset(_NO_NAMES.split())
_AFTER_SURE = re.compile(r"\s?(?:씨|님)(?![가-힣])|\s?(?:이?라고\s?(?:합|해|하)|이?란\s?이름)")
_AFTER_SAID = re.compile(
    r"\s?(?:입니다|이에요|예요|에요|이고|고요|인데|이라고|라고|한테|에게|이랑|하고)"
)
_SELF_BEFORE = re.compile(
    r"(?:(?:^|[\s.,!?])(?:저는?|전|나는?|난|제가|내가|여기는?|저희는|본인은)\s?,?|^|[\n.!?])\s{0,2}$"
)
# 이름이 길어서 Jane Doe
_NAME_NEAR = re.compile(r"(?<![가-힣]{2})(?:이름|성명|성함)[가-힣]{0,2}\s[가-힣\s]{0,16}$")
# 저는 Jane Doe please email me
_MYSELF_BEFORE = re.compile(r"(?:저는|나는|제가|내가)\s{1,2}$")
_ENGLISH_AFTER = re.compile(r"\s?[,.]|\s[a-z]{2}")
_PERSON = re.compile(
    r"(?:name(?:\s+is|\s?[:=]|\s)|(?:[Ii] am|[Ii]'?m|[Tt]his is|[Mm]r\.?|[Mm]rs\.?|[Mm]s\.?|[Mm]iss)"
    r"|(?:roommate|friend|husband|wife|son|daughter|mother|father|brother|sister|boss|landlord|neighbou?r|partner)(?:\s+is|,)?"
    r"|(?:여권|영문|영어)(?:상의?)?\s?(?:이름|성명|명)?(?:은|는|이)?\s?[:=]?"
    r"|(?:룸메이트|룸메|간병인|유학생|며느리|동료|선생님?|강사|교사|원장|사장|아이|베이비시터|도우미|교환학생|근로자|노동자|세입자|집주인)(?:인|는|은|가|이)?"
    r"|(?:사람|국적|출신|에서\s?온)(?:의|인)?)\s{0,2}$",
)
_NAME_AFTER = re.compile(
    r"[\s,:(]{0,3}(?:here(?![A-Za-z])|제\s?이름|여권|영문\s?이름|이름(?:으로|이|을)|명의|앞으로|본인|가족|남편|아내)"
)
# Best regards, Jane Doe; Thank you. Jane Doe
_SIGNED_BEFORE = re.compile(
    r"(?:[Rr]egards|[Tt]hank you|[Tt]hanks|[Ss]incerely|[Cc]heers|[Yy]ours|감사합니다|고맙습니다"
    r"|부탁드립니다|from|From)[\s,.!~-]{1,3}$"
)
_ENDS = re.compile(r"[\s.,!)]*(?:$|\n)")
# I'm Amina from …, 저는 Emma예요: one word is enough.
_ONE_SAID = re.compile(
    rf"(?:(?<![A-Za-z])(?:I'?m|I am|[Mm]y name is|[Tt]his is|[Nn]ame\s?:)\s"
    rf"|(?<![가-힣])(?:저는?|제가|나는?|난|전)\s|^)"
    rf"(?P<name>{_WORD})(?P<after>\s?(?:입니다|이?에요|이?예요|인데|이?라고)|[\s,.!]|$)"
)
# What stands after a name of a shop or a make.
_THING_AFTER = re.compile(
    r"\s?(?:매장|가게|카페|식당|빵집|호텔|앞|건물|브랜드|제품|아울렛|커피|피자|치킨|버거|샵|숍|백화점|아파트|빌라|역|거리|공연|콘서트|영화|노래|전시|축제|은행|신발|가방|옷)"
)
_HOLE_BEFORE = re.compile(rf"{HOLE}(?:\s?[,/|·:(-]\s?|\s)(?:[A-Z][a-z]+\s?[,/|]\s?)?$")
_HOLE_AFTER = re.compile(
    rf"\s?[,/|·:(-]?\s?(?:(?:전화|연락처|폰|번호|tel|phone|passport|여권)[은는:.]?\s?(?:번호[은는]?\s?)?)?{HOLE}",
    re.I,
)


def find_latin_names(text: str) -> Iterator[Found]:
    """Names in normal text in which `HOLE` stands for each datum that was found before."""
    for one in _ONE.finditer(text):
        if one["name"].casefold().rstrip(".") not in _NONE and len(one["name"]) > 2:
            start, end = one.span("name")
            yield _found(text, start, end - one["name"].endswith("."))
    for one in _KINNED_ONE.finditer(text):
        before = text[max(0, one.start() - 24) : one.start()]
        if one["name"].casefold() not in _NONE and PERSON_BEFORE.search(before):
            yield _found(text, *one.span("name"))
    for one in _ONE_SAID.finditer(text):
        name = one["name"].rstrip(".")
        spoken = one.group()[:1] not in (name[:1], "") or not one["after"].strip(" ,.!")
        if name.casefold() in LATIN_KNOWN and not (name.isupper() and len(name) < 4):
            said = bool(one["after"].strip(" ,.!")) or "I" in one.group() or "ame" in one.group()
            if said and spoken:
                yield _found(text, one.start("name"), one.start("name") + len(name))
    for found in _NAME.finditer(text):
        start, end = _trim(text, *found.span("name"))
        if end and _is_person(text, start, end):
            yield _found(text, start, end)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The place without the words at its ends that are none of a name; (0, 0) when one is inside."""
    words = [
        (start + one.start(), start + one.end()) for one in re.finditer(r"[^ ,]+", text[start:end])
    ]
    while words and _is_none(text, words[0]):
        words.pop(0)
    while words and _is_none(text, words[-1]):
        words.pop()
    if not 2 <= len(words) <= 6 or any(_is_none(text, word) for word in words):
        return 0, 0
    end = words[-1][1]
    return words[0][0], end - (text[end - 1] == "." and end - words[-1][0] > 2)


def names_a_thing(name: str) -> bool:
    """Whether one of the words is a shop's, an app's, a street's: Android Phone."""
    return any(word.casefold().strip(".,") in _NONE for word in name.split())


def _is_none(text: str, word: tuple[int, int]) -> bool:
    return text[slice(*word)].casefold().strip(".,") in _NONE


def _is_known(name: str) -> bool:
    """Whether enough of the words are parts of names: 외국인등록 Jane Doe."""
    words = [word for word in re.split(r"[ ,.-]+", name.casefold()) if len(word) > 1]
    known = [word for word in words if word in LATIN_KNOWN]
    return len(known) > 1 or any(word not in LATIN_WEAK and len(word) > 3 for word in known)


def _is_person(text: str, start: int, end: int) -> bool:
    if _is_known(text[start:end]) and not _THING_AFTER.match(text, end):
        return True
    if _SIGNED_BEFORE.search(text[max(0, start - 16) : start]) and _ENDS.match(text, end):
        return True
    if _AFTER_SURE.match(text, end):
        return True
    before = text[max(0, start - 32) : start]
    if _SELF_BEFORE.search(before) and _AFTER_SAID.match(text, end):
        return True
    if _NAME_NEAR.search(before):
        return True
    if _MYSELF_BEFORE.search(before) and _ENGLISH_AFTER.match(text, end):
        return True
    if _PERSON.search(before) or PERSON_BEFORE.search(before) or _NAME_AFTER.match(text, end):
        return True
    return _HOLE_BEFORE.search(before) is not None or _HOLE_AFTER.match(text, end) is not None


def _found(text: str, start: int, end: int) -> Found:
    return Found(start, end, PERSON_NAME, " ".join(text[start:end].split()), 0.75)
