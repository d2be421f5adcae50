"""Finds numbers of bank accounts: digits near the name of a bank or a word such as 계좌; nothing else.

Each bank groups its digits another way, so that the words count and not the groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from korean.digits import Chain
from korean.findings import BANK_ACCOUNT, Found, names_a_thing

_BANKS = (
    r"(?:KB\s?)?국민은행|SC\s?제일|제일은행|KEB\s?하나|(?:SBI|OK|오케이|웰컴|페퍼|애큐온|한투|다올|상상인|BNK|DGB|JB|MG|모아|예가람|신한|하나|KB)\s?저축은행|(?:국민|신한|우리|하나|기업|농협|외환|제일|한미|산업|대구|부산|경남|광주|전북|제주|수협|시티|씨티|수출입"
    r"|카카오|토스|저축|아이엠|iM|KDB|IBK|NH|SC|KB|SC제일|한국씨티|중소기업)\s?(?:은행|뱅크|중앙회)"
    r"|NH\s?농협|농협|축협|신협|수협|새마을\s?금고|새마을|우체국|카뱅|케뱅|토뱅|기은|MG|케이\s?뱅크|K\s?뱅크|카카오\s?뱅크|토스\s?뱅크|토스"
    r"|카카오(?!톡|맵|택시|페이|T)|씨티|신한|국민|기업|산림조합|저축은행|증권|KB|NH|IBK"
)
_CUE = re.compile(
    rf"(?:{_BANKS}|은행)(?![가-힣]{{0,4}}\s?(?:대출|앞|옆|건너|앱|어플|맵|톡|택시|페이))[^0-9\n]{{0,24}}?$|(?:^|[\s,(:])(?:하나|우리)\s?$|(?:계좌|통장|예금|입금|송금|이체|환불|환급)[^0-9\n]{{0,24}}$",
    re.I,
)
# Without a word beside it, a bank's short name is a word like any other.
_AFTER = re.compile(
    rf"\s?[(,]?\s?(?:이건|이거|이게|이|제|내)?\s?(?:{_BANKS})|[^0-9\n]{{0,6}}(?:계좌|통장)", re.I
)
# 482901-01-837264 이런 데로 보내라는 문자: groups that are no phone's, and where money goes.
_SENT_TO = re.compile(
    r"\s?(?:이런\s?데|이런\s?곳|여기|이리|이쪽|저기|거기|이\s?번호|일)?(?:으?로|에다?가?)?\s?(?:돈을?|벌금을?|세금을?|수수료를?)?\s?"
    r"(?:부치|입금|송금|이체|보내(?:라|래|란))"
)
_ASKED = re.compile(
    r"(?:벌금|보증금|수수료|환급금|지원금|돈|대금|요금|월세|과태료|세금|장학금|수당)[을를은]?\s?$"
)
# Some banks let people have their phone number as their account.
_NEXT_TO = re.compile(rf"(?:{_BANKS})\s?$", re.I)
_MONEY = re.compile(r"\s?(?:원|만\s?원|억|천원|건|명|%)")
_PARTING = re.compile(r"[\n,;:()\[\]]")
_COPULA = re.compile(
    r"이(?:에요|예요|고|구|야|라|며|니|거든|요|죠|지)|(?:이|가|은|는|로|으로)(?:\s|$)"
)
# After spoken digits 이 may be a two: 칠이로 보내 주세요.
_SAID = re.compile(r"이(?:에요|예요|고요?|구요|라|며|거든|요)")
_CARD = re.compile(r"카드[^0-9\n]{0,8}$")
_SAYS_ACCOUNT = re.compile(r"[^0-9\n]{0,8}(?:계좌|통장)")
_SHORTEST, _LONGEST = 10, 16


def find_accounts(text: str, chains: Iterable[Chain]) -> Iterator[Found]:
    """Accounts in normal text; `chains` are those of `text` with six digits and more."""
    for chain in chains:
        index = 0
        while index + _SHORTEST <= len(chain):
            found = None
            if chain.begins(index):
                found = _at(text, chain, index)
            if found is None:
                index += 1
                continue
            yield found
            index += len(found.value)


def _at(text: str, chain: Chain, index: int) -> Found | None:
    start = chain.starts[index]
    syllable = chain.kinds[index] == "s" and index + 1 < len(chain) and chain.gaps[index + 1]
    if syllable and "가" <= text[start - 1 : start] <= "힣":
        return None  # the last syllable of a word: 카카오 3333-…
    if text.startswith("하나", start) and chain.kinds[index] == "s" and chain.gaps[index + 1]:
        return None  # the bank, not a one
    last = _end(text, chain, index)
    count = last - index
    if count < _SHORTEST or _MONEY.match(text, chain.ends[last - 1]):
        return None
    before = text[max(0, start - 36) : start]
    lead = _CUE.search(before)
    if lead is None and _AFTER.match(text, chain.ends[last - 1]) is None:
        sent = _SENT_TO.match(text, chain.ends[last - 1]) or _ASKED.search(before)
        parts = [gap.strip() for gap in chain.gaps[index + 1 : last] if gap]
        if not sent or chain.digits[index] == "0" or count > 14 or not 2 <= len(parts) <= 3:
            return None
        if set(parts) != {"-"}:
            return None
    if names_a_thing(text, start) or (count >= 15 and _CARD.search(before)):
        return None
    dashed = any("-" in gap for gap in chain.gaps[index + 1 : last])
    score = 0.6 + 0.1 * dashed + 0.1 * (lead is not None)
    if lead is not None and "계좌" in before:
        # Where the word itself stands, an area code among spoken digits makes no phone of them.
        score += (
            0.25 if not chain.digits.startswith("01", index) or _NEXT_TO.search(before) else 0.05
        )
    elif lead is not None and _SAYS_ACCOUNT.match(text, chain.ends[last - 1]):
        score += 0.25
    return Found(start, chain.ends[last - 1], BANK_ACCOUNT, chain.digits[index:last], score)


def _end(text: str, chain: Chain, index: int) -> int:
    """Where the account that begins at digit `index` ends, by its groups."""
    dashed = False
    last = index + 1
    while last < len(chain) and last - index < _LONGEST:
        gap = chain.gaps[last]
        if gap:
            if _PARTING.search(gap) or len(gap) > 8:
                break
            if gap.isspace() and dashed and last - index >= _SHORTEST:
                break
            dashed = dashed or not gap.isspace()
        last += 1
    if last < len(chain) and not chain.may_end(last):
        return index  # longer than any account
    while last > index + 1 and _is_particle(text, chain, last - 1):
        last -= 1
    return last


def _is_particle(text: str, chain: Chain, index: int) -> bool:
    """Whether the digit is the 이 of 이에요, touching the digit before it."""
    if chain.kinds[index] != "s" or chain.gaps[index]:
        return False
    ending = _COPULA if chain.kinds[index - 1] == "n" else _SAID
    return ending.match(text, chain.starts[index]) is not None
