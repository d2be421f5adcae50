"""Recomputes what a table states and tells where it does not agree; must not change or refuse a row.

Sums must agree to the won, or within what rounding before can explain where a column says how the numbers
were rounded. Rates must agree to the digit that was published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from budget.datasets import Check, Dataset
from budget.rows import SourceRow
from budget.units import RATIO_DIGITS, UNITS, canonical, ratio_of

_HUNDRED: int = 100 * 10**RATIO_DIGITS


class Finding(NamedTuple):
    """A number that does not follow from the others, or a row that was refused."""

    kind: str
    line: int
    key: str
    column: str
    stated: str
    computed: str
    note: str


@dataclass
class Tally:
    """How many numbers were recomputed with one kind of check, and how that went."""

    equal: int = 0
    rounding: int = 0
    different: int = 0
    # A part is missing, or it would be divided by nothing.
    unchecked: int = 0


class Share(NamedTuple):
    """A share that waits until its group is whole."""

    line: int
    key: str
    stated: int
    amount: int


@dataclass
class Total:
    """What the items of one body and year make together, and how far rounding can have moved that."""

    value: int = 0
    slack: Decimal = Decimal(0)
    items: int = 0
    line: int = 0


@dataclass
class Checker:
    """Sees every row of a file once; ``end`` tells what only the whole file can tell."""

    dataset: Dataset
    head: Sequence[str]
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    # (measure, body, year) → what the items make, to be compared with the published whole.
    totals: dict[tuple[str, str, int], Total] = field(default_factory=lambda: defaultdict(Total))

    def __post_init__(self) -> None:
        self._units = self.dataset.units()
        precision = self.dataset.precision
        self._precision = None if precision is None else list(self.head).index(precision)
        self._last: dict[tuple[str, str, int], tuple[int, Decimal]] = {}
        self._follows: list[tuple[Check, SourceRow, int, Decimal]] = []
        self._shares: dict[tuple[Check, tuple[str, ...]], list[Share]] = defaultdict(list)

    def see(self, row: SourceRow) -> list[Finding]:
        """What of this row does not follow from its own numbers."""
        found: list[Finding] = []
        for check in self.dataset.checks:
            if check.kind == "sum":
                self._sum(check, row, found)
            elif check.kind in ("rate", "growth"):
                self._rate(check, row, found)
            elif check.kind == "follows":
                self._remember(check, row)
            elif check.kind == "share":
                self._share(check, row)
            elif check.kind == "total":
                self._total(check, row)
        return found

    def end(self) -> list[Finding]:
        """What the rows say about each other."""
        found: list[Finding] = []
        for check, row, stated, slack in self._follows:
            before = self._last.get(_before(row))
            if before is None:
                self.tallies[check.kind].unchecked += 1
                continue
            self._judge(
                check,
                row,
                found,
                away=abs(stated - before[0]),
                slack=slack + before[1],
                stated=stated,
                computed=before[0],
            )
        for (check, within), shares in self._shares.items():
            self._judge_shares(check, within, shares, found)
        return found

    def slack_of(self, row: SourceRow) -> Decimal:
        """How far the rounding before can have moved one number of the row: half a unit, or nothing."""
        if self._precision is None:
            return Decimal(0)
        unit = UNITS.get(row.raw[self._precision].strip())
        return Decimal(0) if unit is None else Decimal(unit[1]) / 2

    def _sum(self, check: Check, row: SourceRow, found: list[Finding]) -> None:
        stated = row.numbers[check.stated]
        plus = [row.numbers[name] for name in check.plus]
        minus = [row.numbers[name] for name in check.minus]
        if stated is None or None in plus or None in minus:
            self.tallies[check.kind].unchecked += 1
            return
        computed = sum(each or 0 for each in plus) - sum(each or 0 for each in minus)
        if computed == stated:
            self.tallies[check.kind].equal += 1
            return
        slack = self.slack_of(row) * (1 + len(plus) + len(minus))
        self._judge(
            check,
            row,
            found,
            away=abs(computed - stated),
            slack=slack,
            stated=stated,
            computed=computed,
        )

    def _rate(self, check: Check, row: SourceRow, found: list[Finding]) -> None:
        stated, of, to = (row.numbers[name] for name in (check.stated, check.of, check.to))
        if stated is None or of is None or not to:
            self.tallies[check.kind].unchecked += 1
            return
        if check.kind == "growth":
            of -= to
        if _rounds_to(stated, of, to, check.digits):
            self.tallies[check.kind].equal += 1
            return
        self._different(check, row, found, stated=stated, computed=of * _HUNDRED // to)

    def _remember(self, check: Check, row: SourceRow) -> None:
        slack = self.slack_of(row)
        of, stated = row.numbers[check.of], row.numbers[check.stated]
        if of is not None and "#" not in row.key:
            self._last[(row.body, _rest(row), row.year)] = (of, slack)
        if stated is not None:
            self._follows.append((check, row, stated, slack))

    def _share(self, check: Check, row: SourceRow) -> None:
        stated, amount = row.numbers[check.stated], row.numbers[check.of]
        if stated is None or amount is None:
            self.tallies[check.kind].unchecked += 1
            return
        columns = list(self.head)
        within = tuple(row.raw[columns.index(name)] for name in check.within)
        self._shares[(check, within)].append(Share(row.line, row.key, stated, amount))

    def _judge_shares(
        self, check: Check, within: tuple[str, ...], shares: list[Share], found: list[Finding]
    ) -> None:
        tally = self.tallies[check.kind]
        together = sum(each.stated for each in shares)
        whole = sum(each.amount for each in shares)
        # Each share may be rounded by half of its last digit.
        if 2 * abs(together - _HUNDRED) > len(shares) * 10 ** (RATIO_DIGITS - check.digits):
            tally.unchecked += len(shares)
            note = (
                f"{' '.join(within)}: {len(shares)} shares make {_per_cent(together)}, so parts "
                "are not in the file and none can be recomputed"
            )
            found.append(
                Finding(
                    "share", shares[0].line, "", check.stated, "100%", _per_cent(together), note
                )
            )
            return
        for each in shares:
            if whole and _rounds_to(each.stated, each.amount, whole, check.digits):
                tally.equal += 1
                continue
            tally.different += 1
            computed = each.amount * _HUNDRED // whole if whole else 0
            found.append(
                Finding(
                    "share", each.line, each.key, check.stated,
                    _per_cent(each.stated), _per_cent(computed), " ".join(within),
                )
            )  # fmt: skip

    def _total(self, check: Check, row: SourceRow) -> None:
        number = row.numbers[check.stated]
        if number is None:
            return
        measure = next(
            each.measure for each in self.dataset.measures if each.column == check.stated
        )
        total = self.totals[(measure, row.body, row.year)]
        total.value += number
        total.slack += self.slack_of(row)
        total.items += 1
        total.line = total.line or row.line

    def _judge(
        self,
        check: Check,
        row: SourceRow,
        found: list[Finding],
        *,
        away: int,
        slack: Decimal,
        stated: int,
        computed: int,
    ) -> None:
        if not away:
            self.tallies[check.kind].equal += 1
        elif away <= slack:
            self.tallies[check.kind].rounding += 1
        else:
            self._different(check, row, found, stated=stated, computed=computed)

    def _different(
        self, check: Check, row: SourceRow, found: list[Finding], *, stated: int, computed: int
    ) -> None:
        self.tallies[check.kind].different += 1
        ratio = canonical(self._units[check.stated]) == "%"
        show = _per_cent if ratio else str
        found.append(
            Finding(check.kind, row.line, row.key, check.stated, show(stated), show(computed), "")
        )


def _rounds_to(stated: int, of: int, to: int, digits: int) -> bool:
    """Whether of / to in per cent, rounded to ``digits`` decimals, is what is stated; exact."""
    slack: int = 10 ** (RATIO_DIGITS - digits)
    return 2 * abs(stated * to - of * _HUNDRED) <= slack * abs(to)


def _per_cent(value: int) -> str:
    return f"{ratio_of(value).normalize():f}%"


def _rest(row: SourceRow) -> str:
    """The row's key without year and body."""
    return row.key.split("|", 2)[2]


def _before(row: SourceRow) -> tuple[str, str, int]:
    return row.body, _rest(row), row.year - 1
