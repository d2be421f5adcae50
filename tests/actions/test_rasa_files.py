"""domain.yml, the rules, the training data and the actions say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.registry import make_actions
from actions.report_parse import CASE_INTENTS, PRESSED_INTERRUPTIONS
from actions.report_state import SLOTS
from tests.actions.policy_shelf import Shelf
from tests.builders import CODES, ROOT, Clock, make_database, make_vault, sample_city

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text())
RULES: list[dict[str, Any]] = [
    rule
    for path in sorted((ROOT / "data" / "rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text())["rules"]
]
# The names are fixed; ask_more_time came with the supplements (the ADR on acts on a filed case).
INTENTS = {
    "report_complaint",
    "suggest_idea",
    "praise",
    "ask_policy",
    "ask_budget",
    "check_case",
    "ask_routing",
    "ask_more_time",
    "add_to_case",
    "reopen_case",
    "appeal_decision",
    "withdraw_case",
    "follow_case",
    "rate_service",
    "subscribe_alert",
    "unsubscribe_alert",
    "talk_to_officer",
    "erase_my_data",
    "export_my_data",
    "emergency",
    "greet",
    "thank",
    "goodbye",
    "affirm",
    "deny",
    "cancel",
    "stop",
    "skip",
    "inform",
    "correct_value",
    "help",
    "out_of_scope",
}
SOURCES = "\n".join(path.read_text() for path in sorted((ROOT / "actions").glob("*.py")))


def examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text())["nlu"]:
            lines = [line.removeprefix("- ") for line in block["examples"].splitlines()]
            found.setdefault(block["intent"], []).extend(lines)
    return found


def intents_of_rules(*, in_form: bool) -> set[str]:
    wanted = "report_form" if in_form else None
    return {
        step["intent"]
        for rule in RULES
        if {"active_loop": wanted} in rule.get("condition", [])
        for step in rule["steps"]
        if "intent" in step
    }


def test_the_domain_has_exactly_the_fixed_intents() -> None:
    assert {next(iter(i)) for i in DOMAIN["intents"]} == INTENTS | {"nlu_fallback"}


def test_every_intent_has_enough_examples_and_none_has_two_meanings() -> None:
    found = examples()
    assert set(found) == INTENTS
    assert all(len(lines) >= 25 for lines in found.values())
    assert len(found["report_complaint"]) >= 60
    lines = [line for lines in found.values() for line in lines]
    assert len(lines) == len(set(lines))


def test_every_intent_has_a_rule_outside_the_form() -> None:
    assert intents_of_rules(in_form=False) == INTENTS | {"nlu_fallback"}


def test_whatever_may_interrupt_the_form_has_a_rule_that_leads_back() -> None:
    interruptions = PRESSED_INTERRUPTIONS | CASE_INTENTS | {"greet", "thank", "goodbye", "help"}
    assert interruptions <= intents_of_rules(in_form=True)


def test_every_action_of_the_domain_is_registered_and_no_other(tmp_path: Path) -> None:
    database = make_database(tmp_path)
    actions = make_actions(
        database=database,
        city=sample_city(),
        codes=CODES,
        vault=make_vault(),
        now=Clock(),
        articles=Shelf(),
    )
    assert {action.name() for action in actions} == set(DOMAIN["actions"])
    database.dispose()


def test_every_slot_is_custom_so_that_only_the_validator_fills_it() -> None:
    assert set(DOMAIN["slots"]) == {*SLOTS, "report_outcome"}
    for slot in DOMAIN["slots"].values():
        assert slot["mappings"] == [{"type": "custom"}]
        assert slot["influence_conversation"] is False


def test_every_prompt_that_an_action_names_exists_and_every_prompt_is_used() -> None:
    prompts = set(DOMAIN["responses"])
    named = set(re.findall(r'"(utter_[a-z_]+)"', SOURCES))
    asked = {p for p in prompts if p.startswith("utter_ask_report_form_")}
    requests = {f"utter_{intent}" for intent in INTENTS} & prompts
    in_rules = {s["action"] for r in RULES for s in r["steps"] if "action" in s} & prompts
    assert named <= prompts
    assert prompts <= named | asked | requests | in_rules


@pytest.mark.parametrize("slot", DOMAIN["forms"]["report_form"]["required_slots"])
def test_every_question_has_its_words_and_plainer_ones(slot: str) -> None:
    if slot in {"near", "extra", "confirm"}:
        return
    assert f"utter_ask_report_form_{slot}" in DOMAIN["responses"]
    assert f"utter_ask_report_form_{slot}_again" in DOMAIN["responses"]


def test_no_button_of_the_domain_carries_braces() -> None:
    """Rasa reads them as slots and logs every slot's value when it finds none (3.6.21)."""
    payloads = [
        button["payload"]
        for variants in DOMAIN["responses"].values()
        for variant in variants
        for button in variant.get("buttons", [])
    ]
    assert payloads
    assert not [payload for payload in payloads if "{" in payload]


def test_prompts_are_short_enough_for_every_channel() -> None:
    for variants in DOMAIN["responses"].values():
        for variant in variants:
            assert len(variant["text"]) <= 200
            assert len(variant.get("buttons", [])) <= 10
