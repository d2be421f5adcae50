"""Published tables for tests: small ones written here, and the real ones beside the repository."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from app.budget_files import BudgetFiles, load_budget
from budget.import_run import ImportReport, run_import
from core.database import Database
from tests.builders import MONDAY_TEN

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT.parent / "shared" / "data" / "local_finance"
NAMES = (
    "budget_debt_ratio",
    "budget_growth",
    "budget_revision",
    "consolidated_balance_ratio",
    "fund_balance",
    "gyeonggi_fund_detail",
    "local_debt_balance",
    "province_fund_detail",
    "revenue_accuracy",
    "tax_composition",
)
needs_published = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason=f"no test data at {PUBLISHED} (real figures of lofin365)"
)

REVISION = "회계연도,지역명,자치단체명,본청여부,당초예산,최종예산,증감액,증감률\n"
ROW_GANGNEUNG = "2012,강원,강원강릉시,N,628698548000,715600000000,86901452000,13.8224\n"
ROW_SUWON = "2012,경기,경기수원시,N,1000,1100,100,10\n"


@cache
def city_budget() -> BudgetFiles:
    return load_budget(ROOT / "city")


def bring(database: Database, path: Path, **options) -> ImportReport:
    known = city_budget()
    return run_import(
        database,
        path,
        **{
            "datasets": known.datasets,
            "bodies": known.bodies,
            "actor": "cli:test",
            "now": lambda: MONDAY_TEN,
            **options,
        },
    )


def write(folder: Path, name: str, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path
