"""Finding a case again by number and code, and nothing more than its holder may read."""

from __future__ import annotations

import httpx
import pytest

from bots.web_lookup import clean_code, clean_number
from core.case_status import CaseStatus
from core.cases import Actor, OpenedCase, add_note, change_status
from dialogue.photos import accept_photo
from tests.bots.web_house import House, photo_bytes
from tests.builders import make_case, sample_city


def opened(house: House, **report: object) -> OpenedCase:
    with house.database.transaction() as session:
        return make_case(session, **report)


def ask(house: House, number: str, code: str, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{house.url}/lookup",
        data={"number": number, "code": code},
        headers=headers,
        timeout=20,
        trust_env=False,
    )


def test_the_receipts_code_finds_the_case_without_a_cookie(house: House) -> None:
    receipt = opened(house)
    page = ask(house, receipt.case.number, receipt.lookup_code)
    assert page.status_code == 200
    assert receipt.case.number in page.text
    assert "접수" in page.text
    assert "시청역 2번 출구 앞" in page.text
    assert page.headers["cache-control"] == "no-store"


def test_the_result_and_its_photo_are_shown_and_inner_reasons_are_not(house: House) -> None:
    receipt = opened(house)
    photo = accept_photo(photo_bytes(), name="fixed.jpg", store=house.store)
    officer = Actor("officer", "7", "담당")
    with house.database.transaction() as session:
        add_note(
            session, case_id=receipt.case.id, actor=officer, reason="내부 메모", now=house.clock()
        )
        change_status(
            session,
            city=sample_city(),
            case_id=receipt.case.id,
            to=CaseStatus.ANSWERED,
            actor=officer,
            reason="현장 확인",
            note="전구를 바꿨어요.",
            photos=[(photo, "불이 켜진 가로등")],
            now=house.clock(),
        )
    page = ask(house, receipt.case.number, receipt.lookup_code).text
    assert "전구를 바꿨어요." in page
    assert "답변 완료" in page
    assert 'alt="불이 켜진 가로등"' in page
    assert "내부 메모" not in page
    assert "현장 확인" not in page
    url = page.split('class="photo" src="')[1].split('"')[0].replace("&amp;", "&")
    assert httpx.get(house.url + url, trust_env=False).headers["content-type"] == "image/jpeg"


def test_markup_in_a_report_stays_text(house: House) -> None:
    receipt = opened(house, place_text="<script>alert(1)</script>")
    page = ask(house, receipt.case.number, receipt.lookup_code).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_token_is_shown_in_words(house: House) -> None:
    receipt = opened(house, place_text="⟦전화1⟧ 집 앞")
    page = ask(house, receipt.case.number, receipt.lookup_code).text
    assert "⟦" not in page
    assert "(따로 보관한 전화) 집 앞" in page


@pytest.mark.parametrize(("number", "code"), [("", ""), ("2026-000001", ""), ("", "AAAA-BBBB")])
def test_an_incomplete_form_says_what_is_missing(house: House, number: str, code: str) -> None:
    page = ask(house, number, code)
    assert page.status_code == 422
    assert "모두 적어 주세요" in page.text


def test_a_wrong_code_finds_nothing_and_says_so(house: House) -> None:
    receipt = opened(house)
    page = ask(house, receipt.case.number, "AAAA-AAAA")
    assert page.status_code == 404
    assert "맞는 접수가 없어요" in page.text
    assert "시청역" not in page.text
    assert ask(house, "2026-999999", "AAAA-AAAA").status_code == 404


def test_guessing_is_stopped(house: House) -> None:
    """By network address here; ``core.cases`` also stops it by case number."""
    receipt = opened(house)
    statuses = [ask(house, receipt.case.number, f"AAAA-AA{i:02d}").status_code for i in range(14)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert ask(house, receipt.case.number, receipt.lookup_code).status_code == 429


def test_another_sites_form_is_refused(house: House) -> None:
    receipt = opened(house)
    answer = ask(house, receipt.case.number, receipt.lookup_code, Origin="https://evil.example")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "typed",
    [
        "2026-000123",
        "2026000123",
        " 2026 – 000123 ",
        "２０２６－０００１２３",
        "접수번호 2026-000123",
    ],
)
def test_a_number_is_understood_as_people_type_it(typed: str) -> None:
    assert clean_number(typed) == "2026-000123"


@pytest.mark.parametrize("typed", ["k7qm3xw9", "K7QM-3XW9", " k7qm 3xw9\n", "Ｋ７ＱＭ－３ＸＷ９"])
def test_a_code_is_understood_as_people_type_it(typed: str) -> None:
    assert clean_code(typed) == "K7QM3XW9"
