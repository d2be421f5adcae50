"""Finds two names of which one corrects the other (홍기동 아니고 홍길동); knows no form's fields.

Two words of three syllables that differ in one are names where 아니고, 말고 or an arrow stands between them,
since things that are told apart so hardly ever share their surname's syllable and look like names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.echoed_names import alike
from korean.findings import PERSON_NAME, Found
from korean.name_lookalikes import LOOKALIKES
from korean.name_shapes import is_surname, likeness
from korean.name_words import NOT_NAMES
from korean.plain_words import PLAIN_WORDS, is_plain_word

# What both must look like at least, and their sum: tenths of logarithms, see korean/name_shapes.py.
_EACH, _BOTH = -60, -20
_B = r"(?<![가-힣A-Za-z])"
_NOT = (
    r"(?:이|가|은|는)?\s?(?:아니[고라구요]|아니에요|아니고요|아니라요|아닙니다"
    r"|아니|말고요?|맞는데|인데|에서|을|를|이라고|라고|->|→|>|=>)"
)
_TWO = re.compile(
    rf"{_B}(?P<old>[가-힣]{{3}}){_NOT}[\s,.!]{{0,3}}(?:[^\s]{{1,6}}\s){{0,2}}?(?P<new>[가-힣]{{3}})"
)
_APART = re.compile(
    rf"{_B}(?P<old>[가-힣]\s[가-힣]\s[가-힣]){_NOT}[\s,.]{{1,3}}(?P<new>[가-힣]\s[가-힣]\s[가-힣])(?![가-힣])"
)
# 전에는 리메이화 지금은 이미화: by whatever name.
_ONCE = re.compile(
    r"(?:전에는|예전에는|옛날에는|원래는|원래|옛날\s?이름|예전\s?이름|개명\s?전|귀화\s?전)(?:은|에는|에)?\s(?P<old>[가-힣]{2,6}?)(?:인데|이고|이었고|였고|였는데|에서)?[\s,]{1,2}"
    r"(?:지금은|지금|이제는|현재는|새\s?이름|개명\s?후|귀화\s?후)(?:은|에는|엔)?\s(?P<new>[가-힣]{3})"
)
# 홍길동 길할 때 길: how a syllable is meant, right after the name.
_SPELLED = re.compile(
    rf"{_B}(?P<name>[가-힣]{{3}})(?:이요|요|인데요?|이고요?|이에요|예요|입니다)?[\s,.]{{1,2}}[^\n.]{{0,14}}(?:할\s?때|받침|[가-힣]\s?자에\s|[가-힣]을?\s?자요)"
)
_LIKE = 5
_SUM = re.compile(r"[일이삼사오육칠팔구][십백천만]원")
# Without one of these there is no correction; saves time.
_SAID = re.compile(r"아니|아닙|말고|[-=]?>|→|맞는데|인데|에서|[을를] |라고")
_SPELLS = re.compile(r"할\s?때|받침|자에\s|자요")


def find_corrected_names(text: str) -> Iterator[Found]:
    """Names in normal text; they may overlap."""
    for pattern in (_TWO, _APART) if _SAID.search(text) else ():
        for found in pattern.finditer(text):
            old, new = (re.sub(r"\s", "", found[group]) for group in ("old", "new"))
            if old != new and alike(old, new) and _two(old, new):
                yield _found(text, found, "old")
                yield _found(text, found, "new")
    for found in _ONCE.finditer(text):
        if not is_plain_word(found["old"]) and likeness(found["new"]) >= _LIKE:
            yield _found(text, found, "old")
            yield _found(text, found, "new")
    for found in _SPELLED.finditer(text) if _SPELLS.search(text) else ():
        name = found["name"]
        repeated = any(one in text[found.end("name") : found.end() + 4] for one in name)
        if repeated and likeness(name) >= _LIKE and not is_plain_word(name):
            yield _found(text, found, "name")


def _two(old: str, new: str) -> bool:
    looks = [likeness(word) for word in (old, new)]
    # 조용길 begins like a word; told apart from 조영길 it is a name.
    # A station and a sum are none: 이수역, 이만원.
    plain = any(
        word[-1] == "역"
        or _SUM.fullmatch(word)
        or word in PLAIN_WORDS
        or word in LOOKALIKES
        or word in NOT_NAMES
        for word in (old, new)
    )
    return (
        not plain
        and is_surname(old[0])
        and is_surname(new[0])
        and min(looks) >= _EACH
        and sum(looks) >= _BOTH
    )


def _found(text: str, found: re.Match[str], group: str) -> Found:
    start, end = found.span(group)
    return Found(start, end, PERSON_NAME, " ".join(text[start:end].split()), 0.7)
