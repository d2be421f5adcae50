"""Officers and cases: the list, everything about one, the change of its state."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.case_links import link_case
from core.case_queries import events_of
from core.case_status import ALLOWED, TITLES, CaseStatus
from core.cases import Actor, change_status
from core.models.case import Case
from core.models.conversation import Delivery
from tests.builders import CODES, make_case, make_conversation, sample_city
from tests.console.house import House, hidden_fields, picture

GOOD = {"to": "in_progress", "reason": "현장 확인", "note": "오늘 나가 볼게요."}


@pytest.fixture
def case(house: House) -> Case:
    with house.database.transaction() as session:
        return make_case(session).case


def now_is(house: House, case_id: int = 1) -> Case:
    with house.database.reading() as session:
        return session.get_one(Case, case_id)


def sent(house: House) -> list[Delivery]:
    with house.database.reading() as session:
        query = select(Delivery).where(Delivery.kind == "status").order_by(Delivery.id)
        rows = list(session.scalars(query))
    return rows


def change(browser, *, files=None, **values):
    return browser.submit("/cases/1", "/cases/1/status", files=files, **(GOOD | values))


def test_the_page_tells_all_that_is_known(house, case):
    page = house.sign_in().get("/cases/1").text
    city = sample_city()
    for text in (
        case.number,
        case.what,
        case.place_text,
        case.kind,
        f"규칙 {case.route_rule} (city/rules.yml:",
        "구 모름",
        city.department(case.department_id).name,
        city.service(case.service_code).name,
        "5월 4일(월) 10:00",
        case.due_trace[0]["text"],
        "⟦전화1⟧",
        "시민",
    ):
        assert text in page, text
    assert f'href="/conversations/{case.conversation_id}#latest"' in page


def test_officers_see_which_words_chose_the_kind_of_service(house):
    with house.database.transaction() as session:
        make_case(session, service_words=("파이다", "길"), service_confidence=0.873)
    page = house.sign_in().get("/cases/1").text
    assert "확신 87%, 눈여겨본 낱말: 파이다, 길" in page


def test_a_kind_that_a_person_chose_names_no_words(house, case):
    assert "눈여겨본 낱말" not in house.sign_in().get("/cases/1").text


def test_the_conversations_that_were_linked_by_the_code_are_shown(house, case):
    assert "이은 대화" not in house.sign_in().get("/cases/1").text
    with house.database.transaction() as session:
        other = make_conversation(session, address="b" * 64)
        code = CODES.make(turn_id=case.turn_id, number=case.number)
        link_case(
            session,
            city=sample_city(),
            codes=CODES,
            conversation_id=other.id,
            number=case.number,
            code=code,
            now=house.clock(),
        )
        other_id = other.id
    page = house.sign_in().get("/cases/1").text
    assert f'href="/conversations/{other_id}#latest">이은 대화 {other_id} 보기' in page


def test_only_allowed_next_states_are_offered(house, case):
    page = house.sign_in().get("/cases/1").text
    for status in CaseStatus:
        offered = f'<option value="{status.value}"' in page
        # Into which case one is merged has a form of its own (test_case_merge).
        allowed = ALLOWED[CaseStatus.RECEIVED] - {CaseStatus.MERGED}
        assert offered is (status in allowed), status


def test_a_change_with_photo_is_an_event_and_reaches_the_citizen(house, case):
    browser = house.sign_in()
    answer = change(
        browser,
        to="answered",
        note="새 전구로 바꿨어요.",
        alt=["켜진 가로등", "", ""],
        files=[picture("yellow")],
    )
    assert answer.status_code == 303
    assert now_is(house).status == "answered"
    with house.database.reading() as session:
        event = events_of(session, case_id=1)[-1]
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("officer", "1", "한아름")
    assert (event.reason, event.note) == ("현장 확인", "새 전구로 바꿨어요.")
    texts = sent(house)
    assert "새 전구로 바꿨어요." in texts[0].payload["text"]
    assert "현장 확인" not in str([row.payload for row in texts])
    assert texts[1].payload["images"][0]["alt"] == "켜진 가로등"
    assert house.kicked == [case.conversation_id]
    page = browser.get(answer.headers["location"]).text
    assert "상태를 바꾸고 시민에게 알렸어요" in page
    assert 'alt="켜진 가로등"' in page
    assert "담당자 한아름" in page


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"to": "closed"}, "바꿀 수 없어요"),
        ({"to": ""}, "상태를 골라 주세요"),
        ({"to": "flying"}, "상태를 골라 주세요"),
        ({"reason": " "}, "까닭을 써 주세요"),
        ({"to": "answered", "note": ""}, "알릴 말을 써 주세요"),
        ({"note": "가" * 2001}, "2000자까지"),
    ],
)
def test_a_change_that_breaks_a_rule_changes_nothing(house, case, values, told):
    answer = change(house.sign_in(), **values)
    assert answer.status_code == 400
    assert told in answer.text
    assert now_is(house).version == 1
    assert sent(house) == []
    assert house.kicked == []


def test_a_photo_without_words_changes_nothing(house, case):
    answer = change(house.sign_in(), files=[picture()], alt=["", "", ""])
    assert answer.status_code == 400
    assert now_is(house).status == "received"


def other_change(house: House, note: str = "동료가 먼저 답했어요.") -> None:
    with house.database.transaction() as session:
        change_status(
            session,
            city=sample_city(),
            case_id=1,
            to=CaseStatus.IN_PROGRESS,
            actor=Actor("officer", "9", "김동료"),
            reason="먼저 확인함",
            note=note,
            now=house.clock(),
        )


def test_a_change_from_an_old_page_shows_both_and_saves_nothing(house, case):
    browser = house.sign_in()
    fields = browser.form("/cases/1", "/cases/1/status")
    other_change(house)
    answer = browser.send("/cases/1/status", {**fields, **GOOD, "to": "answered", "note": "내 답"})
    assert answer.status_code == 409
    assert "그 사이 다른 사람이" in answer.text
    assert "동료가 먼저 답했어요." in answer.text
    assert "김동료" in answer.text
    assert ">내 답</textarea>" in answer.text
    assert now_is(house).status == "in_progress"
    # What they now see is the new state, so sending once more is a decision and is taken.
    again = hidden_fields(answer.text, "/cases/1/status")
    answer = browser.send("/cases/1/status", {**again, **GOOD, "to": "answered", "note": "내 답"})
    assert answer.status_code == 303
    assert now_is(house).status == "answered"


def test_a_fault_in_the_form_does_not_hide_a_change_by_another(house, case):
    browser = house.sign_in()
    fields = browser.form("/cases/1", "/cases/1/status")
    other_change(house)
    answer = browser.send("/cases/1/status", {**fields, **GOOD, "to": ""})
    assert answer.status_code == 400
    again = hidden_fields(answer.text, "/cases/1/status")
    answer = browser.send("/cases/1/status", {**again, **GOOD, "to": "answered"})
    assert answer.status_code == 409


def test_pressing_twice_changes_once(house, case):
    browser = house.sign_in()
    fields = browser.form("/cases/1", "/cases/1/status")
    answers = [browser.send("/cases/1/status", fields | GOOD) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert "done=already" in answers[1].headers["location"]
    assert now_is(house).version == 2
    assert len(sent(house)) == 1


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_a_form_with_a_broken_version_is_refused(house, case, version):
    answer = change(house.sign_in(), version=version)
    assert answer.status_code in (400, 409)
    assert now_is(house).version == 1


def test_a_citizens_script_in_a_case_is_shown_and_never_run(house):
    attack = "<script>alert(1)</script>"
    with house.database.transaction() as session:
        make_case(session, what=attack, place_text=attack, answers={"q<b>": attack})
    browser = house.sign_in()
    for path in ("/cases", "/cases/1"):
        page = browser.get(path).text
        assert attack not in page
        assert "&lt;script&gt;" in page


def test_every_state_has_a_page_that_opens(house, case):
    browser = house.sign_in()
    for status in CaseStatus:
        with house.database.transaction() as session:
            session.get_one(Case, 1).status = status.value
        page = browser.get("/cases/1")
        assert page.status_code == 200
        assert TITLES[status] in page.text
