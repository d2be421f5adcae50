"""Emergencies at the door: what people in danger write is caught, what only looks like it is not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from app.city_files import load_city
from core.city import EmergencyPattern, EmergencyRule
from dialogue.emergency import fold, recognise

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
RULES = load_city(ROOT / "city").emergency


def lines(name: str) -> list[str]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


YES = [tuple(line.split("\t")) for line in lines("emergency_yes.txt")]
NO = lines("emergency_no.txt")


def found(text: str) -> str | None:
    rule = recognise(text, RULES)
    return rule.id if rule is not None else None


def test_the_corpora_are_large_enough_to_mean_something() -> None:
    assert len({text for _, text in YES}) >= 300
    assert len(set(NO)) >= 400


def test_at_least_98_of_100_emergencies_are_recognised() -> None:
    missed = [text for _, text in YES if found(text) is None]
    assert len(missed) <= len(YES) * 0.02, missed


def test_at_most_1_of_100_look_alikes_is_taken_for_an_emergency() -> None:
    wrong = [(found(text), text) for text in NO if found(text) is not None]
    assert len(wrong) <= len(NO) * 0.01, wrong


def test_no_blanks_are_needed() -> None:
    missed = [text for _, text in YES if found(text.replace(" ", "")) is None]
    assert len(missed) <= len(YES) * 0.06, missed


def test_without_blanks_look_alikes_stay_look_alikes() -> None:
    wrong = [text for text in NO if found(text.replace(" ", "")) is not None]
    assert len(wrong) <= len(NO) * 0.02, wrong


def test_spellings_that_sound_alike_are_recognised() -> None:
    typed = str.maketrans(
        {
            "났": "낫",
            "졌": "젔",
            "있": "잇",
            "했": "햇",
            "냄": "넴",
            "새": "세",
            "었": "엇",
            "혔": "혓",
        }
    )
    missed = [text for _, text in YES if found(text.translate(typed)) is None]
    assert len(missed) <= len(YES) * 0.02, missed


def test_decoration_and_tears_change_nothing() -> None:
    missed = [text for _, text in YES if found(f"저기요ㅠㅠ {text}ㅠㅠ!!! 😱\u200b") is None]
    assert len(missed) <= len(YES) * 0.03, missed


def test_the_number_fits_the_kind_of_emergency() -> None:
    numbers = {rule.id: rule.number for rule in RULES}
    wrong = []
    for wanted, text in YES:
        rule = recognise(text, RULES)
        if rule is not None and rule.number != numbers[wanted]:
            wrong.append((wanted, rule.id, text))
    assert len(wrong) <= len(YES) * 0.02, wrong


@pytest.mark.parametrize(
    "text",
    [
        "소방서 어디예요? 지금 불났어요",
        "가로등이 꺼져 있어요. 그런데 사람이 쓰러졌어요",
        "어제 신고한 건 어떻게 됐어요? 그리고 지금 남편이 때려요",
        "안녕하세요\n엘리베이터에 갇혔어요",
    ],
)
def test_a_harmless_sentence_does_not_hide_an_emergency(text: str) -> None:
    assert found(text) is not None


def test_an_emergency_at_the_end_of_a_very_long_message_is_seen() -> None:
    assert found("가로등이 어두워요. " * 2000 + "지금 불났어요") == "fire"


def test_nothing_is_recognised_in_nothing() -> None:
    for text in ("", " ", "\u200b", "😀😀", "...", "ㅋㅋㅋ", "\ud800"):
        assert found(text) is None


def test_twenty_thousand_characters_are_read_quickly() -> None:
    import time

    start = time.perf_counter()
    recognise(("불 가스 사람이 아이가 " * 3000)[:20_000], RULES)
    assert time.perf_counter() - start < 2.0


def test_the_first_rule_that_fits_wins() -> None:
    def rule(name: str, *words: str) -> EmergencyRule:
        return EmergencyRule(name, "fire", "119", "119", (EmergencyPattern(words),))

    first, second = rule("first", "불"), rule("second", "불", "연기")
    assert recognise("불과 연기", [second, first]) == second
    assert recognise("불과 연기", [first, second]) == first
    assert recognise("불뿐", [second, first]) == first


def test_fold_makes_alike_syllables_one_and_keeps_the_rest() -> None:
    assert fold("났") == fold("낫")
    assert fold("쓰러졌어") == fold("쓰러젔어")
    assert fold("냄새") == fold("넴세")
    assert fold("사람이 119.{0,3}") == "사람이 119.{0,3}"


def test_every_text_begins_with_the_number_and_is_short() -> None:
    for rule in RULES:
        assert rule.number in rule.text.splitlines()[0]
        assert len(rule.text) <= 400


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no test data at {path}")
    return path


def test_real_questions_to_the_call_centre_raise_no_false_alarm() -> None:
    with shared("seoul120_faq", "seoul-120-text.csv").open(encoding="utf-8", newline="") as file:
        titles = [row["제목"] for row in csv.DictReader(file)]
    wrong = [title for title in titles if found(title) is not None]
    assert len(titles) > 2000
    assert len(wrong) <= len(titles) * 0.002, wrong


def test_everyday_talk_raises_no_false_alarm() -> None:
    path = shared("massive_ko", "ko-KR.train.jsonl")
    talk = [json.loads(line)["utt"] for line in path.read_text(encoding="utf-8").splitlines()]
    wrong = [text for text in talk if found(text) is not None]
    assert len(talk) > 10_000
    assert len(wrong) <= len(talk) * 0.001, wrong
