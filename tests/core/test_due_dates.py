"""Due times that were worked out by hand, from calendars on paper (tests/core/due_dates.tsv)."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import pytest

from app.cli.due_input import parse_moment, parse_pause
from core.clock import KST, Period, due_at
from tests.builders import sample_city

TABLE = Path(__file__).with_name("due_dates.tsv")
ROWS = list(
    csv.DictReader(
        TABLE.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
    )
)


def test_the_table_has_at_least_eighty_dates_and_says_how_each_was_found() -> None:
    assert len(ROWS) >= 80
    assert all(row["by hand"] for row in ROWS)
    asked = [(row["received"], row["period"], row["pauses"], row["extensions"]) for row in ROWS]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['received']}-{row['period']}")
def test_law_19_a_due_time_is_the_one_counted_by_hand(row: dict[str, str]) -> None:
    found = due_at(
        parse_moment(row["received"], option=""),
        Period.parse(row["period"]),
        calendar=sample_city().calendar,
        pauses=[parse_pause(each) for each in row["pauses"].split(",") if each],
        extensions=[Period.parse(each) for each in row["extensions"].split(",") if each],
    )
    assert found.due.astimezone(KST).isoformat()[:16] == row["due"], row["by hand"]
    assert found.trace[-1].counted
    assert found.trace[-1].date == (found.due - timedelta(microseconds=1)).astimezone(KST).date()
