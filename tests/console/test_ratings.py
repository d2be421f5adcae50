"""What officers see of how citizens found their results."""

from __future__ import annotations

from datetime import timedelta

from core.ratings import record_comment, record_rating
from tests.builders import make_result
from tests.console.house import House


def rated(house: House, score: int, comment: str = "") -> int:
    with house.database.transaction() as session:
        case = make_result(session, now=house.clock())
        talk, number = case.conversation_id, case.number
        record_rating(
            session,
            conversation_id=talk,
            number=number,
            score=score,
            reason="시민이 점수를 줌",
            now=house.clock(),
        )
        if comment:
            record_comment(
                session,
                conversation_id=talk,
                number=number,
                comment=comment,
                reason="시민이 아쉬운 점을 씀",
                now=house.clock(),
            )
        return case.id


def test_the_case_shows_its_rating_and_the_citizens_words(house: House) -> None:
    case_id = rated(house, 2, "⟦전화1⟧로 연락이 <b>없었어요</b>")
    page = house.sign_in().get(f"/cases/{case_id}").text
    assert "시민의 평가" in page
    assert "<strong>2점</strong>" in page
    assert "연락이 &lt;b&gt;없었어요&lt;/b&gt;" in page
    assert "시민 평가 2점" in page
    assert "⟦전화1⟧" in page


def test_a_case_that_nobody_rated_shows_no_rating(house: House) -> None:
    with house.database.transaction() as session:
        case_id = make_result(session).id
    assert "시민의 평가" not in house.sign_in().get(f"/cases/{case_id}").text


def test_the_first_page_shows_average_and_count_of_the_last_thirty_days(house: House) -> None:
    browser = house.sign_in()
    assert "아직 평가가 없어요." in browser.get("/").text
    rated(house, 1)
    house.clock.forward(days=20)
    rated(house, 5)
    rated(house, 4)
    page = house.sign_in().get("/").text
    assert "<strong>3.3점</strong>" in page
    assert "3건" in page
    assert "아직 평가가 없어요." not in page
    house.clock.forward(days=10, seconds=1)
    page = house.sign_in().get("/").text
    assert "<strong>4.5점</strong>" in page
    assert "2건" in page


def test_a_rating_is_news_to_an_officer_who_is_about_to_change_the_case(house: House) -> None:
    with house.database.transaction() as session:
        case = make_result(session, now=house.clock())
    browser = house.sign_in()
    fields = browser.form("/cases/1", "/cases/1/status")
    with house.database.transaction() as session:
        record_rating(
            session,
            conversation_id=case.conversation_id,
            number=case.number,
            score=1,
            reason="시민이 점수를 줌",
            now=house.clock() + timedelta(minutes=1),
        )
    answer = browser.send(
        "/cases/1/status", {**fields, "to": "closed", "reason": "끝남", "note": ""}
    )
    assert answer.status_code == 409
    assert "시민 평가 1점" in answer.text.partition("그 사이 바뀐 것")[2].partition("</section>")[0]
