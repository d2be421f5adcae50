"""Emergencies by rule and learned score: found in unforeseen words, and rules that fit by chance stay quiet."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

import dialogue.emergency_sense
from app.city_files import load_city
from dialogue.emergency import recognise
from dialogue.emergency_sense import sense_emergency
from korean.text_scores import UnreadableWeights

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
CITY = load_city(ROOT / "city")
RULES_ONLY = replace(CITY, emergency_scoring=None)


def found(text: str) -> str | None:
    rule = sense_emergency(text, CITY)
    return rule.id if rule is not None else None


@pytest.mark.parametrize(
    "text",
    [
        "야 여기 애기가 축 늘어져서 눈도 안 떠",
        "컨베이어에 소매가 말려들어서 팔이 끼었는데 못 빼요",
        "이제 아무 미련 없어요 다들 고마웠어요 강으로 가는 중이에요",
        "아가씨가 남자한테 질질 끌려가요 소리지르는데 아무도 안 도와줘요",
        "할배가 밥 묵다가 캑캑거리더니 얼굴이 시퍼래졌심더",
    ],
)
def test_an_emergency_in_words_that_no_rule_foresaw_is_found(text: str) -> None:
    assert found(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "나 안 죽었어요 ㅋㅋ",
        "가스요금이 두 배 나왔어요",
        "가로등 불이 안 켜져요",
        "도둑고양이가 너무 많아요",
        "아들 입학 통지서가 안 와요",
        "죽겠네 ㅋㅋ 더워서",
        "소방서 견학 신청하고 싶어요",
        "작년에 불났던 시장은 언제 다시 열어요",
    ],
)
def test_what_only_sounds_like_one_stays_quiet(text: str) -> None:
    assert found(text) is None


def test_the_rule_says_which_emergency_it_is() -> None:
    assert found("집에 불이 났어요") == "fire"
    assert found("옆집에서 남편이 아내를 칼로 찔렀어요") == "crime"
    assert found("죽고 싶어요 더는 못 버티겠어요") == "suicide_thoughts"


def test_where_only_the_score_is_sure_every_number_is_named() -> None:
    scoring = CITY.emergency_scoring
    assert scoring is not None
    text = "컨베이어에 소매가 말려들어서 팔이 끼었는데 못 빼요"
    assert recognise(text, CITY.emergency) is None
    assert sense_emergency(text, CITY) is scoring.unknown
    assert all(number in scoring.unknown.text for number in ("119", "112", "109"))


def test_a_power_cut_is_told_by_rule_alone() -> None:
    assert found("아파트 전체가 정전됐어요") == "blackout"


def test_without_scoring_in_the_city_file_the_rules_decide_alone() -> None:
    for text in ("집에 불이 났어요", "가로등이 꺼졌어요"):
        assert sense_emergency(text, RULES_ONLY) == recognise(text, CITY.emergency)


def test_without_the_weights_the_rules_still_find_a_fire(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(name: str) -> None:
        raise UnreadableWeights(f"no weights {name}.bin")

    monkeypatch.setattr(dialogue.emergency_sense, "weights", missing)
    assert found("집에 불이 났어요") == "fire"
    assert found("가로등이 꺼졌어요") is None
    assert "by rule alone" in caplog.text
    assert "불이" not in caplog.text


def test_nothing_is_no_emergency() -> None:
    for text in ("", " ", "\u200b", "😀😀", "...", "ㅋㅋㅋ", "\ud800"):
        assert found(text) is None


def test_an_emergency_at_the_end_of_a_very_long_message_is_seen() -> None:
    assert found("가로등이 어두워요. " * 2000 + "지금 불났어요") == "fire"


def lines(name: str) -> list[str]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_what_was_learned_is_not_forgotten() -> None:
    yes = [line.split("\t")[1] for line in lines("emergency_yes.txt")]
    no = lines("emergency_no.txt")
    for line in (ROOT / "data/emergency/dev.tsv").read_text(encoding="utf-8").splitlines():
        label, text = line.split("\t")
        (yes if label == "emergency" else no).append(text)
    # A part of them is enough to notice weights of other features, and quick.
    yes, no = yes[::6], no[::6]
    missed = [text for text in yes if found(text) is None]
    wrong = [text for text in no if found(text) is not None]
    assert len(missed) <= len(yes) * 0.02, missed
    assert len(wrong) <= len(no) * 0.015, wrong


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no test data at {path}")
    return path


def test_real_questions_to_the_call_centre_raise_no_false_alarm() -> None:
    with shared("seoul120_faq", "seoul-120-text.csv").open(encoding="utf-8", newline="") as file:
        titles = [row["제목"] for row in csv.DictReader(file)][::6]
    wrong = [title for title in titles if found(title) is not None]
    assert len(wrong) <= len(titles) * 0.004, wrong


def test_everyday_talk_raises_no_false_alarm() -> None:
    path = shared("massive_ko", "ko-KR.train.jsonl")
    talk = [json.loads(line)["utt"] for line in path.read_text(encoding="utf-8").splitlines()]
    wrong = [text for text in talk[::12] if found(text) is not None]
    assert len(wrong) <= len(talk[::12]) * 0.003, wrong
