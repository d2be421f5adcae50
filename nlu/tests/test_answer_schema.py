"""The quick check of the action server's answers says what Rasa's own check says."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from nlu.answer_schema import check_quickly, fits

_stock = RemoteAction._validate_action_result
ACTION = RemoteAction("action_any", None)
SLOT = {"event": "slot", "name": "where", "value": "시청", "timestamp": None}

TAKEN: list[dict[str, Any]] = [
    {},
    {"events": [], "responses": []},
    {"events": [SLOT], "responses": [{"text": "네", "buttons": []}]},
    {"events": [{"event": "active_loop", "name": None, "timestamp": None}]},
    {"events": [{"event": "restart"}, {"event": "followup", "name": "action_listen"}, SLOT]},
]
REFUSED: list[Any] = [
    [],
    None,
    {"events": {}},
    {"responses": ["네"]},
    {"events": [{"name": "where"}]},
    {"events": [{"event": "slots", "name": "where", "value": 1}]},
    {"events": [{"event": ["slot"], "name": "where", "value": 1}]},
    {"events": [{"event": None}]},
    {"events": ["slot"]},
    {"events": [SLOT, {"event": "slot", "value": 1}]},
]


@pytest.mark.parametrize("answer", TAKEN)
def test_what_rasa_takes_is_taken(answer: dict[str, Any]) -> None:
    assert _stock(ACTION, answer)
    assert fits(answer)


@pytest.mark.parametrize("answer", REFUSED)
def test_what_rasa_refuses_is_refused_with_the_same_words(
    answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RemoteAction, "_validate_action_result", _stock)
    with pytest.raises(ValidationError) as before:
        ACTION._validate_action_result(answer)
    check_quickly()
    with pytest.raises(ValidationError) as now:
        ACTION._validate_action_result(answer)
    assert str(now.value) == str(before.value)
