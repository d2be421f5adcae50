"""Import of published tables: every row accounted for, twice is once, what changed is a new version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from budget import import_run
from budget.datasets import dataset_for
from budget.history import findings_of, list_imports
from budget.import_run import ImportReport
from core.database import Database
from core.errors import Refused
from core.models.figure import Figure, FigureImport, FigureRow, FigureSeries
from core.models.vault import AuditEntry
from tests.budget.files import (
    REVISION,
    ROW_GANGNEUNG,
    ROW_SUWON,
    bring,
    city_budget,
    write,
)
from tests.builders import make_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = make_database(tmp_path)
    yield made
    made.dispose()


def values(database: Database, *, current: bool = True) -> dict[tuple[str, int, str], int]:
    with database.reading() as session:
        rows = session.execute(
            select(Figure.body, Figure.year, FigureSeries.measure, Figure.value)
            .join(FigureSeries, FigureSeries.id == Figure.series_id)
            .where(Figure.current.is_(current))
        ).all()
        return {(body, year, measure): value for body, year, measure, value in rows}


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.same, len(report.refused)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_table_as_it_is_published_is_read(database: Database, tmp_path: Path, encoding: str):
    path = write(tmp_path, "budget_revision.csv", REVISION + ROW_GANGNEUNG, encoding=encoding)
    report = bring(database, path)
    assert counts(report) == (1, 0, 0, 0)
    assert values(database) == {
        ("4213000", 2012, "당초예산"): 628_698_548_000,
        ("4213000", 2012, "최종예산"): 715_600_000_000,
        ("4213000", 2012, "예산 증감액"): 86_901_452_000,
        ("4213000", 2012, "예산 증감률"): 13_822_400,
    }
    with database.reading() as session:
        row = session.scalars(select(FigureRow)).one()
        figure = session.scalars(select(Figure).where(Figure.value == 13_822_400)).one()
        assert (row.line, row.raw[2], row.version) == (2, "강원강릉시", 1)
        assert (figure.as_of, figure.digits, figure.original) == (
            date(2012, 12, 31),
            4,
            "13.8224 %",
        )


def test_twice_is_once(database: Database, tmp_path: Path):
    path = write(tmp_path, "budget_revision.csv", REVISION + ROW_GANGNEUNG + ROW_SUWON)
    assert counts(bring(database, path)) == (2, 0, 0, 0)
    before = values(database)
    assert counts(bring(database, path)) == (0, 0, 2, 0)
    # Another order, another name of the file: still the same rows.
    other = write(tmp_path, "again.csv", REVISION + ROW_SUWON + ROW_GANGNEUNG)
    assert counts(bring(database, other)) == (0, 0, 2, 0)
    assert values(database) == before


def test_a_changed_row_is_a_new_version_and_the_old_one_stays(database: Database, tmp_path: Path):
    bring(database, write(tmp_path, "budget_revision.csv", REVISION + ROW_SUWON + ROW_GANGNEUNG))
    changed = ROW_SUWON.replace("1000,1100,100,10", "1000,1200,200,20")
    path = write(tmp_path, "budget_revision.csv", REVISION + changed + ROW_GANGNEUNG)
    assert counts(bring(database, path)) == (0, 1, 1, 0)
    assert values(database)["4111000", 2012, "최종예산"] == 1200
    assert values(database, current=False) == {
        ("4111000", 2012, "당초예산"): 1000,
        ("4111000", 2012, "최종예산"): 1100,
        ("4111000", 2012, "예산 증감액"): 100,
        ("4111000", 2012, "예산 증감률"): 10_000_000,
    }
    # Back to what it was is a third version, not the first one again.
    back = write(tmp_path, "budget_revision.csv", REVISION + ROW_SUWON + ROW_GANGNEUNG)
    assert counts(bring(database, back)) == (0, 1, 1, 0)
    with database.reading() as session:
        rows = session.scalars(
            select(FigureRow).where(FigureRow.key.like("%|4111000|%")).order_by(FigureRow.version)
        ).all()
        assert [row.version for row in rows] == [1, 2, 3]
        assert [row.superseded_at is None for row in rows] == [False, False, True]


def test_a_broken_row_is_told_with_its_line_and_the_rest_goes_in(
    database: Database, tmp_path: Path
):
    text = (
        REVISION
        + "2012,강원,강원없는시,N,1,1,0,0\n"
        + "스무해,강원,강원강릉시,N,1,1,0,0\n"
        + "2013,강원,강원강릉시,N,백,1,0,0\n"
        + "2013,강원,강원강릉시,N,1\n"
        + "2014,강원,강원강릉시,N,,-,,\n"
        + "2015,강원,강원강릉시,N,0.5,1,0,0\n"
        + ",,,,,,,\n\n"
        + ROW_SUWON
    )
    report = bring(database, write(tmp_path, "budget_revision.csv", text))
    assert [(each.line, each.why) for each in report.refused] == [
        (2, "there is no body '강원없는시' in 2012 in bodies.yml"),
        (3, "'스무해' in 회계연도 is not a year"),
        (4, "'백' in 당초예산 is not a number"),
        (5, "it has 5 columns, expected 8"),
        (6, "it has no number"),
        (7, "'0.5' in 당초예산 has more decimals than can be kept"),
    ]
    assert counts(report) == (1, 0, 0, 6)
    with database.reading() as session:
        told = findings_of(session, list_imports(session)[0]["number"])
        assert [(each["kind"], each["line"]) for each in told] == [
            ("refused", line) for line in range(2, 8)
        ]


def test_a_table_that_has_changed_its_columns_is_told(database: Database, tmp_path: Path):
    text = REVISION.replace("증감률", "변동률") + ROW_SUWON
    with pytest.raises(Refused) as refused:
        bring(database, write(tmp_path, "budget_revision.csv", text))
    assert refused.value.code == "budget_columns"
    assert refused.value.values["missing"] == "증감률"
    assert refused.value.values["unknown"] == "변동률"
    assert values(database) == {}


def test_the_map_is_found_by_the_columns_where_the_name_says_nothing(tmp_path: Path):
    head = REVISION.strip().split(",")
    known = city_budget().datasets
    assert dataset_for(known, head=head, stem="받은 파일", name=None).key == "budget_revision"
    with pytest.raises(Refused, match="budget_dataset"):
        dataset_for(known, head=["연도", "무엇"], stem="받은 파일", name=None)
    with pytest.raises(Refused, match="budget_columns"):
        dataset_for(known, head=head, stem="x", name="fund_balance")


def test_units_become_whole_won_and_the_text_stays(database: Database, tmp_path: Path):
    text = (
        "회계연도,기금명,전년도현재액,증감액,조성액,사용액,당해현재액,일몰기간,원본단위\n"
        '2022,성 평 등 기 금,"1,000",△10,5,15,990,법정의무,백만원\n'
    )
    bring(database, write(tmp_path, "gyeonggi_fund_detail.csv", text))
    with database.reading() as session:
        found = {
            measure: (item, value, original)
            for measure, item, value, original in session.execute(
                select(FigureSeries.measure, FigureSeries.item, Figure.value, Figure.original).join(
                    FigureSeries, FigureSeries.id == Figure.series_id
                )
            )
        }
    assert found["전년도말 기금 현재액"] == ("성평등기금", 1_000_000_000, "1,000 백만원")
    assert found["기금 증감액"] == ("성평등기금", -10_000_000, "△10 백만원")


def test_what_does_not_follow_from_its_own_row_is_found(database: Database, tmp_path: Path):
    text = REVISION + "2012,경기,경기수원시,N,1000,1100,90,10\n"
    report = bring(database, write(tmp_path, "budget_revision.csv", text))
    assert [
        (each.kind, each.line, each.column, each.stated, each.computed) for each in report.findings
    ] == [
        ("sum", 2, "증감액", "90", "100"),
        ("rate", 2, "증감률", "10%", "9%"),
    ]
    assert report.tallies["sum"].different == 1
    # It is told, and kept as the source has it.
    assert values(database)["4111000", 2012, "예산 증감액"] == 90


def test_a_row_about_the_same_twice_is_kept_and_told(database: Database, tmp_path: Path):
    other = ROW_SUWON.replace("1000,1100,100,10", "2000,2200,200,10")
    path = write(tmp_path, "budget_revision.csv", REVISION + ROW_SUWON + other)
    report = bring(database, path)
    assert counts(report) == (2, 0, 0, 0)
    assert [(each.kind, each.line) for each in report.findings] == [("twice", 3)]
    assert counts(bring(database, path)) == (0, 0, 2, 0)


def test_two_tables_that_say_something_else_of_the_same_are_told(
    database: Database, tmp_path: Path
):
    bring(database, write(tmp_path, "budget_revision.csv", REVISION + ROW_SUWON))
    text = "회계연도,지역명,자치단체명,본청여부,당초예산,세입결산,오차액,오차율\n2012,경기,경기수원시,N,1001,1001,0,0\n"
    report = bring(database, write(tmp_path, "revenue_accuracy.csv", text))
    found = [each for each in report.findings if each.kind == "disagrees"]
    assert [(each.column, each.stated, each.computed) for each in found] == [
        ("당초예산", "1001", "1000")
    ]


def test_a_stopped_import_goes_on_where_it_ended(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(import_run, "BATCH", 3)
    years = range(2010, 2020)
    text = REVISION + "".join(ROW_SUWON.replace("2012", str(year)) for year in years)
    path = write(tmp_path, "budget_revision.csv", text)

    def stop(line: int, _lines: int) -> None:
        if line >= 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(database, path, progress=stop)
    assert len(values(database)) == 6 * 4
    report = bring(database, path)
    assert report.resumed_after == 7
    assert counts(report) == (4, 0, 0, 0)
    assert report.tallies["sum"].equal == 10
    assert {year for _, year, _ in values(database)} == set(years)
    with database.reading() as session:
        only = session.scalars(select(FigureImport)).one()
        assert (only.added, only.reached, only.figures) == (10, 11, 40)
        assert only.finished_at is not None
        lines = session.scalars(select(AuditEntry).filter_by(action="budget.import")).all()
        assert [line.purpose for line in lines] == [
            "added=10 changed=0 same=0 refused=0 figures=40"
        ]


def test_two_at_once_make_no_row_twice(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(import_run, "BATCH", 2)
    years = range(2010, 2018)
    text = REVISION + "".join(ROW_SUWON.replace("2012", str(year)) for year in years)
    path = write(tmp_path, "budget_revision.csv", text)
    other: list[ImportReport] = []

    def meanwhile(_line: int, _lines: int) -> None:
        if not other:
            other.append(bring(database, path))

    report = bring(database, path, progress=meanwhile)
    assert report.added + other[0].added == 8
    assert len(values(database)) == 8 * 4


def test_a_dry_run_tells_and_changes_nothing(database: Database, tmp_path: Path):
    path = write(tmp_path, "budget_revision.csv", REVISION + ROW_SUWON)
    report = bring(database, path, dry_run=True)
    assert counts(report) == (1, 0, 0, 0)
    assert report.figures == 4
    with database.reading() as session:
        assert list_imports(session) == []
    bring(database, path)
    changed = write(
        tmp_path, "budget_revision.csv", REVISION + ROW_SUWON.replace("1100,100,10", "1200,200,20")
    )
    assert counts(bring(database, changed, dry_run=True)) == (0, 1, 0, 0)
    assert values(database)["4111000", 2012, "최종예산"] == 1100


def test_a_workbook_is_read_with_its_title_and_its_per_cents(database: Database, tmp_path: Path):
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["예산대비채무비율 현황"])
    sheet.append([])
    sheet.append(
        ["회계연도", "지역명", "자치단체명", "자치단체코드", "본청여부", "예산대비채무비율"]
    )
    sheet.append([2024, "경기", "경기본청", "4100000", "Y", 11.95])
    sheet.append([2023, "경기", "경기본청", 4100000, "Y", 0.1234])
    sheet.cell(5, 6).number_format = "0.00%"
    sheet.append([2022, "경기", "경기본청", "4100000", "Y", "#REF!"])
    path = tmp_path / "채무.xlsx"
    book.save(path)
    report = bring(database, path)
    assert values(database) == {
        ("4100000", 2024, "예산대비 채무비율"): 11_950_000,
        ("4100000", 2023, "예산대비 채무비율"): 12_340_000,
    }
    assert [(each.line, each.why) for each in report.refused] == [
        (6, "'#REF!' in 예산대비채무비율 is not a number")
    ]


def test_what_is_no_table_is_refused(database: Database, tmp_path: Path):
    (tmp_path / "x.xlsx").write_bytes(b"no workbook")
    with pytest.raises(Refused, match="budget_workbook"):
        bring(database, tmp_path / "x.xlsx")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00\x81\xff")
    with pytest.raises(Refused, match="import_encoding"):
        bring(database, tmp_path / "x.csv")
    with pytest.raises(Refused, match="budget_head"):
        bring(database, write(tmp_path, "y.csv", "\n\n"))


def test_a_name_means_the_body_that_had_it_in_that_year():
    bodies = city_budget().bodies
    assert bodies.of_label("충북청주시", 2013).code == "4311000"  # type: ignore[union-attr]
    assert bodies.of_label("충북청주시", 2015).code == "4314000"  # type: ignore[union-attr]
    assert bodies.of_label("인천남구", 2015).name == "미추홀구"  # type: ignore[union-attr]
    assert bodies.of_label("대구군위군", 2020) is None
    assert bodies.of_label("서울본청", 2020).name == "서울특별시"  # type: ignore[union-attr]


def test_a_ratio_is_exact():
    from budget.units import ratio_of, read_number

    value, digits = read_number("-2.35", 10**6, ratio=True) or (0, 0)
    assert (ratio_of(value), digits) == (Decimal("-2.35"), 2)
    assert read_number(" - ", 1, ratio=False) is None
    assert read_number("0", 1, ratio=False) == (0, 0)
