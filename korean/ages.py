"""Finds where a speaker says to be under 14 (개인정보 보호법 22조의2). Pure; must not keep or return an age.

Only the speaker counts: "아이가 12살인데", "12살 된 건물", "제 아들이 초등학생" say nothing of who writes.
"""

from __future__ import annotations

import re

UNDER_14 = "14세 미만"
_WORDS = "네|넷|다섯|여섯|일곱|여덟|아홉|열|열한|열하나|열두|열둘|열세|열셋"
_AGE = (
    rf"(?:만\s*)?(?:(?P<number>\d{{1,2}}|{_WORDS})\s*(?:살|세)(?:밖에\s*안\s*(?:됐|되었|된))?"
    r"|초등\s*학교\s*[1-6일이삼사오육]\s*학년(?:생)?|초등?\s*[1-6]\s*학년(?:생)?|초\s?[1-6](?!\d)"
    r"|초등학생|초딩|유치원생|중학교\s*1\s*학년(?:생)?|중\s?1(?!\d)|(?:만\s*)?(?:14|열네)\s*(?:살|세)\s*미만)"
)
# What may follow when the age is said of the subject of the sentence itself.
_SAYS = (
    r"\s*(?=(?:이에요|예요|이예요|에요|입니다|임\b|인데|이고|이라서|라서|이라\s|이거든|거든|이야|야\b|이요|요\b"
    r"|인데요|이지만|지만|어요|는데|고요|다\b|습니다)|\s*[.!?~,…]|\s*$)"
)
_ME = r"(?:저는|전|제가|저도|저|나는|난|내가|나도|나|제\s*나이는|제\s*나이가|제\s*나이|내\s*나이는|내\s*나이)"
_NOW = r"(?:\s*(?:지금|올해|이제|아직|겨우|만|막|사실|그냥|현재))*"
# The speaker stands right before it, or nothing but a greeting does.
_SPEAKER = re.compile(rf"(?:^|[\s,.!?~…]){_ME}{_NOW}\s*$")
_START = re.compile(
    rf"^\s*(?:(?:안녕하세요|안녕|저기요|저기|음+|아+|네|예|근데|그런데|사실은?|참고로)[\s,.!~]*)*{_NOW}\s*$"
)
_FOUND = re.compile(_AGE + _SAYS)
_TOLD = re.compile(
    rf"{_ME}?{_NOW}\s*{UNDER_14}(?:이에요|예요|입니다|인데요?|이고요?|이라서요?|이야|임|어요)?"
)
_CLAUSE_END = re.compile(r"[.!?\n…]")


def find_under_14(text: str) -> tuple[int, int] | None:
    """Where the speaker names an own age under 14, as offsets in ``text``; None where nobody does.

    Time is linear in the text's length.
    """
    for found in _FOUND.finditer(text):
        number = found["number"]
        if number is not None and number.isdigit() and not 3 <= int(number) <= 13:
            continue
        lead = text[max(0, found.start() - 40) : found.start()]
        clause = _CLAUSE_END.split(lead)[-1]
        # A lead that was cut off says too much to be a mere greeting.
        whole = found.start() <= 40 or clause != lead
        if _SPEAKER.search(clause) or (whole and _START.match(clause)):
            return found.start(), found.end()
    return None


def without_age(text: str) -> tuple[str, bool]:
    """The text with "14세 미만" in the place of each such age, and whether there was one."""
    said = False
    parts, at = [], 0
    while True:
        found = find_under_14(text[at:])
        if found is None:
            parts.append(text[at:])
            return "".join(parts), said
        start, end = at + found[0], at + found[1]
        parts += [text[at:start], UNDER_14]
        said, at = True, end


def rest_besides_age(text: str) -> str:
    """What a text says besides the age: empty for "저 14세 미만인데요"."""
    rest = re.sub(
        rf"{_ME}?{_NOW}\s*{UNDER_14}(?:이에요|예요|입니다|인데요?|이고요?|이라서요?|이야|임|어요)?",
        "",
        text,
    )
    return re.sub(r"[^\w]|안녕하세요|저기요", "", rest)
