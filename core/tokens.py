"""Personal-data tokens in text that leaves: which, and the words in their place. Must open none.

Works for every kind of ``core.vault.TOKEN_NAMES``, those that come later too: whatever stands between
⟦ and ⟧ is a token of ours, because typed ones are escaped at the door.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from core.vault import TOKEN_NAMES

# What a city may say that a department needs, beside "contact" (the one the citizen left for the case).
KINDS = {
    "phone": "전화",
    "email": "메일",
    "vehicle": "차량",
    "unit": "동호",
    "name": "이름",
    "account": "계좌",
    "card": "카드",
    "business": "사업자",
}
CONTACT = "contact"
UNREAD = "원문"
_SHOWN_AS = {
    "전화": "전화번호",
    "메일": "이메일 주소",
    "차량": "차량번호",
    "동호": "동·호수",
    "이름": "이름",
    "계좌": "계좌번호",
    "카드": "카드번호",
    "사업자": "사업자등록번호",
    UNREAD: "사람이 읽어야 하는 글",
}
_TOKEN = re.compile(r"⟦([가-힣]{1,12})\d{1,9}⟧")


def token_name(need: str) -> str | None:
    """The name in the tokens of a kind ("vehicle" or "차량" → "차량"); None for what is no kind."""
    name = KINDS.get(need) or TOKEN_NAMES.get(need)
    if name is None and need in {*KINDS.values(), *TOKEN_NAMES.values()}:
        name = need
    return None if name == UNREAD else name


def tokens_in(texts: Iterable[str]) -> dict[str, str]:
    """Every token of the texts with the name of its kind, in the order in which they stand."""
    return {found[0]: found[1] for text in texts for found in _TOKEN.finditer(text)}


def replace_tokens(text: str, put: Callable[[str], str]) -> str:
    """The text with ``put(token)`` in the place of each token."""
    return _TOKEN.sub(lambda found: put(found[0]), text)


def in_words(token: str, *, closed: bool = False) -> str:
    """What is read in the place of a token: "(전화번호)"; ``closed``: it was needed and does not open."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return token
    name = _SHOWN_AS.get(found[1], found[1])
    return f"(열 수 없는 {name})" if closed else f"({name})"
