"""The plan for a large city: what the page says is what the command computes."""

from __future__ import annotations

from scripts.capacity import MEASURED, parse, render, rows
from tests.builders import ROOT


def figure(what: str, *arguments: str) -> str:
    return next(row[2] for row in rows(parse(list(arguments)), MEASURED) if row[0].startswith(what))


def test_the_page_holds_what_the_command_prints():
    page = (ROOT / "docs" / "operations" / "capacity.md").read_text(encoding="utf-8")
    assert render(parse([]), MEASURED) in page


def test_a_stronger_storm_needs_more_and_a_smaller_city_less():
    assert int(figure("cores, storm", "--storm", "30")) > int(figure("cores, storm"))
    assert int(figure("cores, storm", "--reports", "50", "--questions", "100")) == 1
    assert figure("Rasa processes", "--reports", "50", "--questions", "100") == "2"


def test_what_is_kept_grows_with_what_comes_in():
    few, many = (
        int(figure("cases a year", "--reports", count).replace(",", "")) for count in ("1", "1000")
    )
    assert (few, many) == (365, 365_000)
