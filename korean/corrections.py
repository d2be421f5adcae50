"""Reads a correction of something said before: another place, or another matter; changes nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from korean.answers import is_cancel, is_skip, yes_no
from korean.places import find_places

_LONGEST = 300
PLACE, WHAT, UNKNOWN = "place", "what", "unknown"

_NO = r"(?:아니(?:요|오|에요|예요|여|야|고)?|아뇨|아녀|아 ?참|잠깐만?요?|에이|앗|아)[,.!~\s]*"
_NOT_THIS = re.compile(
    rf"^(?:{_NO})*(?P<old>[^.!?\n]{{0,60}}?)\s*(?:말고요?|말구요?|(?:이|가|은|는)?\s?아니라|(?:이|가)?\s?아니고요?|"
    r"(?:이|가)?\s?아니구요?|(?:이|가)\s?아니에요[,.]?|(?:이|가)\s?아니예요[,.]?)[,\s]+(?P<new>\S[^\n]{0,120})$"
)
_CHANGE = re.compile(
    r"^(?:"
    + _NO
    + r")*(?P<slot>장소|위치|주소|곳|내용|종류|분류|민원|신고)(?:를|을|는|은|가|이)?\s*"
    r"(?P<new>[^\n]{1,80}?)\s*(?:으로|로)\s*(?:좀\s*)?(?:바꿔|변경|수정|고쳐|정정|바꿀|해)"
)
_TO = re.compile(
    r"^(?:"
    + _NO
    + r")*(?P<new>[^\n]{1,60}?)\s*(?:으로|로)\s*(?:좀\s*)?(?:바꿔|변경|수정|정정|바꿀)"
)
_SLOT_WRONG = re.compile(
    r"(?P<slot>장소|위치|주소|내용|종류)(?:를|을|가|이)?\s*(?:좀\s*)?(?:잘못|틀렸|틀린|바꾸고|바꿀|바꿔|수정|고치고|고칠|정정)"
)
_SOMETHING_WRONG = re.compile(
    r"^[^\n]{0,20}잘못\s?(?:말|썼|적|입력|눌)|^(?:수정|정정)(?:할게|하고|해)|^(?:틀리게|잘못)\s?"
)
_LED_BY_NO = re.compile(
    r"^(?:(?:아|앗|어|저기|참)[,.\s]+)?(?:아니(?:요|오|에요|예요|여|야)?|아뇨|아녀)[,.!~\s]+(?P<new>\S[^\n]{0,80})$"
)
_WAS_WRONG = re.compile(
    r"^[^\n]{0,20}?(?:잘못\s?말했|잘못\s?썼|틀렸)[가-힣]*[,.!\s]+(?P<new>\S[^\n]{0,80})$"
)
_ENDING = re.compile(
    r"(?:이에요|이예요|예요|에요|입니다|이고요|이구요|인데요|이라고요|이라니까요|라니까요|라고요|거든요|이요|(?<![어아여해워와려져돼혀])요|이야|야|임|"
    r"이죠|죠|이|가|을|를|은|는)?[.!~?\s]*$"
)
_PLACE_SLOTS = frozenset({"장소", "위치", "주소", "곳"})
_POINTING = re.compile(r"거기|여기|저기|그\s?쪽|이\s?쪽|저\s?쪽|그\s?곳|이\s?곳")
_STATEMENT = re.compile(
    r"(?:[았었겠했됐졌났][가-힣]*|[해돼워와]요|습니다|[가-힣]고|싶|주세요|할래|할게)"
)


@dataclass(frozen=True)
class Correction:
    """What is corrected: `kind` is "place", "what" or "unknown"; `value` is the new one or ""."""

    kind: str
    value: str


def parse_correction(text: str, *, gazetteer: Collection[str] = frozenset()) -> Correction | None:
    """The correction a message (normal form) makes, or None when it makes none.

    A bare 아니요 is an answer, not a correction, and a long text is a new report.
    """
    said = text.strip()
    if len(said) > _LONGEST:
        return None
    if found := _CHANGE.search(said):
        kind = PLACE if found["slot"] in _PLACE_SLOTS else WHAT
        return _read(found["new"], kind=kind, gazetteer=gazetteer)
    if found := _NOT_THIS.search(said):
        kind = PLACE if _POINTING.search(found["old"]) else ""
        return _read(found["new"], kind=kind, gazetteer=gazetteer, old=found["old"])
    if (found := _TO.search(said)) and not re.search(r"[을를]\s", found["new"]):
        return _read(found["new"], kind="", gazetteer=gazetteer)
    for pattern in (_LED_BY_NO, _WAS_WRONG):
        if found := pattern.search(said):
            new = found["new"]
            if places := find_places(new, gazetteer=gazetteer):
                return Correction(PLACE, places[-1].text)
            if pattern is _LED_BY_NO and _is_one_word(new):
                return Correction(UNKNOWN, _ENDING.sub("", new).strip())
    if found := _SLOT_WRONG.search(said):
        return Correction(PLACE if found["slot"] in _PLACE_SLOTS else WHAT, "")
    return Correction(UNKNOWN, "") if _SOMETHING_WRONG.search(said) else None


def _is_one_word(new: str) -> bool:
    """Whether what follows a no may be the right word, and is not an answer in itself."""
    word = _ENDING.sub("", new).strip()
    if not word or " " in word or len(word) > 12 or _STATEMENT.search(new):
        return False
    return yes_no(new) is None and not is_skip(new) and not is_cancel(new)


def _read(new: str, *, kind: str, gazetteer: Collection[str], old: str = "") -> Correction | None:
    """The new value and its kind; places are told by their form."""
    places = find_places(new, gazetteer=gazetteer)
    if kind != WHAT and places:
        return Correction(PLACE, places[-1].text)
    value = _ENDING.sub("", new).strip()
    if not kind and (_STATEMENT.search(new) or value.count(" ") > 3):
        return None  # 장난이 아니라 진짜 위험해요
    if not value:
        return Correction(kind or UNKNOWN, "")
    if kind:
        return Correction(kind, value)
    # The old value was a place, so the new one is meant as one, even in unknown words.
    was_place = bool(find_places(old, gazetteer=gazetteer))
    return Correction(PLACE if was_place else WHAT, value)
