"""Finds e-mail addresses in normal text, written or spelled (골뱅이 네이버 점 컴); sends nothing there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import EMAIL, Found

_AT = re.compile(
    r"\s{0,2}(?:@|골뱅이|꼴뱅이|[(\[<{]\s?(?:at|앳|엣|골뱅이)\s?[)\]>}]|(?<=[A-Za-z0-9가-힣])\s(?:at|앳|엣|에트|앳트)\s|(?<=[A-Za-z0-9])(?:앳|엣))\s{0,2}",
    re.I,
)
_ENGLISH = re.compile(
    r"(?<![A-Za-z0-9._-])(?:look|looking|meet|find|see|me|us|it|is|was|available|visit|check|posted|found)$",
    re.I,
)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+=?^_`{}~.-]{1,64}$")
_DOT = r"\s{0,2}(?:\.|점|닷|쩜|[(\[]\s?(?:dot|점|닷)\s?[)\]]|\sdot\s)\s{0,2}"
_END = r"(?:[A-Za-z]{2,24}|컴|콤|씨오\s?점\s?케이알|케이알|넷|씨오엠|오알지)"
_HOST = rf"(?P<host>[A-Za-z0-9-]{{1,63}}(?:{_DOT}[A-Za-z0-9-]{{1,63}}){{0,4}}{_DOT}{_END})"
# A host of the speaker's own, spelled: 큐큐 닷컴.
_SAID_HOST = r"(?P<said>[가-힣A-Za-z0-9-]{2,12})\s?(?:닷|쩜|점)\s?(?P<end>컴|콤|넷|com|net|co\.?kr|케이알|kr)"
_HOSTS = {
    "네이버": "naver.com",
    "지메일": "gmail.com",
    "쥐메일": "gmail.com",
    "구글": "gmail.com",
    "한메일": "hanmail.net",
    "다음": "daum.net",
    "카카오": "kakao.com",
    "네이트": "nate.com",
    "핫메일": "hotmail.com",
    "아웃룩": "outlook.com",
    "야후": "yahoo.com",
    "코리아": "korea.kr",
}
_DOMAIN = re.compile(
    rf"{_HOST}|(?P<name>{'|'.join(_HOSTS)})(?:\s?메일)?(?:{_DOT}(?:com|net|kr|컴|콤|넷|씨오엠)|\s?(?:닷컴|쩜컴|컴))?|"
    rf"(?P<bare>naver|gmail|hanmail|daum|kakao|nate|hotmail|outlook)\s?(?:닷컴|쩜컴|com|net|컴)?(?![A-Za-z])"
    rf"|{_SAID_HOST}",
    re.I,
)
_ENDINGS = {"컴": "com", "콤": "com", "씨오엠": "com", "넷": "net", "케이알": "kr", "오알지": "org"}
# Letters as they are spelled out.
_SPELLED_OUT = (
    "에이치=h 더블유=w 더블류=w 에이=a 브이=v 에프=f 에스=s 아이=i 제이=j 케이=k 엑스=x 와이=y 제트=z "
    "지드=z 비=b 씨=c 시=c 디=d 이=e 지=g 쥐=g 엘=l 엠=m 엔=n 오=o 피=p 큐=q 알=r 티=t 유=u "
    "점=. 쩜=. 닷=. 언더바=_ 하이픈=- 공=0 영=0 일=1 삼=3 사=4 육=6 칠=7 팔=8 구=9 "
)
_SPELLED = dict(pair.split("=") for pair in _SPELLED_OUT.split())
_LETTER = "|".join(_SPELLED)
_SPELLED_LOCAL = re.compile(
    rf"(?<![가-힣])(?:(?:{_LETTER})|[A-Za-z0-9._-])(?:\s?(?:(?:{_LETTER})|[A-Za-z0-9._-])){{1,40}}$"
)
_WORD_LOCAL = re.compile(r"[가-힣A-Za-z0-9._-]{1,30}$")
_ONE = re.compile(rf"{_LETTER}|[A-Za-z0-9._-]")
_HANGUL_BEFORE = re.compile(r"(?<![가-힣])[가-힣]{2,4}$")
_LABEL_ENDS = re.compile(r"메일|주소|멜|[은는이가]$")
_LABELS = re.compile(r"^(?:이메일|메일|주소|이멜|멜|메일주소|이메일주소)(?:은|는|이|가)?")


def find_emails(text: str) -> Iterator[Found]:
    """Addresses in normal text, from left to right; the value is in small letters."""
    floor = 0
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        if domain is None:
            continue
        written = "@" in at.group()
        if domain["host"] is None and at.group().strip().isalpha() and at.group().isascii():
            continue  # "look at naver"
        if _ENGLISH.search(text[max(0, at.start() - 12) : at.start()]) and "@" not in at.group():
            continue
        if (
            domain["bare"]
            and written is False
            and "골뱅이" not in at.group()
            and not at.group().strip()
        ):
            continue
        lead = max(floor, at.start() - 64)
        name = _local(
            text[lead : at.start()],
            spelled=not written
            or domain["name"] is not None
            or text[at.start() - 1 : at.start()] >= "가",
        )
        if not name[0]:
            continue
        floor = domain.end()
        score = 0.95 if written or domain["host"] else 0.8
        yield Found(at.start() - name[1], floor, EMAIL, f"{name[0]}@{_host(domain)}".lower(), score)


def _local(before: str, *, spelled: bool) -> tuple[str, int]:
    """The part before the 골뱅이, and how many characters of `before` it takes."""
    plain = _LOCAL.search(before)
    letters = _SPELLED_LOCAL.search(before) if spelled else None
    if letters is not None and (plain is None or len(letters.group()) > len(plain.group())):
        read = "".join(_SPELLED.get(one, one) for one in _ONE.findall(letters.group()))
        return read, len(letters.group())
    if plain is not None:
        name = plain.group().lstrip(".")
        hangul = _HANGUL_BEFORE.search(before[: len(before) - len(name)]) if spelled else None
        if hangul is not None and not _LABEL_ENDS.search(hangul.group()):
            name = hangul.group() + name  # 홍길동77 골뱅이
        return name, len(name)
    if not spelled:
        return "", 0
    word = _WORD_LOCAL.search(before)
    if word is None:
        return "", 0
    name = _LABELS.sub("", word.group())
    return name, len(name)


def _host(domain: re.Match[str]) -> str:
    if domain["name"]:
        return _HOSTS[domain["name"]]
    if domain["said"]:
        end = domain["end"].lower()
        return f"{domain['said']}.{_ENDINGS.get(end, end)}"
    if domain["bare"]:
        end = "net" if domain["bare"].lower() in ("hanmail", "daum") else "com"
        return f"{domain['bare']}.{end}"
    host = re.sub(_DOT, ".", domain["host"], flags=re.I).replace("씨오.케이알", "co.kr")
    head, _, last = host.rpartition(".")
    return f"{head}.{_ENDINGS.get(last, last)}"
