"""X's counting and threads: the conformance vectors, and nothing lost, reordered, too long or cut."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.settings import project_root
from core.errors import Refused
from publishing.x_links import links_in
from publishing.x_text import MOST, is_valid, normal, thread_of, weighted_length

VECTORS = project_root().parent / "shared" / "data" / "twitter_text"
NUMBERS = ["1조 2,345억 원", "95.3%", "2026년 5월 7일", "02-120", "△1,234만 원", "2026. 5. 7.", "삼백억 원", "https://city.example/예산?a=1,2"]  # fmt: skip
WORDS = [
    "예산은",
    "집행률이에요.",
    "올해",
    "복지 분야가",
    "늘었어요!",
    "도로,",
    "👨‍👩‍👧‍👦",
    "가" * 200,
    "bus",
]


def vectors(file: str, *groups: str) -> list[dict[str, Any]]:
    path = VECTORS / file
    if not path.exists():
        pytest.skip(f"no test data at {path}")
    tests = yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
    return [case for group in groups for case in tests[group]]


def test_all_vectors_of_version_three_count_as_x_counts() -> None:
    cases = vectors(
        "conformance_validate.yml",
        "WeightedTweetsWithDiscountedEmojiCounterTest",
        "UnicodeDirectionalMarkerCounterTest",
    )
    assert len(cases) == 24
    for case in cases:
        counted = (weighted_length(case["text"]), is_valid(case["text"]))
        expected = (case["expected"]["weightedLength"], case["expected"]["valid"])
        assert counted == expected, case["description"]


def test_links_are_found_where_x_finds_them() -> None:
    groups = ("urls", "urls_with_indices", "urls_with_directional_markers", "tco_urls_with_params")
    for case in vectors("conformance_extract.yml", *groups):
        found = [case["text"][begin:end] for begin, end in links_in(case["text"])]
        expected = [e["url"] if isinstance(e, dict) else e for e in case["expected"]]
        assert found == expected, case["description"]


def test_every_top_level_domain_makes_a_link() -> None:
    for case in vectors("conformance_tlds.yml", "country", "generic"):
        text = case["text"]
        assert [text[begin:end] for begin, end in links_in(text)] == case["expected"]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("가", 2),
        (unicodedata.normalize("NFD", "각"), 2),
        ("예산 https://city.example.kr/" + "a" * 300, 28),
        ("👨‍👩‍👧‍👦", 2),
        ("1️⃣", 2),
        ("가" * 140, 280),
        ("", 0),
    ],
)
def test_it_counts(text: str, length: int) -> None:
    assert weighted_length(text) == length


@pytest.mark.parametrize("text", ["가" * 10_000 + ".", ("가" * 60 + ".") * 160, "a." * 5000])
def test_a_long_text_without_spaces_is_counted(text: str) -> None:
    assert weighted_length(text) > MOST


@settings(max_examples=50)
@given(st.lists(st.sampled_from([*NUMBERS, *WORDS, "\n\n"]), min_size=1, max_size=60))
def test_a_thread_loses_nothing_and_cuts_no_number(words: list[str]) -> None:
    text = normal(" ".join(words)).strip()
    parts = thread_of(text)
    assert all(is_valid(part) for part in parts)
    bare = list(parts)
    if len(parts) > 1:
        for n, part in enumerate(parts, 1):
            assert part.endswith(f" ({n}/{len(parts)})")
        bare = [re.sub(r" \([0-9]+/[0-9]+\)$", "", part) for part in parts]
    squeezed = [re.sub(r"\s", "", part) for part in bare]
    assert "".join(squeezed) == re.sub(r"\s", "", text)
    for each in map(normal, NUMBERS):
        assert sum(part.count(each) for part in bare) == text.count(each), each


@settings(max_examples=50)
@given(st.text(max_size=900))
def test_any_text_is_a_thread_or_refused(text: str) -> None:
    try:
        parts = thread_of(text)
    except Refused:
        parts = ()
    assert all(is_valid(part) for part in parts)


def test_a_thread_is_parted_after_a_sentence() -> None:
    sentence = "올해 복지 예산은 1조 2,345억 원이고 지난해보다 3.2% 늘었어요."
    parts = thread_of(" ".join([sentence] * 9))
    assert len(parts) > 1
    assert all(re.sub(r" \(\d/\d\)$", "", part).endswith("늘었어요.") for part in parts)


def test_a_number_that_no_post_has_room_for_is_refused() -> None:
    with pytest.raises(Refused, match="unsplittable"):
        thread_of("9" * 400)
