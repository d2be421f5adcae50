"""Questions in citizens' words: the right figures, or a plain word that there are none; never another figure."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from app.city_files import load_city
from budget.asking import answer_question
from budget.import_run import ImportReport
from budget.queries import list_series
from budget.query import Answer
from budget.question import Ground
from core.database import Database
from tests.budget.files import PUBLISHED, ROOT, city_budget, needs_published

pytestmark = needs_published
TODAY = date(2025, 6, 1)
LEAST_RIGHT = 0.95
# Short names of the questions' file → (measure, table, column).
MEASURES = {
    "D": ("예산대비 채무비율", "budget_debt_ratio", "예산대비채무비율"),
    "B": ("통합재정수지비율", "consolidated_balance_ratio", "통합재정수지비율"),
    "P": ("당초예산", "budget_revision", "당초예산"),
    "F": ("최종예산", "budget_revision", "최종예산"),
    "A": ("예산 증감률", "budget_revision", "증감률"),
    "W": ("당초예산 증가율", "budget_growth", "증가율"),
    "S": ("세입결산", "revenue_accuracy", "세입결산"),
    "E": ("세입 오차율", "revenue_accuracy", "오차율"),
    "N": ("지방채 잔액", "local_debt_balance", "지방채잔액합계"),
    "C": ("지방채 잔액", "local_debt_balance", ""),
    "G": ("기금 현재액", "fund_balance", "당해년도현재액"),
    "GS": ("전년도말 기금 현재액", "fund_balance", "전년도현재액"),
    "GR": ("기금 조성액", "fund_balance", "조성액"),
    "GU": ("기금 사용액", "fund_balance", "사용액"),
    "T": ("지방세", "tax_composition", "금액"),
    "X": ("기금 현재액", "", "당해현재액"),
}
Told = tuple[str, str, str, int]


def lines() -> list[tuple[str, str]]:
    text = (Path(__file__).parent / "questions.tsv").read_text(encoding="utf-8")
    found = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return [(question, wanted) for question, wanted in found]


@pytest.fixture(scope="module")
def house(published: tuple[Database, dict[str, ImportReport]]) -> tuple[Database, Ground]:
    known = city_budget()
    with published[0].reading() as session:
        return published[0], Ground.of(known.words, known.bodies, list_series(session))


TEXTS = load_city(ROOT / "city").texts


def ask(house: tuple[Database, Ground], *questions: str) -> Answer:
    database, ground = house
    previous = answer = None
    with database.reading() as session:
        for question in questions:
            answer = answer_question(
                session, question, ground=ground, texts=TEXTS, today=TODAY, previous=previous
            )
            previous = answer.query or previous
    assert answer is not None
    return answer


def told(answer: Answer) -> frozenset[Told]:
    return frozenset(
        (each.series.measure, each.series.item, each.body, each.year) for each in answer.figures
    )


def table(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def code_of(body: str, year: int) -> str:
    found = city_budget().bodies.of_label(body, year)
    assert found is not None, (body, year)
    return found.code


def wanted_of(wanted: str) -> frozenset[Told]:
    """What must be told, read out of the tables themselves where bodies are ordered."""
    found: set[Told] = set()
    for part in wanted.split(" + "):
        words = part.split()
        ranked = words[0] in ("top", "low")
        short, body, year = words[1:4] if ranked else words[:3]
        short, _, item = short.partition(":")
        measure, name, column = MEASURES[short]
        if ranked:
            for code in first_five(words[0], name, column, item=item, group=body, year=year):
                found.add((measure, item, code, int(year)))
        elif body == "*":
            for row in table(name):
                label = row.get("자치단체명") or row["시도명"]
                if row["회계연도"] == year and row.get("세목명", "") == item:
                    found.add((measure, item, code_of(label, int(year)), int(year)))
        else:
            found.add((measure, item, code_of(body, int(year)), int(year)))
    return frozenset(found)


def first_five(
    order: str, name: str, column: str, *, item: str, group: str, year: str
) -> list[str]:
    values: dict[str, float] = {}
    for row in table(name):
        if row["회계연도"] != year or (item and row["세목명"] != item):
            continue
        label = row.get("자치단체명") or row["시도명"]
        region = row.get("지역명") or row["시도명"]
        own = label == region or row.get("본청여부") == "Y"
        kind = group[-1] if len(group) > 2 and group[-1] in "시군구" else ""
        if group == "광역시":
            inside = own and region in ("부산", "대구", "인천", "광주", "대전", "울산")
        elif group == "시도":
            inside = own
        elif group == "시군구":
            inside = not own
        else:
            inside = not own and group.startswith(region) and label.endswith(kind)
        if inside:
            code = code_of(label, int(year))
            values[code] = values.get(code, 0.0) + float(row[column])
    ordered = sorted(values, key=lambda code: (values[code] * (1 if order == "low" else -1), code))
    return ordered[:5]


def test_150_questions_are_answered_right_and_none_wrong(house: tuple[Database, Ground]):
    asked = lines()
    assert len(asked) >= 150
    assert len({question for question, _ in asked}) == len(asked)
    right, silent, wrong = 0, [], []
    for question, wanted in asked:
        answer = ask(house, question)
        if wanted in ("none", "ask"):
            if answer.kind == "figures":
                wrong.append((question, sorted(told(answer))))
            else:
                right += 1
        elif answer.kind != "figures":
            silent.append((question, answer.text))
        elif told(answer) == wanted_of(wanted):
            right += 1
        else:
            wrong.append((question, sorted(told(answer))))
    assert wrong == []
    assert right / len(asked) >= LEAST_RIGHT, silent


def test_what_is_told_apart_from_what_is_missing(house: tuple[Database, Ground]):
    for question, wanted in lines():
        if wanted in ("none", "ask"):
            answer = ask(house, question)
            assert answer.kind == wanted, (question, answer.text)
