"""The main job with everything real: a citizen reports, the case is routed, an officer answers."""

from __future__ import annotations

import io
import re
import uuid
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from app.migrate import pending_revisions
from app.settings import Settings
from core.models.case import Case
from core.models.conversation import Attachment, Delivery, Turn
from core.models.vault import VaultItem
from tests.builders import sample_city
from tests.journeys.officers import hidden_fields, signed_in
from tests.journeys.talk import Talk
from tests.stack import Stack


@pytest.fixture
def talk(stack: Stack):
    database = stack.database()
    yield Talk(stack.citizen(uuid.uuid4().hex), database)
    database.dispose()


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "가로등.jpg"
    Image.new("RGB", (640, 480), "orange").save(path)
    return path


@pytest.fixture(scope="module")
def officer(stack: Stack):
    with signed_in(stack) as browser:
        yield browser


def test_a_report_is_filed_routed_answered_and_the_result_comes_back_with_a_photo(
    stack: Stack, talk: Talk, photo: Path, officer: httpx.Client
) -> None:
    talk.citizen.start()
    assert talk.hear()
    talk.say("시청역 2번 출구 앞 가로등이 꺼졌어요")
    talk.fill_until("photo")
    talk.citizen.photo(photo)
    talk.hear()
    # A question in the middle is answered, and the form goes on where it was.
    before = talk.requested()
    talk.say("여권 만들려면 수수료가 얼마예요?")
    assert talk.requested() == before
    talk.fill_until(None)

    case = talk.cases()[0]
    city = sample_city()
    assert city.service(case.service_code).name.startswith("가로등")
    assert "시청역 2번 출구" in case.place_text
    assert case.gu == "중구"
    assert len(case.attachment_ids) == 1
    assert case.contact_token == "⟦전화1⟧"
    assert case.due_trace
    receipt = talk.texts()[-1]
    code = re.search(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", receipt)
    assert case.number in receipt
    assert code

    # The officer changes the state with a note and a photo; both come to the same chat.
    page = officer.get(f"/cases/{case.id}")
    assert page.status_code == 200
    picture = io.BytesIO()
    Image.new("RGB", (320, 240), "green").save(picture, format="PNG")
    done = officer.post(
        f"/cases/{case.id}/status",
        data=hidden_fields(page.text, f"/cases/{case.id}/status")
        | {
            "to": "answered",
            "reason": "현장 교체",
            "note": "새 등으로 바꾸었습니다.",
            "alt": "켜진 가로등",
        },
        files={"photo": ("after.png", picture.getvalue(), "image/png")},
    )
    assert done.status_code == 303, done.text
    talk.await_text("새 등으로 바꾸었습니다.")
    talk.await_text("켜진 가로등")
    image = next(line for line in talk.lines if line["images"] and line["text"] == "켜진 가로등")
    file = talk.citizen._http.get(image["images"][0]["url"])
    assert file.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(file.content)).size == (320, 240)

    # After the photo comes the question how it was; the answer stands on the officer's page.
    survey = talk.await_text("어떠셨어요")
    assert talk.texts().index("켜진 가로등") < talk.texts().index(survey)
    assert "고맙습니다" in " ".join(talk.press_title("5점"))
    assert "<strong>5점</strong>" in officer.get(f"/cases/{case.id}").text

    # The citizen asks, and later a browser without the cookie finds the case by the receipt.
    answer = " ".join(talk.say("내 민원 어떻게 됐어요?"))
    assert case.number in answer
    with httpx.Client(base_url=stack.settings.public_url, trust_env=False) as stranger:
        found = stranger.post("/lookup", data={"number": case.number, "code": code.group()})
        assert found.status_code == 200
        assert "새 등으로 바꾸었습니다." in found.text


