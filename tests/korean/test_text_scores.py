"""Scores of texts: bounded, the same for what sounds alike, and never an exception whatever comes in."""

from __future__ import annotations

import pytest

from korean.text_scores import (
    BUCKETS,
    UnreadableWeights,
    buckets,
    pack,
    read_concepts,
    unpack,
    weights,
)
from tests.effort import least_seconds

CONCEPTS = read_concepts(["# remark", "fire: 불이났 불길", "person: 사람 아이"])


def test_weights_survive_being_packed() -> None:
    numbers = [0] * BUCKETS
    numbers[next(iter(buckets("불이났어요", CONCEPTS)))] = 100
    data = pack(scale=0.5, bias=-1.0, weights=numbers, concepts=CONCEPTS)
    again = unpack(data)
    assert again.score("불이 났어요") > -1.0
    assert again.concepts.pieces == CONCEPTS.pieces


def test_a_concept_is_found_in_its_own_words_only() -> None:
    assert CONCEPTS.named_in("사람이불길에") == {0, 1}
    assert CONCEPTS.named_in("가로등") == set()


@pytest.mark.parametrize("data", [b"", b"junk", b"SOTW1", b"SOTW1junk", b"SOTW2" + b"\0" * 50])
def test_a_damaged_file_is_named_as_such(data: bytes) -> None:
    with pytest.raises(UnreadableWeights):
        unpack(data)


def test_weights_cut_short_are_refused() -> None:
    data = pack(scale=1.0, bias=0.0, weights=[0, 1], concepts=CONCEPTS)
    with pytest.raises(UnreadableWeights):
        unpack(data)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UnreadableWeights, match=r"nothing\.bin"):
        weights("nothing")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u200b",
        "😀😀",
        "...",
        "ㅠㅠㅠ",
        "\ud800",
        "\x00\x01",
        "불" * 20_000,
        "a\u0301" * 9000,
        "🔥불이 났어요🔥",
    ],
)
def test_any_input_has_a_score(text: str) -> None:
    assert -5 < weights("emergency").score(text) < 5


def test_spellings_that_sound_alike_have_one_score() -> None:
    scorer = weights("emergency")
    assert scorer.score("사람이 쓰러졌어요") == scorer.score("사람이 쓰러젔어요")


def test_a_cry_for_help_in_a_long_story_counts_by_itself() -> None:
    scorer = weights("emergency")
    story = "공원에 벤치가 부족하고 화장실에 휴지도 없어요. 가로수도 더 심어 주세요. " * 5
    cry = "지금 사람이 쓰러졌는데 숨을 안 쉬어요. "
    assert scorer.score(story) < 0 < scorer.score(story + cry + story)


def test_twenty_thousand_characters_cost_little() -> None:
    scorer = weights("emergency")
    text = ("불 가스 사람이 아이가 숨을 못 쉬어요 " * 2000)[:20_000]
    assert least_seconds(lambda: scorer.score(text), enough=1.0) < 1.0
