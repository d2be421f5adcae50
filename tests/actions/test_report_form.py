"""The validator and the end of the form against a real database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from actions.report_state import SKIPPED, YES
from core.consent_texts import CONTACT, text_of
from core.errors import Refused
from core.guardians import NEEDED
from core.models.case import Case
from core.models.conversation import Conversation, Draft
from core.models.privacy import Consent
from tests.actions.conftest import Rasa
from tests.actions.rasa_call import INTERRUPTED, STARTED
from tests.builders import sample_city

FULL: dict[str, Any] = {
    "what": "시청역 2번 출구 앞 가로등이 나갔어요",
    "service_code": "streetlight",
    "where": "시청역 2번 출구 앞",
    "gu": "중구",
    "photo": SKIPPED,
    "contact": "⟦전화1⟧",
    "consent": YES,
    "answers": {"state": "꺼져 있어요", "pole": ""},
    "attachment_ids": [],
}


def drafts(rasa: Rasa) -> list[Draft]:
    with rasa.database.reading() as session:
        return list(session.scalars(select(Draft).order_by(Draft.id)))


def cases(rasa: Rasa) -> list[Case]:
    with rasa.database.reading() as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def test_every_answer_is_kept_as_a_draft_of_the_conversation(rasa: Rasa) -> None:
    rasa.ask("validate_report_form", "가로등이 나갔어요", intent="report_complaint", since=STARTED)
    (draft,) = drafts(rasa)
    assert draft.conversation_id == rasa.conversation_id
    assert draft.slots["what"] == "가로등이 나갔어요"
    assert (draft.requested_slot, draft.state) == ("where", "open")


def test_an_interruption_sets_nothing_so_that_the_rules_answer(rasa: Rasa) -> None:
    events, responses = rasa.ask(
        "validate_report_form", "여권 수수료 얼마예요?", intent="ask_policy", confidence=0.97,
        slots=FULL, requested="photo",
    )  # fmt: skip
    assert (events, responses, drafts(rasa)) == ([], [], [])


def test_coming_back_from_an_interruption_asks_the_same_again(rasa: Rasa) -> None:
    slots = rasa.slots(
        "validate_report_form", "여권 수수료 얼마예요?", intent="ask_policy", confidence=0.97,
        slots=FULL, requested="photo", since=INTERRUPTED,
    )  # fmt: skip
    assert slots["requested_slot"] == "photo"
    assert "what" not in slots


def test_a_taken_answer_always_sets_a_slot_or_rasa_would_ask_its_rules(rasa: Rasa) -> None:
    slots = rasa.slots("validate_report_form", "네", slots={"what": "가로등"}, requested="where")
    assert slots["misses"] == 1
    assert slots["requested_slot"] is not None


def test_slots_of_an_old_report_do_not_fill_a_new_one(rasa: Rasa) -> None:
    slots = rasa.slots(
        "validate_report_form", "도로가 움푹 파였어요", intent="report_complaint",
        slots=FULL, requested="confirm", since=STARTED,
    )  # fmt: skip
    assert (slots["where"], slots["contact"], slots["requested_slot"]) == (None, None, "where")


def test_the_confirmed_report_ends_the_form_with_its_outcome(rasa: Rasa) -> None:
    slots = rasa.slots("validate_report_form", "네", slots=FULL, requested="confirm")
    assert (slots["report_outcome"], slots["requested_slot"]) == ("submit", None)


def test_a_submit_files_one_case_and_answers_with_the_receipt(rasa: Rasa) -> None:
    events, responses = rasa.ask("action_end_report", slots=FULL | {"report_outcome": "submit"})
    (case,) = cases(rasa)
    receipt = responses[0]["text"]
    assert case.number in receipt
    assert "시청역 2번 출구 앞" in receipt
    assert case.contact_token == "⟦전화1⟧"
    assert (case.gu, case.answers) == ("중구", {"state": "꺼져 있어요"})
    emptied = {e["name"]: e["value"] for e in events}
    assert set(emptied.values()) == {None}


def consents(rasa: Rasa) -> list[tuple[str, str, str]]:
    with rasa.database.reading() as session:
        rows = session.scalars(select(Consent).order_by(Consent.id))
        return [(row.kind, row.version, row.how) for row in rows]


def test_the_consent_to_a_contact_is_kept_in_its_version_and_none_without_a_contact(
    rasa: Rasa,
) -> None:
    rasa.ask("action_end_report", slots=FULL | {"report_outcome": "submit", "contact": SKIPPED})
    assert consents(rasa) == []
    rasa.ask("action_end_report", slots=FULL | {"report_outcome": "submit"})
    version = text_of(sample_city().consents, CONTACT).version
    assert consents(rasa) == [("contact", version, "form")]


def test_who_is_under_14_is_not_asked_for_a_contact_and_none_is_filed(rasa: Rasa) -> None:
    with rasa.database.transaction() as session:
        session.get_one(Conversation, rasa.conversation_id).guardian = NEEDED
    slots = rasa.slots(
        "validate_report_form", "사진 없어요", slots=FULL | {"photo": None, "contact": None, "consent": None},
        requested="photo",
    )  # fmt: skip
    assert (slots["contact"], slots["requested_slot"]) == (SKIPPED, "consent")
    # A contact from before it was known does not go along either.
    slots = rasa.slots("validate_report_form", "네", slots=FULL, requested="confirm")
    assert (slots["report_outcome"], slots["contact"]) == ("submit", SKIPPED)


def test_the_same_turn_again_shows_the_same_receipt_and_files_nothing_more(rasa: Rasa) -> None:
    turn_id = rasa.turn()
    slots = FULL | {"report_outcome": "submit"}
    _, first = rasa.ask("action_end_report", turn_id=turn_id, slots=slots)
    _, second = rasa.ask("action_end_report", turn_id=turn_id, slots=slots)
    assert first == second
    assert len(cases(rasa)) == 1


def test_filing_closes_the_draft(rasa: Rasa) -> None:
    rasa.ask("validate_report_form", "가로등이 나갔어요", intent="report_complaint", since=STARTED)
    rasa.ask("action_end_report", slots=FULL | {"report_outcome": "submit"})
    assert [draft.state for draft in drafts(rasa)] == ["submitted"]


def test_cancelling_closes_the_draft_and_files_nothing(rasa: Rasa) -> None:
    rasa.ask("validate_report_form", "가로등이 나갔어요", intent="report_complaint", since=STARTED)
    slots = rasa.slots("validate_report_form", "취소할게요", slots=FULL, requested="photo")
    assert (slots["report_outcome"], slots["requested_slot"]) == ("cancelled", None)
    rasa.ask("action_end_report", slots=slots)
    assert [draft.state for draft in drafts(rasa)] == ["cancelled"]
    assert cases(rasa) == []


def test_the_second_complaint_is_offered_after_the_first(rasa: Rasa) -> None:
    slots = FULL | {"report_outcome": "submit", "pending_complaint": "쓰레기도 쌓여 있어요"}
    events, responses = rasa.ask("action_end_report", slots=slots)
    assert responses[1]["response"] == "utter_second_complaint"
    assert {e["name"]: e["value"] for e in events}["pending_complaint"] == "쓰레기도 쌓여 있어요"


def test_out_of_hours_the_receipt_says_when_work_begins(rasa: Rasa) -> None:
    rasa.clock.forward(hours=13)  # 23:00 in Seoul
    _, responses = rasa.ask("action_end_report", slots=FULL | {"report_outcome": "submit"})
    assert "오전 9시" in responses[0]["text"]


def test_a_report_without_consent_is_never_filed(rasa: Rasa) -> None:
    with pytest.raises(ValueError, match="consent"):
        rasa.ask("action_end_report", slots=FULL | {"report_outcome": "submit", "consent": None})
    assert cases(rasa) == []


def test_a_broken_database_is_never_swallowed(rasa: Rasa) -> None:
    with rasa.database.transaction() as session:
        session.execute(text("DROP TABLE draft"))
    with pytest.raises(Exception, match="draft"):
        rasa.ask("validate_report_form", "가로등이 나갔어요", slots={}, requested="what")


def test_a_refused_report_reaches_rasa_as_a_failure(rasa: Rasa) -> None:
    slots = FULL | {"report_outcome": "submit", "service_code": "no_such_service"}
    with pytest.raises(Refused):
        rasa.ask("action_end_report", slots=slots)


def test_a_question_is_asked_more_plainly_after_a_miss_and_with_a_person_after_two(
    rasa: Rasa,
) -> None:
    def asked(misses: int) -> dict[str, Any]:
        slots = {"what": "가로등", "service_code": "streetlight", "misses": misses}
        _, (response,) = rasa.ask("action_ask_report_form_where", slots=slots)
        return response

    assert asked(0)["response"] == "utter_ask_report_form_where"
    assert asked(1)["response"] == "utter_ask_report_form_where_again"
    assert "/talk_to_officer" in [b["payload"] for b in asked(2)["buttons"]]


def test_the_form_asks_nothing_while_a_person_was_just_asked_to_answer(rasa: Rasa) -> None:
    since = [*INTERRUPTED, {"event": "action", "name": "action_handover"}]
    _, responses = rasa.ask("action_ask_report_form_where", slots={"what": "가로등"}, since=since)
    assert responses == []


def test_the_summary_shows_what_will_be_filed_and_never_a_token(rasa: Rasa) -> None:
    _, (response,) = rasa.ask("action_ask_report_form_confirm", slots=FULL)
    assert response["service"] == sample_city().service("streetlight").name
    assert response["contact"] == "남기신 전화번호"
    assert "⟦" not in str(response)


def test_guesses_are_offered_with_a_way_out(rasa: Rasa) -> None:
    slots = {"what": "냄새", "guesses": ["odor", "sewer_odor"]}
    _, (response,) = rasa.ask("action_ask_report_form_service_code", slots=slots)
    assert [b["title"] for b in response["buttons"]][-1] == "기타"
    assert len(response["buttons"]) == 3