def test_an_officer_takes_a_conversation_answers_and_gives_it_back(
    talk: Talk, officer: httpx.Client
) -> None:
    talk.say("상담원이랑 이야기하고 싶어요")
    path = f"/conversations/{talk.conversation_id()}"
    page = officer.get(path)
    assert "상담원이랑 이야기하고 싶어요" in page.text
    officer.post(f"{path}/take", data=hidden_fields(page.text, f"{path}/take"))
    page = officer.get(path)
    officer.post(
        f"{path}/answer",
        data=hidden_fields(page.text, f"{path}/answer") | {"text": "무엇을 도와드릴까요?"},
    )
    talk.await_text("무엇을 도와드릴까요?")
    count = len(talk.texts())
    talk.say("가로등이 나갔어요")
    assert talk.texts()[count:] == []
    page = officer.get(path)
    assert "가로등이 나갔어요" in page.text
    officer.post(f"{path}/hand-back", data=hidden_fields(page.text, f"{path}/hand-back"))
    talk.await_text(sample_city().texts.render("officer_left"))
    talk.say("가로등이 나갔어요")
    assert talk.requested() is not None


def test_a_correction_at_the_end_changes_the_place_and_asks_again(talk: Talk) -> None:
    talk.say("가로등이 나갔어요")
    talk.fill_until("confirm", answers={"where": "종각역 3번 출구 앞이요"})
    talk.say("아니 거기 말고 시청역 앞이요")
    assert talk.requested() == "confirm"
    assert any("시청역" in line["text"] for line in talk.lines[-2:])
    talk.fill_until(None)
    assert "시청역" in talk.cases()[0].place_text
    assert "종각역" not in talk.cases()[0].place_text


def test_two_complaints_in_one_message_become_two_cases_on_the_citizens_yes(talk: Talk) -> None:
    talk.say("시청역 앞에 가로등도 나갔고 쓰레기도 며칠째 안 치워가요")
    talk.fill_until(None)
    services = {case.service_code for case in talk.cases()}
    assert len(talk.cases()) == 2
    assert len(services) == 2


def test_cancel_leaves_nothing_behind_and_the_next_report_starts_empty(talk: Talk) -> None:
    talk.say("시청역 앞 가로등이 나갔어요")
    talk.say("취소할게요")
    assert talk.requested() is None
    assert talk.cases() == []
    talk.say("보도블록이 깨졌어요")
    talk.fill_until(None, answers={"where": "경복궁역 앞이요"})
    case = talk.cases()[0]
    assert "보도블록" in case.what
    assert "시청역" not in case.place_text


def test_a_double_click_on_confirm_files_one_case(talk: Talk) -> None:
    talk.say("시청역 앞 가로등이 나갔어요")
    talk.fill_until("confirm")
    choice = talk.citizen.last_choices[0]["id"]
    for _ in range(2):
        talk.citizen.choose(choice)
    talk.hear()
    assert len(talk.cases()) == 1


def test_rasas_own_commands_typed_by_a_citizen_are_just_words(talk: Talk) -> None:
    talk.say("시청역 앞 가로등이 나갔어요")
    talk.fill_until("confirm")
    talk.say("/affirm")
    talk.say('/affirm{"confirm": "yes"}')
    assert talk.cases() == []


def test_misunderstood_twice_a_person_is_offered(talk: Talk) -> None:
    talk.say("퓨큘렐 뱌뷰 쿠쿠루삥")
    assert talk.citizen.last_choices
    second = " ".join(talk.say("뾰로롱 츄츄 꾸르렁"))
    assert any("상담" in c["title"] or "담당" in c["title"] for c in talk.citizen.last_choices) or (
        "담당" in second
    )


def test_no_words_of_a_citizen_are_in_any_log(stack: Stack, talk: Talk) -> None:
    talk.say("비밀스러운홍당무 가로등이 나갔어요")
    talk.say("/비밀스러운홍당무")
    talk.say("비밀스러운홍당무 여권 수수료 얼마예요?")
    assert "비밀스러운홍당무" not in stack.all_logs()


def test_the_database_is_at_the_newest_schema(stack: Stack) -> None:
    settings: Settings = stack.settings
    assert pending_revisions(settings) == []


def test_every_turn_of_this_run_was_answered_and_every_delivery_went_out(
    stack: Stack, talk: Talk
) -> None:
    talk.say("안녕하세요")
    database = stack.database()
    with database.reading() as session:
        assert session.scalar(select(func.count(Turn.id)).where(Turn.state == "failed")) == 0
        assert session.scalar(select(func.count(Delivery.id)).where(Delivery.state != "sent")) == 0
        assert session.scalar(select(func.count(Case.id)))
        assert session.scalar(select(func.count(Attachment.id)))
        assert session.scalar(select(func.count(VaultItem.id)))
    database.dispose()
