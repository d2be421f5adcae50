"""The filter before the emergency expressions may spare a search, never an emergency."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from app.city_files import load_city
from dialogue.emergency import recognise
from dialogue.emergency_filter import grams, may_fit

ROOT = Path(__file__).resolve().parents[2]
RULES = load_city(ROOT / "city").emergency


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("불(이)?났", "불났"),
        ("불(이|도){0,2}.{0,4}났", "불이도 막났"),
        ("(?<!이)불이", "불이"),
        ("불(?!빛)이?", "불"),
        ("[가나]다|라?마", "나다"),
        ("(가|(나|다)라)마", "다라마"),
        (r"\d+일", "3일"),
        (r"a\.b", "a.b"),
        ("^불$", "불"),
        ("(가나)+", "가나"),
        ("가?나", "나"),
    ],
)
def test_an_expression_that_fits_is_never_spared(expression: str, text: str) -> None:
    assert re.search(expression, text)
    assert may_fit(expression, grams(text))


def test_a_text_without_the_needed_pieces_is_spared() -> None:
    assert not may_fit("사람.{0,9}(쓰러|기절)", grams("가로등이 꺼졌어요"))
    assert not may_fit("가나", grams("나가"))


def test_no_rule_loses_an_emergency_by_the_filter() -> None:
    lines = (Path(__file__).parent / "emergency_yes.txt").read_text(encoding="utf-8").split("\n")
    texts = [line.split("\t")[1].replace(" ", "") for line in lines if "\t" in line]
    parts = {part for rule in RULES for pattern in rule.patterns for part in pattern.all_of}
    for text in texts:
        present = grams(text)
        for part in parts:
            assert may_fit(part, present) or not re.search(part, text)


@pytest.mark.parametrize(
    "piece",
    ["12 ", "불 가스 사람이 ", "사람", "가", "사람이 집에서 ", "연기 불 ", "1", "누가 문을 "],
)
def test_a_hostile_text_takes_no_longer_than_its_length(piece: str) -> None:
    recognise(piece, RULES)
    started = time.process_time()
    recognise(piece * 6000, RULES)
    assert time.process_time() - started < 0.5
