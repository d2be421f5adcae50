"""Answers carry their figures and rows, lean on the question before, and never add what is not whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from app.city_files import load_city
from budget.asking import answer_question
from budget.queries import figures_by_id, list_series, versions_of
from budget.query import Answer
from budget.question import Ground
from core.database import Database
from tests.budget.files import REVISION, ROOT, bring, city_budget, write
from tests.builders import make_database

TODAY = date(2025, 6, 1)
DEBT = "회계연도,지역명,자치단체명,자치단체코드,본청여부,예산대비채무비율\n"
TAX = "회계연도,시도명,계층,세목명,금액,비중\n"
FUNDS = "회계연도,기금명,전년도현재액,증감액,조성액,사용액,당해현재액,일몰기간,원본단위\n"
TEXTS = load_city(ROOT / "city").texts


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = make_database(tmp_path)
    rows = (
        ("경기,경기본청,4100000,Y", {2022: "10", 2023: "11.5", 2024: "11.95"}),
        ("서울,서울본청,1100000,Y", {2023: "21", 2024: "21.53"}),
        ("경기,경기수원시,4111000,N", {2024: "3"}),
        ("경기,경기성남시,4112000,N", {2024: "3"}),
        ("경기,경기가평군,4177000,N", {2024: "1.234567"}),
    )
    text = DEBT + "".join(
        f"{year},{body},{value}\n" for body, years in rows for year, value in years.items()
    )
    bring(made, write(tmp_path, "budget_debt_ratio.csv", text))
    bring(
        made,
        write(
            tmp_path,
            "budget_revision.csv",
            REVISION
            + "2023,경기,경기수원시,N,1000000000000,1200000000000,200000000000,20\n"
            + "2024,경기,경기수원시,N,1500000000000,1500000000000,0,0\n",
        ),
    )
    yield made
    made.dispose()


def ask(database: Database, *questions: str) -> Answer:
    known = city_budget()
    previous = answer = None
    with database.reading() as session:
        ground = Ground.of(known.words, known.bodies, list_series(session))
        for question in questions:
            answer = answer_question(
                session, question, ground=ground, texts=TEXTS, today=TODAY, previous=previous
            )
            previous = answer.query or previous
    assert answer is not None
    return answer


def first(answer: Answer) -> str:
    return answer.text.splitlines()[0]


def test_a_figure_comes_with_its_row(database: Database):
    answer = ask(database, "2024년 경기도 채무비율은?")
    assert first(answer) == "2024년 경기도 본청의 예산대비 채무비율은 11.95%예요."
    (figure,) = answer.figures
    assert str(figure.ratio) == "11.950000"
    assert (figure.line, figure.file, figure.version) == (4, "budget_debt_ratio.csv", 1)
    assert figure.raw["예산대비채무비율"] == "11.95"
    assert figure.raw["자치단체명"] == "경기본청"
    assert figure.source.publisher == "행정안전부 지방재정365"
    assert "원자료 4행" in answer.text
    assert "2024-12-31 기준" in answer.text


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("그럼 재작년은?", "2023년 경기도 본청의 예산대비 채무비율은 11.5%예요."),
        ("서울은?", "2024년 서울특별시 본청의 예산대비 채무비율은 21.53%예요."),
        ("수원시는요", "2024년 경기도 수원시의 예산대비 채무비율은 3%예요."),
        ("그 전년은?", "2023년 경기도 본청의 예산대비 채무비율은 11.5%예요."),
        (
            "전년보다 얼마나 올랐어?",
            "경기도 본청의 예산대비 채무비율은 2023년 11.5%에서 2024년 11.95%로 0.45%p 올랐어요.",
        ),
        (
            "그럼 제일 높은 시도는?",
            "2024년 시도 2곳 가운데 예산대비 채무비율이 가장 높은 곳은 서울특별시 본청으로 21.53%예요.",
        ),
    ],
)
def test_a_question_leans_on_the_one_before(database: Database, then: str, said: str):
    assert first(ask(database, "2024년 경기도 채무비율은?", then)) == said


def test_another_measure_stays_with_the_place_and_the_year(database: Database):
    answer = ask(database, "2023년 수원시 최종예산은?", "그럼 당초예산은?")
    assert first(answer) == "2023년 경기도 수원시의 당초예산은 1조 원이에요."


def test_a_year_without_figures_is_said_with_the_nearest(database: Database):
    answer = ask(database, "올해 경기도 채무비율은?")
    assert (answer.kind, answer.figures) == ("none", ())
    assert "2025년 자료가 없어요. 가장 가까운 해는 2023년, 2024년" in answer.text
    # And the next question does not ask for that year again.
    answer = ask(database, "올해 경기도 채무비율은?", "서울은?")
    assert first(answer).startswith("2024년 서울특별시 본청의")
    assert "가장 최근 자료인 2024년" in answer.text


def test_what_two_places_are_called_is_asked_back(database: Database):
    answer = ask(database, "고성군 채무비율")
    assert answer.kind == "ask"
    assert answer.offers == ("강원특별자치도 고성군", "경상남도 고성군")


def test_a_word_that_nobody_knows_is_never_passed_over(database: Database):
    answer = ask(database, "2024년 경기도 도로 예산은?")
    assert (answer.kind, answer.figures) == ("ask", ())
    assert "'도로'" in answer.text
    # Nothing here sounds like it: what there is is offered.
    assert answer.offers == ("당초예산", "최종예산", "채무비율")
    answer = ask(database, "2024년 서울 시민 한 명이 내는 예산")
    assert "'시민 한 명이 내는' 부분" in answer.text


def test_every_doubt_shows_words_of_the_question(database: Database):
    for question in (
        "？？도로！ 예산",
        "2024년　경기도　도로　예산",
        "예산 GDP",
    ):
        assert ask(database, question).kind == "ask"


def test_a_slip_is_read_and_that_is_said(database: Database):
    answer = ask(database, "2024년 경기도 체무비율")
    assert first(answer) == "'체무비율'을 '채무비율'로 읽었어요."
    assert [each.value for each in answer.figures] == [11_950_000]


def test_a_short_word_is_no_slip_of_a_place(database: Database):
    # 청송군 is one letter away.
    assert ask(database, "2024년 청소 채무비율").kind == "ask"


def test_money_is_said_naturally_and_exactly_on_request(database: Database, tmp_path: Path):
    row = "2024,경기,경기성남시,N,1234567890123,1234567890123,0,0\n"
    bring(database, write(tmp_path, "budget_revision.csv", REVISION + row))
    assert "약 1조 2,346억 원" in first(ask(database, "2024년 성남시 당초예산"))
    exact = ask(database, "2024년 성남시 당초예산 정확히 얼마야?")
    assert "1조 2,345억 6,789만 123원" in first(exact)


def test_a_change_is_computed_from_both_years(database: Database):
    answer = ask(database, "수원시 최종예산 2024년에 얼마나 늘었어?")
    assert first(answer) == (
        "경기도 수원시의 최종예산은 2023년 1조 2,000억 원에서 2024년 1조 5,000억 원으로 "
        "3,000억 원(25.00%) 늘었어요."
    )
    assert sorted(each.year for each in answer.figures) == [2023, 2024]


def test_equals_share_a_place(database: Database):
    answer = ask(database, "2024년 경기도에서 채무비율이 제일 높은 시군은?")
    assert answer.text.splitlines()[1:4] == [
        "1위 경기도 수원시: 3%",
        "1위 경기도 성남시: 3%",
        "3위 경기도 가평군: 약 1.23%",
    ]


def test_taxes_of_all_levels_are_added_and_said(database: Database, tmp_path: Path):
    rows = "2024,경기,시,재산세,300,1\n2024,경기,군,재산세,200,1\n2024,경기,시도,취득세,900,1\n"
    bring(database, write(tmp_path, "tax_composition.csv", TAX + rows))
    answer = ask(database, "2024년 경기도 재산세 얼마야")
    assert first(answer) == (
        "2024년 경기도 전체의 재산세 징수액은 500원이에요. 시 몫·군 몫을 더한 값이에요."
    )
    assert len(answer.figures) == 2


def test_a_whole_with_a_part_missing_is_not_stated(database: Database, tmp_path: Path):
    known = city_budget().bodies
    rows = "".join(
        f"2024,{each.short},시도,취득세,10,1\n" for each in known.regions if each.short != "제주"
    )
    bring(database, write(tmp_path, "tax_composition.csv", TAX + rows))
    answer = ask(database, "2024년 전국 취득세는?")
    assert answer.kind == "none"
    assert "제주특별자치도" in answer.text
    bring(
        database,
        write(tmp_path, "tax_composition.csv", TAX + rows + "2024,제주,시도,취득세,10,1\n"),
    )
    answer = ask(database, "2024년 전국 취득세는?")
    assert first(answer) == "2024년 전국 17곳(시도 전체)의 취득세 징수액은 170원이에요."


def test_levels_that_changed_are_not_compared(database: Database, tmp_path: Path):
    rows = "2023,경기,시,재산세,300,1\n2024,경기,시,재산세,300,1\n2024,경기,군,재산세,200,1\n"
    bring(database, write(tmp_path, "tax_composition.csv", TAX + rows))
    assert ask(database, "2024년 경기도 재산세 얼마나 늘었어?").kind == "none"


def test_budgets_are_not_added_up(database: Database):
    for question in ("2024년 전국 당초예산은?", "경기도 전체 당초예산 합계"):
        answer = ask(database, question)
        assert (answer.kind, answer.figures) == ("none", ())


def test_rows_that_contradict_each_other_are_no_figure(database: Database, tmp_path: Path):
    rows = (
        "2022,사회복지기금,1,0,0,0,1,법정의무,백만원\n2022,사회복지기금,2,0,0,0,2,법정의무,백만원\n"
    )
    bring(database, write(tmp_path, "gyeonggi_fund_detail.csv", FUNDS + rows))
    answer = ask(database, "2022년 경기도 사회복지기금은?")
    assert (answer.kind, answer.figures) == ("none", ())
    assert "100만 원, 200만 원" in answer.text


def test_per_head_needs_people(database: Database, tmp_path: Path):
    asked = "2024년 수원시 1인당 최종예산"
    assert ask(database, asked).kind == "none"
    people = '연도,자치단체코드,자치단체명,인구수\n2024,4111000,경기수원시,"1,200,000"\n'
    bring(database, write(tmp_path, "population.csv", people))
    answer = ask(database, asked)
    assert first(answer) == (
        "2024년 경기도 수원시의 최종예산은 주민 한 명당 125만 원이에요. 주민은 1,200,000명이에요."
    )
    assert {each.series.measure for each in answer.figures} == {"최종예산", "인구"}


def test_a_corrected_source_answers_anew_and_the_old_figure_stays(
    database: Database, tmp_path: Path
):
    before = ask(database, "2024년 경기도 채무비율은?").figures[0]
    row = "2024,경기,경기본청,4100000,Y,12.34\n"
    bring(database, write(tmp_path, "budget_debt_ratio.csv", DEBT + row))
    after = ask(database, "2024년 경기도 채무비율은?").figures[0]
    assert (after.value, after.version, after.line) == (12_340_000, 2, 2)
    with database.reading() as session:
        old = figures_by_id(session, [before.id])[before.id]
        assert (old.value, old.current) == (11_950_000, False)
        assert [each.value for each in versions_of(session, after)] == [11_950_000, 12_340_000]


def test_without_any_figures_that_is_said(tmp_path: Path):
    empty = make_database(tmp_path / "none")
    try:
        assert ask(empty, "2024년 경기도 채무비율은?").kind == "none"
    finally:
        empty.dispose()
