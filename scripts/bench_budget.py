"""Measures the import of a million figures and the queries over them, on made figures. Prints Markdown.

    python -m scripts.bench_budget [--rows 1000000] [--postgresql]

A third of the rows has one figure, the others two or three; the column map is that of `spending_by_field`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.budget_files import load_budget
from budget.cells import read_cells, series_for
from budget.import_run import ImportReport, run_import
from budget.queries import figures_by_id, list_series, years_of
from core.database import Database
from core.models import Base

ROOT = Path(__file__).resolve().parent.parent
FIGURES_IN_THREE_ROWS = 6


def main() -> int:
    """Make the file, import it twice, ask; prints what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sotong-budget-") as name:
        folder = Path(name)
        file = folder / "spending_by_field.csv"
        make_file(file, given.rows)
        with _database(folder, postgresql=given.postgresql) as database:
            for words in ("first import", "the same again"):
                began, worked = time.perf_counter(), time.process_time()
                report = _bring(database, file)
                took, worked = time.perf_counter() - began, time.process_time() - worked
                total = max(report.figures, given.rows * 2)
                print(
                    f"| {words} | {report.rows} rows, {report.figures} new figures | {took:.1f} s "
                    f"({worked:.1f} s of CPU) "
                    f"| {report.rows / took:,.0f} rows/s | {total / took:,.0f} figures/s |"
                )
            _show_questions(database)
    return 0


def _show_questions(database: Database) -> None:
    """Milliseconds of CPU and of the clock for the readings behind each kind of question."""
    with database.reading() as session:
        began = time.perf_counter()
        series = list_series(session)
        print(
            f"| catalogue of {len(series)} series | {(time.perf_counter() - began) * 1e3:.1f} ms |"
        )
    bodies = [each.code for each in load_budget(ROOT / "city").bodies.every]
    chance = random.Random(10)  # noqa: S311 (made figures)
    kinds: dict[str, tuple[list[str] | None, int]] = {
        "one body, one year": (bodies[:1], 1),
        "one body, two years": (bodies[:1], 2),
        "all bodies, one year (ranking, sum)": (None, 1),
    }
    for name, (among, count) in kinds.items():
        worked, waited = [], []
        for _ in range(100):
            one = chance.choice(series)
            others = series_for(series, one.measure, one.item)
            years = [2010 + chance.randrange(10) for _ in range(count)]
            named = None if among is None else [chance.choice(bodies)]
            began, cpu = time.perf_counter(), time.process_time()
            with database.reading() as session:
                years_of(session, [each.id for each in others], bodies=named or bodies)
                cells = read_cells(session, others, bodies=named, years=years)
                figures_by_id(
                    session, [id_ for cell in list(cells.values())[:5] for id_ in cell.ids]
                )
            waited.append((time.perf_counter() - began) * 1e3)
            worked.append((time.process_time() - cpu) * 1e3)
        print(
            f"| {name} | {statistics.median(worked):.1f} ms of CPU (95 %: "
            f"{statistics.quantiles(worked, n=20)[-1]:.1f}) | {statistics.median(waited):.1f} ms |"
        )


def make_file(file: Path, rows: int) -> None:
    """A settlement by field of every local government, field and year, until there are enough rows."""
    known = load_budget(ROOT / "city")
    chance = random.Random(9)  # noqa: S311 (made figures)
    bodies = [each for each in known.bodies.every if each.since < 2000 and each.until > 2100]
    lines = ["회계연도,자치단체코드,자치단체명,분야명,예산현액,지출액,집행률"]
    for number in range(rows):
        at, field = divmod(number, 160)
        year, index = divmod(at, len(bodies))
        body = bodies[index]
        label = known.bodies.by_code[body.region].short
        label += "본청" if body.is_region else body.name
        budget = chance.randrange(10**8, 10**12)
        spent = budget * chance.randrange(60, 100) // 100
        rate = f"{spent * 100 / budget:.2f}" if number % 3 == 0 else ""
        spent_text = "" if number % 3 == 2 else str(spent)
        lines.append(f"{2010 + year},{body.code},{label},분야 {field},{budget},{spent_text},{rate}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _bring(database: Database, file: Path) -> ImportReport:
    known = load_budget(ROOT / "city")
    return run_import(
        database,
        file,
        datasets=known.datasets,
        bodies=known.bodies,
        actor="cli:bench",
        now=lambda: datetime.now(UTC),
    )


@contextmanager
def _database(folder: Path, *, postgresql: bool) -> Iterator[Database]:
    if postgresql:
        from tests.postgres import PrivateDatabase, running_cluster

        with running_cluster(fast=False) as cluster:
            database: Database = PrivateDatabase(cluster)
            yield database
            database.dispose()
        return
    database = Database(f"sqlite:///{folder / 'bench.db'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.dispose()


if __name__ == "__main__":
    sys.exit(main())
