"""What the report holds of near reports, and what an answer to "the same thing?" does to it. Pure.

Must not look for them: actions/near_offer.py does. Nobody is kept from filing: whatever is no clear yes to
one of those shown lets the report go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from korean.normalise import fold

if TYPE_CHECKING:
    from actions.report_state import ReportState

# "접수해 주세요" is a yes to most questions; to this one it says what shall be done.
_FILE = re.compile(
    r"(?:신고|접수|민원)(?:를|을)?(?:할|하|해|넣|낼|내|새로|따로|진행|부탁)|(?:따로|새로|그냥|별도로|직접)"
    r"|다른(?:일|거|것|건|데|곳|문제)|다르|달라|아닌거|아닌것|아닌데|관계없|상관없|없어요?$|없는데"
)
_SAME = re.compile(
    r"나도|저도|우리도|저희도|그거|그건|이거|같은(?:일|거|것|건|데|곳|문제)|같아|같네|같습니다|같은데|맞|똑같|동일|함께|겪"
)
_NOT_THE_SAME = re.compile(r"아니|아닌|아닙|않|안(?!녕)|못|말고|달라|다르|다른|모르")
_NOT_FILE = re.compile(r"신고(?:는|를)?안|안(?:신고|접수)|신고하지|접수하지")
_SHORT = 25


@dataclass(frozen=True)
class NearReports:
    """Of which place and service near reports were looked for (``key``), and what became of them.

    ``asked`` are cases that are shown now, ``seen`` those that the citizen said no to, ``chosen`` the one
    that is followed instead of filing.
    """

    key: str
    asked: tuple[int, ...] = ()
    seen: tuple[int, ...] = ()
    chosen: int | None = None

    @staticmethod
    def from_slot(value: Any) -> NearReports | None:
        """Read Rasa's slot."""
        if not isinstance(value, Mapping):
            return None
        chosen = value.get("chosen")
        return NearReports(
            key=str(value.get("key") or ""),
            asked=tuple(int(each) for each in value.get("asked") or ()),
            seen=tuple(int(each) for each in value.get("seen") or ()),
            chosen=int(chosen) if chosen is not None else None,
        )

    def to_slot(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "key": self.key,
            "asked": list(self.asked),
            "seen": list(self.seen),
            "chosen": self.chosen,
        }

    def declined(self) -> NearReports:
        """None of those shown is the same thing; they are not shown again in this report."""
        return replace(self, asked=(), seen=(*self.seen, *self.asked), chosen=None)


def key_of(state: ReportState) -> str:
    """What near reports depend on; another place or service is looked for anew."""
    return f"{state.service_code}|{state.where}|{state.lat}|{state.long}"


def is_asked(state: ReportState) -> bool:
    """Whether near reports of this very place are shown and wait for an answer."""
    return state.near is not None and bool(state.near.asked) and state.near.key == key_of(state)


def wants_to_file(text: str) -> bool:
    """Whether words say that the report shall be filed of its own: "그냥 신고할게요", "다른 일이에요"."""
    words = fold(text)
    return len(words) <= _SHORT and not _NOT_FILE.search(words) and bool(_FILE.search(words))


def says_the_same(text: str) -> bool:
    """Whether words say that it is the same thing: "네 그거예요", "저도 그래요"."""
    words = fold(text)
    if len(words) > _SHORT or _NOT_THE_SAME.search(words):
        return False
    return bool(_SAME.search(words))
