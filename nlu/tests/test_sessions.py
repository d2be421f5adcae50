"""Sessions and drafts, against real Rasa."""

from __future__ import annotations

from nlu.tests.actions import FakeActions
from nlu.tests.server import Rasa, Talk


def _report(talk: Talk) -> None:
    talk.say("가로등이 고장났어요")
    talk.say("시청역 앞이요")
    talk.press("affirm")


def _slots(talk: Talk, **fields: float) -> str:
    return talk.say("내 민원 어떻게 됐어요", **fields).texts[0]


def test_slots_last_within_a_session(talk: Talk) -> None:
    _report(talk)
    assert _slots(talk, idle_seconds=3600) == "가로등이 고장났어요|시청역 앞이요"


def test_an_idle_talk_starts_with_empty_slots(talk: Talk) -> None:
    _report(talk)
    assert _slots(talk, idle_seconds=3601) == "None|None"


def test_a_form_outlives_any_pause(talk: Talk) -> None:
    talk.say("가로등이 고장났어요")
    answer = talk.say("시청역 앞이요", idle_seconds=80_000)
    assert answer.texts == ["이대로 접수할까요?"]


def test_a_lapsed_draft_takes_its_form_along(talk: Talk) -> None:
    talk.say("가로등이 고장났어요")
    answer = talk.say("안녕하세요", new_session=True, turn_id=9851)
    assert answer.texts == ["안녕하세요."]
    assert answer.body["active_form"] is None
    assert _slots(talk) == "None|None"
    assert talk.say("안녕하세요", new_session=True, turn_id=9851).body["replayed"] is True


def test_after_fifty_turns_a_new_session_keeps_the_tracker_short(
    talk: Talk, actions: FakeActions
) -> None:
    _report(talk)
    for _ in range(47):
        talk.say("안녕")
    assert _slots(talk) == "가로등이 고장났어요|시청역 앞이요"
    assert _slots(talk) == "None|None"
    events = actions.ran("action_show", talk.conversation)[-1]["tracker"]["events"]
    assert len([event for event in events if event["event"] == "user"]) == 1


def test_a_draft_survives_the_loss_of_the_tracker(rasa: Rasa, talk: Talk) -> None:
    talk.say("가로등이 고장났어요")
    rasa.ask("DELETE", f"conversations/{talk.conversation}")
    draft = {
        "slots": {"what": "가로등이 고장났어요", "of_another_time": 1},
        "requested_slot": "where",
    }
    answer = talk.say("시청역 앞이요", draft=draft)
    assert answer.texts == ["이대로 접수할까요?"]
    assert answer.body["active_form"] == "report_form"
    assert talk.press("affirm", draft=draft).texts == ["접수했어요."]
    assert _slots(talk) == "가로등이 고장났어요|시청역 앞이요"


def test_a_question_to_a_restored_draft_is_answered_and_the_form_goes_on(talk: Talk) -> None:
    draft = {"slots": {"what": "가로등이 고장났어요"}, "requested_slot": "where"}
    answer = talk.say("여권 수수료 얼마예요", draft=draft)
    assert answer.texts == ["수수료는 안내판에 있어요.", "어디인가요?"]


def test_a_draft_is_restored_into_a_fresh_session_after_a_pause(talk: Talk) -> None:
    _report(talk)
    draft = {"slots": {"what": "도로에 구멍이 났어요"}, "requested_slot": "where"}
    assert talk.say("강남역", idle_seconds=9000, draft=draft).texts == ["이대로 접수할까요?"]
    talk.press("affirm", draft=None)
    assert _slots(talk) == "도로에 구멍이 났어요|강남역"


def test_a_draft_does_not_overwrite_a_living_form(talk: Talk) -> None:
    talk.say("가로등이 고장났어요")
    stale = {"slots": {"what": "낡은 것"}, "requested_slot": "confirm"}
    assert talk.say("시청역 앞이요", draft=stale).texts == ["이대로 접수할까요?"]
    talk.press("affirm")
    assert _slots(talk) == "가로등이 고장났어요|시청역 앞이요"
