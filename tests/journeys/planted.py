"""Personal data to plant: each kind in each writing, every value once. Must not know a door or a store.

A new writing is one line of WRITINGS. A value is long and its own, so that no store holds it by chance,
and each is made for one door, so that a find names the door that let it in.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_SPOKEN = str.maketrans("0123456789", "공일이삼사오육칠팔구")
_WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")
_RINGS = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_SHORTEST_PIECE = 6
# Kinds that the law forbids to keep at all: not even the vault has them.
REFUSED = ("resident", "foreigner", "passport", "licence")
# Of these syllables names are put together, so many that each is planted once.
_SURNAMES, _FIRST, _SECOND = (
    "홍황권송류배백남",
    "길영민철순정미성진호경수",
    "수희자순민호영식철숙",
)


def spoken(text: str) -> str:
    """The digits read aloud."""
    return text.translate(_SPOKEN)


def wide(text: str) -> str:
    """Full-width digits and dashes."""
    return text.translate(_WIDE)


def _luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def _resident(n: int) -> str:
    return f"900101-1{730000 + n:06d}"


def _foreigner(n: int) -> str:
    return f"880202-5{740000 + n:06d}"


def _passport(n: int) -> str:
    return f"M{73510000 + n:08d}"


def _licence(n: int) -> str:
    return f"11-12-{735000 + n:06d}-78"


def _phone(n: int) -> str:
    digits = f"{73910000 + n * 7:08d}"
    return f"010-{digits[:4]}-{digits[4:]}"


def _internet_phone(n: int) -> str:
    return "070" + _phone(n)[3:]


def _landline(n: int) -> str:
    digits = f"{7350000 + n * 7:07d}"
    return f"031-{digits[:3]}-{digits[3:]}"


def _account(n: int) -> str:
    return f"1002-753-{731000 + n * 3:06d}"


def _card(n: int) -> str:
    digits = _luhn(f"941073{510000 + n:09d}")
    return "-".join(digits[i : i + 4] for i in range(0, 16, 4))


def _business(n: int) -> str:
    return f"{317 + n % 300:03d}-81-{73500 + n:05d}"


def _plate(n: int) -> str:
    return f"{137 + n % 600}누 {1801 + n % 8000:04d}"


def _unit(n: int) -> str:
    return f"{1700 + n}동 {2301 + n}호"


def _email(n: int) -> str:
    return f"hong.gildong.{73500 + n}@example.com"


def _name_like_a_place(n: int) -> str:
    return _name(n)[:2] + "동"


def _name(n: int) -> str:
    rest, second = divmod(n, len(_SECOND))
    family, first = divmod(rest, len(_FIRST))
    return _SURNAMES[family % len(_SURNAMES)] + _FIRST[first] + _SECOND[second]


@dataclass(frozen=True)
class Writing:
    """One way to write one kind of data: ``form`` changes the plain value, ``words`` say it."""

    kind: str
    label: str
    make: Callable[[int], str]
    form: Callable[[str], str] = str
    words: str = "제 번호는 {}입니다"


def _put(old: str, new: str) -> Callable[[str], str]:
    return lambda plain: plain.replace(old, new)


WRITINGS = (
    Writing("resident", "dash", _resident, words="주민번호 {}입니다"),
    Writing("resident", "bare", _resident, _put("-", ""), "주민등록번호는 {}이에요"),
    Writing("resident", "space", _resident, _put("-", " "), "{} 이거 맞나요"),
    Writing("resident", "full width", _resident, wide, "주민번호 {} 로 조회해 주세요"),
    Writing("resident", "rings", _resident, lambda p: p.translate(_RINGS), "번호 {} 확인해 주세요"),
    Writing("resident", "spoken", _resident, lambda p: spoken(p).replace("-", " 다시 ")),
    Writing("resident", "words between", _resident, _put("-", "이고 뒷자리는 "), "앞자리는 {}"),
    Writing("resident", "invisible", _resident, _put("-", "\u200b-\u200b"), "번호 {}요"),
    Writing("resident", "century", _resident, lambda p: f"19{p}", "번호는 {}예요"),
    Writing("foreigner", "dash", _foreigner, words="외국인등록번호 {} 입니다"),
    Writing("foreigner", "bare", _foreigner, _put("-", ""), "제 외국인 번호는 {} 이에요"),
    Writing("foreigner", "spoken", _foreigner, lambda p: spoken(p).replace("-", " ")),
    Writing("passport", "letter", _passport, words="여권번호 {}이고 문의해요"),
    Writing("passport", "full width", _passport, wide, "여권 {} 분실했어요"),
    Writing("passport", "small", _passport, str.lower, "제 여권번호가 {}인데요"),
    Writing("licence", "dashes", _licence, words="면허번호 {} 벌점 조회"),
    Writing("licence", "spaces", _licence, _put("-", " "), "운전면허 {} 갱신하려고 합니다"),
    Writing("licence", "region", _licence, lambda p: f"서울 {p[3:]}", "운전면허번호가 {} 이에요"),
    Writing("phone", "dash", _phone, words="연락처는 {}입니다"),
    Writing("phone", "bare", _phone, _put("-", ""), "{} 로 연락 주세요"),
    Writing("phone", "dots", _phone, _put("-", "."), "{} 로 전화 주세요"),
    Writing("phone", "full width", _phone, wide, "제 전화는 {}예요"),
    Writing("phone", "abroad", _phone, lambda p: f"+82 {p[1:]}", "{} 이에요"),
    Writing("phone", "spoken", _phone, lambda p: spoken(p).replace("-", " "), "전화는 {}이요"),
    Writing(
        "phone", "spoken, joined", _phone, lambda p: spoken(p).replace("-", "에 "), "{} 이에요"
    ),
    Writing("phone", "brackets", _phone, lambda p: f"({p[:3]}){p[4:]}", "번호 {} 입니다"),
    Writing("phone", "land line", _landline, words="집 전화 {} 이에요"),
    Writing("phone", "internet", _internet_phone, words="{} 로 주세요"),
    Writing("account", "dashes", _account, words="우리은행 {} 로 넣어 주세요"),
    Writing("account", "bare", _account, _put("-", ""), "계좌번호는 우리은행 {}이에요"),
    Writing("account", "before", _account, words="{} 우리은행 계좌로 환불해 주세요"),
    Writing("card", "dashes", _card, words="카드번호 {} 로 결제했어요"),
    Writing("card", "spaces", _card, _put("-", " "), "카드 {} 예요"),
    Writing("card", "bare", _card, _put("-", ""), "{} 카드로 냈어요"),
    Writing("business", "dashes", _business, words="사업자번호 {} 로 끊어 주세요"),
    Writing("business", "bare", _business, _put("-", ""), "사업자등록번호 {} 입니다"),
    Writing("plate", "space", _plate, words="{} 차가 막고 있어요"),
    Writing("plate", "bare", _plate, _put(" ", ""), "차량번호 {} 입니다"),
    Writing("unit", "space", _unit, words="저는 행복아파트 {} 살아요"),
    Writing("unit", "bare", _unit, _put(" ", ""), "집은 {}예요"),
    Writing("name", "I am", _name, words="저는 {}이고 근처에 살아요"),
    Writing("name", "my name", _name, words="제 이름은 {}입니다"),
    Writing("name", "signed", _name, words="부탁드립니다. {} 올림"),
    Writing("name", "field", _name, words="성명: {}"),
    Writing("name", "like a place", _name_like_a_place, words="저는 {}이고 근처에 살아요"),
    Writing("email", "plain", _email, words="메일은 {} 이에요"),
    Writing("email", "spelled", _email, _put("@", " 골뱅이 "), "메일 {} 로 주세요"),
    Writing("email", "brackets", _email, _put("@", "(at)"), "{} 로 답 주세요"),
)
KINDS = tuple(dict.fromkeys(writing.kind for writing in WRITINGS))
# What detection does not know yet, and why: "kind, label" → reason. The aim is that it is empty.
KNOWN_MISSES: dict[str, str] = {
    "name, like a place": "a name that ends in 동 reads like a neighbourhood: some are taken for one",
}


@dataclass(frozen=True)
class Planted:
    """One value at one door. ``written`` is what was typed, ``text`` the sentence around it."""

    kind: str
    label: str
    door: str
    written: str
    text: str
    needles: tuple[str, ...]
    pieces: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}, {self.label} through {self.door}"


class Planter:
    """Makes values, each once, and remembers where it went."""

    def __init__(self, *, first: int = 1) -> None:
        self._numbers = itertools.count(first)
        self.planted: list[Planted] = []

    def one(self, writing: Writing, door: str) -> Planted:
        """A new value in this writing for this door."""
        plain = writing.make(next(self._numbers))
        written = writing.form(plain)
        made = Planted(
            kind=writing.kind,
            label=writing.label,
            door=door,
            written=written,
            text=writing.words.format(written),
            needles=tuple(_needles(writing.kind, plain, written)),
            pieces=tuple(_pieces(plain, written)),
        )
        self.planted.append(made)
        return made

    def of_kind(self, kind: str, door: str) -> list[Planted]:
        """Every writing of a kind, each with a value of its own."""
        return [self.one(writing, door) for writing in WRITINGS if writing.kind == kind]

    def one_of(self, kind: str, door: str, turn: int) -> Planted:
        """One writing of a kind; another ``turn`` chooses another."""
        row = [writing for writing in WRITINGS if writing.kind == kind]
        return self.one(row[turn % len(row)], door)


def _needles(kind: str, plain: str, written: str) -> Iterator[str]:
    yield from {written, plain}
    if kind in ("name", "email"):
        return
    digits = "".join(c for c in plain if c.isalnum())
    yield from {digits, written.replace(" ", ""), written.lower()}


def _pieces(plain: str, written: str) -> Iterator[str]:
    """Halves that would betray the value: searched where they stand alone."""
    for text in {plain, written}:
        for piece in text.replace(" ", "-").replace("\u200b", "").split("-"):
            if (
                len(piece) >= _SHORTEST_PIECE
                and piece.isalnum()
                and piece[-1].isdigit()
                and not _shared(piece)
            ):
                yield piece


def _shared(piece: str) -> bool:
    """The first half of our numbers is the same in all: a birthday of nobody."""
    return piece in ("900101", "880202", "19900101")
