"""Text on its way in and out, the same for every channel. Must not know any channel."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from core.texts import Texts
from core.vault import TOKEN_PATTERN

_KIND_OF_TOKEN = re.compile(r"[가-힣]+")
# A token's name is as short as can be; a citizen reads the whole word.
_WHOLE_WORDS = {
    "계좌": "계좌번호",
    "카드": "카드번호",
    "차량": "차량번호",
    "동호": "동·호수",
    "사업자": "사업자등록번호",
}


def storable(text: str) -> str:
    """``text`` without what no database and no JSON can carry: NUL and half surrogate pairs."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "")


def without_tokens(texts: Texts, text: str) -> str:
    """The vault's tokens as words: the citizen reads what was put away, not our brackets."""

    def word(match: re.Match[str]) -> str:
        kind = _KIND_OF_TOKEN.search(match.group())
        name = kind.group() if kind else ""
        return texts.render("web_token", kind=_WHOLE_WORDS.get(name, name))

    return TOKEN_PATTERN.sub(word, text)


def safe_url(url: str) -> str | None:
    """``url`` when a reader may follow it: http(s), or a path of ours."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme in ("http", "https") and parts.netloc:
        return url
    if not parts.scheme and not parts.netloc and url.startswith("/"):
        return url
    return None
