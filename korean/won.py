"""Writes sums of money the way they are said: 1조 2,345억 원; must not read them (korean.amounts does)."""

from __future__ import annotations

_UNITS = ((10**12, "조"), (10**8, "억"), (10**4, "만"), (1, ""))
MINUS = "-"


def render_won(won: int, *, exact: bool = False) -> str:
    """A sum in whole won: its two largest units, rounded (약 …); with ``exact`` every one of them.

    1_234_567_890_123 is 약 1조 2,346억 원, exactly 1조 2,345억 6,789만 123원. Below 10만 won it is exact.
    """
    sign = MINUS if won < 0 else ""
    whole = abs(won)
    if exact:
        return sign + _spelt(whole)
    step = next((unit for unit, below in ((10**8, 10**12), (10**4, 10**5)) if whole >= below), 1)
    near = (whole + step // 2) // step * step
    about = "" if near == whole else "약 "
    return about + sign + _spelt(near)


def _spelt(whole: int) -> str:
    parts = []
    rest = whole
    for size, name in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,}{name}")
    if not parts:
        return "0원"
    # 3만 원, but 3만 500원: 원 stands apart after a unit that is a word.
    ends_in_word = parts[-1][-1] in "조억만"
    return " ".join(parts) + (" 원" if ends_in_word else "원")
