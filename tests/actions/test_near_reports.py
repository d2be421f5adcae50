"""Near reports in the form: asked once for a place, followed on a clear yes, never in the way of filing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from actions.report_near import says_the_same, wants_to_file
from core.case_follow import count_followers
from core.case_merging import merge_case
from core.cases import Actor
from core.models.case import Case
from core.models.conversation import Draft
from tests.actions.conftest import Rasa
from tests.actions.rasa_call import STARTED
from tests.builders import make_case, make_conversation, make_result, make_turn, sample_city

CITY = sample_city()
COMPLAINT = "시청역 2번 출구 앞 가로등이 꺼졌어요"
PLACE = "시청역 2번 출구 앞"
SECRET = "우리 홍길동 할머니 댁 앞 가로등이 꺼졌어요"


class Citizen:
    """Follows the form as Rasa does: the validator, the question that it asked for, and the end."""

    def __init__(self, rasa: Rasa) -> None:
        self.rasa = rasa
        self.slots: dict[str, Any] = {}
        self.requested: str | None = None
        self.said: list[str] = []
        self.buttons: list[dict[str, str]] = []

    def say(self, text: str, **rest: Any) -> str:
        """Type something; what the bot says."""
        turn_id = self.rasa.turn()
        common = {"turn_id": turn_id, **rest}
        events, said = self.rasa.ask(
            "validate_report_form", text, slots=self.slots, requested=self.requested,
            since=None if self.slots else STARTED, **common,
        )  # fmt: skip
        self._take(events)
        asked: list[dict[str, Any]] = []
        if self.slots.get("report_outcome") is not None:
            for _ in range(2):
                # Half of it failed: the same turn is worked again.
                events, asked = self.rasa.ask(
                    "action_end_report", text, slots=dict(self.slots), in_form=False, **common
                )
            self._take(events)
        elif self.requested is not None:
            _, asked = self.rasa.ask(
                f"action_ask_report_form_{self.requested}", text, slots=self.slots,
                requested=self.requested, **common,
            )  # fmt: skip
            self.buttons = [button for each in asked for button in each.get("buttons") or ()]
        self.said = [str(each.get("text") or each.get("response")) for each in (*said, *asked)]
        return "\n".join(self.said)

    def press(self, title: str) -> str:
        """Press one of the buttons under the last question."""
        payload = next(each["payload"] for each in self.buttons if title in each["title"])
        intent, _, values = payload.removeprefix("/").partition("{")
        entities = []
        if values:
            name, _, value = values.rstrip("}").partition(": ")
            entities = [{"entity": name.strip('"'), "value": value.strip('"')}]
        return self.say("", intent=intent, confidence=1.0, pressed=True, entities=entities)

    def _take(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        if "requested_slot" in self.slots:
            self.requested = self.slots.pop("requested_slot")


@pytest.fixture
def citizen(rasa: Rasa) -> Citizen:
    return Citizen(rasa)


def others(rasa: Rasa, *, address: str = "b", **report: Any) -> Case:
    values = {"service_code": "streetlight", "what": SECRET, "place_text": PLACE} | report
    with rasa.database.transaction() as session:
        talk = make_conversation(session, address=address * 64)
        turn = make_turn(session, conversation=talk)
        return make_case(session, turn=turn, now=rasa.clock(), **values).case


def followers(rasa: Rasa, case: Case) -> int:
    with rasa.database.reading() as session:
        return count_followers(session, case_id=case.id)


def own_cases(rasa: Rasa) -> int:
    with rasa.database.reading() as session:
        query = select(func.count(Case.id)).where(Case.conversation_id == rasa.conversation_id)
        return session.scalar(query) or 0


def test_a_near_report_is_shown_without_anybodys_words_and_followed_on_a_yes(
    rasa: Rasa, citizen: Citizen
) -> None:
    case = others(rasa)
    rasa.clock.forward(days=2)
    asked = citizen.say(COMPLAINT, intent="report_complaint")
    assert citizen.requested == "near"
    assert "가로등 고장 (같은 곳, 2일 전 신고, 지금은 접수)" in asked
    for hidden in ("홍길동", "댁 앞", case.number):
        assert hidden not in asked
    said = citizen.press("나도 겪고 있어요")
    assert case.number in said
    assert "같이 겪고 계신" in said
    assert [citizen.requested, citizen.slots["what"], own_cases(rasa)] == [None, None, 0]
    assert followers(rasa, case) == 1
    with rasa.database.reading() as session:
        assert session.scalars(select(Draft.state)).all() == ["followed"]


def test_nothing_near_nothing_asked(rasa: Rasa, citizen: Citizen) -> None:
    others(rasa, place_text="강남역 11번 출구")
    citizen.say(COMPLAINT, intent="report_complaint")
    assert citizen.requested not in (None, "near")


@pytest.mark.parametrize(
    "answer",
    ["그냥 신고할게요", "새로 신고할게요", "아니요", "접수해 주세요", "다른 일이에요", "모르겠어요", "건너뛰기"],
)  # fmt: skip
def test_whoever_wants_to_file_files_and_is_not_asked_again(
    rasa: Rasa, citizen: Citizen, answer: str
) -> None:
    case = others(rasa)
    citizen.say(COMPLAINT, intent="report_complaint")
    citizen.say(answer)
    assert citizen.requested not in (None, "near")
    assert citizen.slots["what"] is not None
    citizen.say("모르겠어요")
    assert citizen.requested != "near"
    assert followers(rasa, case) == 0


@pytest.mark.parametrize("answer", ["네 그거예요", "네", "저도 그래요", "맞아요 같은 거예요"])
def test_a_yes_in_own_words_follows_the_only_one(rasa: Rasa, citizen: Citizen, answer: str) -> None:
    case = others(rasa)
    citizen.say(COMPLAINT, intent="report_complaint")
    assert case.number in citizen.say(answer)
    assert followers(rasa, case) == 1


def test_a_yes_to_several_is_asked_which_and_twice_nothing_goes_on_to_the_report(
    rasa: Rasa, citizen: Citizen
) -> None:
    first, second = others(rasa), others(rasa, address="c", what="가로등이 꺼졌어요")
    asked = citizen.say(COMPLAINT, intent="report_complaint")
    assert "2건" in asked
    assert "몇 번과" in citizen.say("네")
    assert citizen.requested == "near"
    citizen.say("ㅋㅋㅋ")
    assert citizen.requested == "near"
    assert "따로 신고하시는" in citizen.say("ㅋㅋㅋ")
    assert citizen.requested not in (None, "near")
    assert followers(rasa, first) + followers(rasa, second) == 0


def test_the_second_of_several_is_pressed(rasa: Rasa, citizen: Citizen) -> None:
    first, second = others(rasa), others(rasa, address="c", what="가로등이 꺼졌어요")
    citizen.say(COMPLAINT, intent="report_complaint")
    # The one with the more alike words comes first.
    citizen.press("2번")
    assert (followers(rasa, first), followers(rasa, second)) == (1, 0)


def test_another_place_is_looked_for_anew_and_a_refused_one_not_shown_again(
    rasa: Rasa, citizen: Citizen
) -> None:
    here = others(rasa)
    there = others(rasa, address="c", place_text="강남역 11번 출구", gu=None)
    citizen.say(COMPLAINT, intent="report_complaint")
    assert citizen.slots["near"]["asked"] == [here.id]
    citizen.say("아니 거기 말고 강남역 11번 출구요")
    assert citizen.requested == "near"
    assert citizen.slots["near"]["asked"] == [there.id]
    citizen.say("아니요")
    citizen.say("아니 거기 말고 시청역 2번 출구요")
    assert citizen.slots["near"]["asked"] == [here.id]
    citizen.say("아니요")
    citizen.say("아니 거기 말고 강남역 11번 출구요")
    assert citizen.requested != "near"


def test_starting_again_asks_again_and_cancelling_follows_nothing(
    rasa: Rasa, citizen: Citizen
) -> None:
    case = others(rasa)
    citizen.say(COMPLAINT, intent="report_complaint")
    citizen.say("처음부터 다시")
    assert citizen.requested == "what"
    citizen.say(COMPLAINT)
    assert citizen.requested == "near"
    citizen.say("취소할게요")
    assert [citizen.requested, followers(rasa, case)] == [None, 0]


def test_a_case_that_was_closed_meanwhile_is_said_and_the_report_goes_on(
    rasa: Rasa, citizen: Citizen
) -> None:
    case = others(rasa)
    citizen.say(COMPLAINT, intent="report_complaint")
    with rasa.database.transaction() as session:
        make_result(session, case=case, now=rasa.clock())
    assert "처리가 끝났어요" in citizen.press("나도 겪고 있어요")
    assert citizen.requested not in (None, "near")
    assert followers(rasa, case) == 0


def test_a_case_that_was_merged_meanwhile_is_followed_at_the_leading_one(
    rasa: Rasa, citizen: Citizen
) -> None:
    case, leading = others(rasa), others(rasa, address="c", place_text="강남역 11번 출구")
    citizen.say(COMPLAINT, intent="report_complaint")
    with rasa.database.transaction() as session:
        merge_case(
            session, city=CITY, case_id=case.id, into_number=leading.number,
            actor=Actor("officer", "1"), reason="같은 일", now=rasa.clock(),
        )  # fmt: skip
    assert leading.number in citizen.press("나도 겪고 있어요")
    assert followers(rasa, leading) == 1


def test_who_reported_it_already_is_told_the_number_and_how_to_add(
    rasa: Rasa, citizen: Citizen
) -> None:
    with rasa.database.transaction() as session:
        turn = make_turn(session, conversation=make_conversation(session))
        case = make_case(
            session, turn=turn, service_code="streetlight", what=SECRET, place_text=PLACE
        ).case
    asked = citizen.say(COMPLAINT, intent="report_complaint")
    assert case.number in asked
    said = citizen.press("나도 겪고 있어요")
    assert f"{case.number} 추가" in said
    assert (own_cases(rasa), followers(rasa, case)) == (1, 0)


def test_a_photo_in_between_is_kept_and_the_question_stands(rasa: Rasa, citizen: Citizen) -> None:
    others(rasa)
    citizen.say(COMPLAINT, intent="report_complaint")
    citizen.say("[사진]", kind="photo", attachment_ids=[7], pressed=True)
    assert citizen.requested == "near"
    assert citizen.slots["attachment_ids"] == [7]


def test_a_question_in_between_steps_aside_and_the_offer_stands(
    rasa: Rasa, citizen: Citizen
) -> None:
    others(rasa)
    citizen.say(COMPLAINT, intent="report_complaint")
    events, _ = rasa.ask(
        "validate_report_form", "여권 수수료 얼마예요?", slots=citizen.slots, requested="near",
        intent="ask_policy", confidence=0.95,
    )  # fmt: skip
    assert events == []


@pytest.mark.parametrize(
    ("text", "files", "same"),
    [
        ("그냥 신고할게요", True, False),
        ("저도 신고할래요", True, True),
        ("네 접수해 주세요", True, False),
        ("신고 안 할게요", False, False),
        ("그건 아니에요", False, False),
        ("같은 거 아니에요", False, False),
        ("나도 겪고 있어요", False, True),
        ("네 그거예요", False, True),
        ("여기 불빛이 너무 어두워서 밤마다 무섭고 다니기 힘들어요", False, False),
    ],
)
def test_words_about_near_reports(text: str, files: bool, same: bool) -> None:
    assert (wants_to_file(text), says_the_same(text)) == (files, same)
