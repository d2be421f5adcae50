"""All published tables of 2012 to 2024: every row in, what they state recomputed, known claims found again."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select

from budget.import_run import ImportReport
from core.database import Database
from core.models.figure import Figure, FigureSeries
from tests.budget.files import needs_published

pytestmark = needs_published

ROWS = {
    "budget_debt_ratio": 3895,
    "budget_growth": 203,
    "budget_revision": 3158,
    "consolidated_balance_ratio": 2187,
    "fund_balance": 2673,
    "gyeonggi_fund_detail": 105,
    "local_debt_balance": 412,
    "province_fund_detail": 148,
    "revenue_accuracy": 3158,
    "tax_composition": 4055,
}


def test_every_row_is_in(published: tuple[Database, dict[str, ImportReport]]):
    for name, report in published[1].items():
        assert (report.added, report.refused) == (ROWS[name], []), name


def test_every_sum_and_rate_that_both_exist_agrees(
    published: tuple[Database, dict[str, ImportReport]],
):
    reports = published[1]
    for name, kinds in {
        "budget_revision": {"sum": 3158, "rate": 3158},
        "revenue_accuracy": {"sum": 3158, "rate": 3158, "sources": 3361},
        "budget_growth": {"growth": 203, "follows": 186},
        "local_debt_balance": {"sum": 412},
        "fund_balance": {"sum": 2 * 2673},
        "tax_composition": {"share": 2053},
    }.items():
        for kind, equal in kinds.items():
            tally = reports[name].tallies[kind]
            assert (tally.equal, tally.rounding, tally.different) == (equal, 0, 0), (name, kind)


def test_what_does_not_agree_is_told_row_by_row(
    published: tuple[Database, dict[str, ImportReport]],
):
    reports = published[1]
    # A year that begins with another sum than the one before ended with: 550 times in the source itself.
    breaks = [each for each in reports["fund_balance"].findings if each.kind == "follows"]
    assert len(breaks) == reports["fund_balance"].tallies["follows"].different == 550
    assert reports["gyeonggi_fund_detail"].tallies["sum"].different == 0
    assert reports["gyeonggi_fund_detail"].tallies["total"].rounding == 4
    # 전라남도's funds of 2024 do not make what is published as their whole.
    (total,) = [each for each in reports["province_fund_detail"].findings if each.kind == "total"]
    assert (total.stated, total.computed) == ("1607477649739", "1591096000000")
    (twice,) = [each for each in reports["gyeonggi_fund_detail"].findings if each.kind == "twice"]
    assert twice.line == 47
    # 지방소비세 is not in the table, so shares of 시도 cannot be recomputed, and that is said.
    shares = [each for each in reports["tax_composition"].findings if each.kind == "share"]
    assert len(shares) == 12
    assert all("parts are not in the file" in each.note for each in shares)


def test_known_claims_are_found_again(published: tuple[Database, dict[str, ImportReport]]):
    database = published[0]
    with database.reading() as session:

        def one(measure: str) -> int:
            return session.scalars(
                select(Figure.value)
                .join(FigureSeries, FigureSeries.id == Figure.series_id)
                .where(FigureSeries.measure == measure)
                .where(Figure.body == "4100000", Figure.year == 2024)
            ).one()

        def whole(tax: str, year: int) -> int:
            return session.scalars(
                select(func.sum(Figure.value))
                .join(FigureSeries, FigureSeries.id == Figure.series_id)
                .where(FigureSeries.measure == "지방세", FigureSeries.item == tax)
                .where(Figure.year == year)
            ).one()

        assert one("예산대비 채무비율") == 11_950_000
        assert one("통합재정수지비율") == -2_350_000
        for tax, claim in {
            "취득세": "-23.02",
            "자동차세": "-10.62",
            "지방소득세": "-0.03",
            "재산세": "0.89",
        }.items():
            before, after = Decimal(whole(tax, 2021)), Decimal(whole(tax, 2024))
            assert round((after - before) * 100 / before, 2) == Decimal(claim)
