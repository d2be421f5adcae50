"""Computes what a city needs from measured figures: `python -m scripts.capacity`. Measures nothing itself.

The figures under MEASURED come from docs/benchmarks.md; the assumptions about the city are arguments, so
that an engineer puts in what their own city does. docs/operations/capacity.md holds the output.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

DAY_SECONDS = 86_400
YEAR_DAYS = 365
GIB = 1024**3
# Half of a machine stays free: for the other half of a pair that fails, and for what nobody foresaw.
HEADROOM = 0.5


@dataclass(frozen=True)
class Measured:
    """What one thing costs, from docs/benchmarks.md (2 cores, everything on one machine)."""

    # Processor time of one whole turn in all processes of ours, PostgreSQL included.
    turn_core_seconds: float
    # Processor time of one further message out (a notice, a status, a post).
    delivery_core_seconds: float
    # Bytes in PostgreSQL with indexes: of one case with its events, and of one turn with its answers.
    case_bytes: int
    turn_bytes: int
    # Memory of one process after load, in MiB.
    public_mib: int
    internal_mib: int
    actions_mib: int
    worker_mib: int
    rasa_mib: int


@dataclass(frozen=True)
class Demand:
    """What a city asks for, a day."""

    people: int
    reports: int
    turns_of_report: int
    questions: int
    turns_of_question: int
    photos_of_report: float
    # As kept, after it is made smaller; an assumption, not measured.
    photo_bytes: int
    # Notices a day beside answers: status changes, reminders, alerts to subscribers.
    notices: int
    busiest_hour: float
    # A storm: so many times the busiest hour.
    storm: float
    # Prices in won for a month; no price list stands behind the defaults: put in your own contract's.
    core_price: int
    gib_price: int
    tib_price: int

    @property
    def turns(self) -> int:
        """Messages in a day."""
        return self.reports * self.turns_of_report + self.questions * self.turns_of_question

    @property
    def turns_a_second(self) -> float:
        """In the busiest hour of an ordinary day."""
        return self.turns * self.busiest_hour / 3600

    @property
    def storm_turns_a_second(self) -> float:
        """In the worst hour of a storm."""
        return self.turns_a_second * self.storm


MEASURED = Measured(
    turn_core_seconds=0.12,
    delivery_core_seconds=0.004,
    case_bytes=3_000,
    turn_bytes=1_500,
    public_mib=145,
    internal_mib=120,
    actions_mib=125,
    worker_mib=125,
    rasa_mib=230,
)


def rows(demand: Demand, measured: Measured) -> list[tuple[str, str, str]]:
    """What, how it follows, how much."""
    ordinary = cores(demand.turns_a_second, demand, measured)
    storm = cores(demand.storm_turns_a_second, demand, measured)
    turns_year, cases_year = demand.turns * YEAR_DAYS, demand.reports * YEAR_DAYS
    database = turns_year * measured.turn_bytes + cases_year * measured.case_bytes
    photos = cases_year * demand.photos_of_report * demand.photo_bytes
    rasas = max(2, math.ceil(storm / 2))
    memory = (
        rasas * measured.rasa_mib
        + 2 * (measured.public_mib + measured.worker_mib)
        + measured.internal_mib
        + measured.actions_mib
    )
    # PostgreSQL's cache beside our processes, and everything twice: two machines.
    gib = 2 * (memory / 1024 + 8)
    disk = 5 * (3 * database + 2 * photos) / GIB / 1024
    price = (
        2 * math.ceil(storm) * demand.core_price + gib * demand.gib_price + disk * demand.tib_price
    )
    return [
        (
            "messages in, an ordinary day",
            "reports and questions with their steps",
            f"{demand.turns:,}",
        ),
        (
            "messages in, busiest hour",
            f"{demand.busiest_hour:.0%} of the day",
            f"{demand.turns_a_second:.1f} a second",
        ),
        (
            "messages in, worst hour of a storm",
            f"{demand.storm:.0f} times that",
            f"{demand.storm_turns_a_second:.1f} a second",
        ),
        ("cores, busiest hour", "with half of them free", f"{math.ceil(ordinary)}"),
        ("cores, storm without a queue", "with half of them free", f"{math.ceil(storm)}"),
        (
            "wait in a storm on a quarter of those cores",
            "the hour's messages take four hours' work, less the free half",
            f"{_wait(demand, measured, storm / 4):.0f} min at the end of the hour",
        ),
        ("Rasa processes in a storm", "one core each, half free, at least two", f"{rasas}"),
        ("memory of all processes", "two public apps and two workers", f"{memory / 1024:.1f} GiB"),
        ("rows of messages a year", "365 days", f"{turns_year:,}"),
        ("cases a year", "365 days", f"{cases_year:,}"),
        ("database a year", "rows with their indexes", f"{database / GIB:,.0f} GiB"),
        ("photos a year", "as kept", f"{photos / GIB:,.0f} GiB"),
        (
            "disk for five years",
            "database twice (vacuum, restore), photos once, a back-up of both",
            f"{disk:,.1f} TiB",
        ),
        (
            "cost a month in the fifth year",
            f"two machines of {math.ceil(storm)} cores and {gib / 2:.0f} GiB, the disk",
            f"{price:,.0f} won",
        ),
    ]


def cores(turns_a_second: float, demand: Demand, measured: Measured) -> float:
    """Cores for so many turns a second, with the notices of the day and the headroom."""
    notices = demand.notices / DAY_SECONDS * measured.delivery_core_seconds
    return (turns_a_second * measured.turn_core_seconds + notices) / HEADROOM


def _wait(demand: Demand, measured: Measured, there: float) -> float:
    """Minutes that the last message of a storm's hour waits when only ``there`` cores are there."""
    arrived = demand.storm_turns_a_second * 3600
    worked = there / measured.turn_core_seconds * 3600
    left = max(0.0, arrived - worked)
    return left * measured.turn_core_seconds / there / 60


def render(demand: Demand, measured: Measured) -> str:
    """The table in Markdown."""
    lines = ["| what | how | figure |", "|---|---|---|"]
    lines += [f"| {what} | {how} | {figure} |" for what, how, figure in rows(demand, measured)]
    return "\n".join(lines)


def parse(arguments: Sequence[str] | None = None) -> Demand:
    """The demand from the command line; the defaults are those of a city of ten million."""
    parser = argparse.ArgumentParser(prog="capacity", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=10_000_000)
    parser.add_argument("--reports", type=int, default=5_000, help="a day")
    parser.add_argument("--turns-of-report", type=int, default=8)
    parser.add_argument("--questions", type=int, default=15_000, help="a day")
    parser.add_argument("--turns-of-question", type=int, default=3)
    parser.add_argument("--photos-of-report", type=float, default=1.2)
    parser.add_argument("--photo-bytes", type=int, default=350_000, help="as kept")
    parser.add_argument("--notices", type=int, default=100_000, help="a day")
    parser.add_argument("--busiest-hour", type=float, default=0.12, help="part of the day")
    parser.add_argument("--storm", type=float, default=15.0, help="times the busiest hour")
    parser.add_argument("--core-price", type=int, default=30_000, help="won a month")
    parser.add_argument("--gib-price", type=int, default=5_000, help="memory, won a month")
    parser.add_argument("--tib-price", type=int, default=100_000, help="disk, won a month")
    return Demand(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns 0."""
    print(render(parse(arguments), MEASURED))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
