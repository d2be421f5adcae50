"""What the components find in a message, without a server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlu.components.features import jamo, plain
from nlu.components.linear import VOCABULARY, WEIGHTS, LinearTextClassifier
from nlu.components.pattern import extract_patterns
from nlu.evaluation.cross import cross_validate, load_examples
from nlu.tests.conftest import BOT

EXAMPLES = load_examples(BOT / "data")


def _found(text: str) -> list[tuple[str, str]]:
    found = extract_patterns(text)
    for entity in found:
        assert entity["start"] < entity["end"] <= len(text)
    return [(entity["entity"], entity["value"]) for entity in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-000123 어떻게 됐나요", [("case_number", "2026-000123")]),
        ("접수번호는 2026 - 000123이요", [("case_number", "2026-000123")]),
        ("02-2026-000123", []),
        ("2026-0001234", []),
        ("⟦전화1⟧로 연락 주세요, ⟦메일2⟧도 돼요", [("contact", "⟦전화1⟧"), ("contact", "⟦메일2⟧")]),
        ("어제 오후 3시 반에요", []),
        ("서울시청 앞", []),
        ("2시청역", []),
        ("가로등이 고장났어요", []),
        ("", []),
    ],
)
def test_written_forms_are_found(text: str, found: list[tuple[str, str]]) -> None:
    assert _found(text) == found


def test_features_forget_what_does_not_matter() -> None:
    assert plain("  ＡＢＣ\n 12,345 ㅋㅋㅋㅋㅋ ⟦전화12⟧") == "abc 0,0 ㅋㅋ ⟦⟧".replace(
        "ㅋ", plain("ㅋ")
    )
    assert jamo("각") == "\u1100\u1161\u11a8"


def test_a_name_or_a_plate_reads_like_an_ordinary_word_and_not_like_a_contact() -> None:
    assert plain("⟦이름1⟧ ⟦차량2⟧ ⟦전화1⟧ [여권번호 삭제]") == plain("시민 차 ⟦메일1⟧")
    model = LinearTextClassifier().fit(*EXAMPLES)
    said = ["제 이름은 ⟦이름1⟧이고 가로등이 고장났어요", "⟦차량1⟧ 불법주차 신고해요"]
    rows = model.probabilities(said)
    assert [model.labels[i] for i in rows.argmax(axis=1)] == ["report_complaint"] * 2


def test_probabilities_are_true_probabilities_and_survive_storage(tmp_path: Path) -> None:
    texts, intents = EXAMPLES
    model = LinearTextClassifier().fit(texts, intents)
    rows = model.probabilities([*texts, "전혀 다른 말", ""])
    assert np.allclose(rows.sum(axis=1), 1.0)
    assert [model.labels[i] for i in rows[: len(texts)].argmax(axis=1)] == intents
    model.save(tmp_path)
    again = LinearTextClassifier.load(tmp_path)
    assert again.labels == model.labels
    assert np.allclose(again.probabilities(texts), rows[: len(texts)], atol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == [VOCABULARY, WEIGHTS]


def test_two_intents_are_enough() -> None:
    model = LinearTextClassifier().fit(["네", "예", "아니요", "아뇨"], ["yes", "yes", "no", "no"])
    rows = model.probabilities(["네", "아니요"])
    assert [model.labels[i] for i in rows.argmax(axis=1)] == ["yes", "no"]
    assert np.allclose(rows.sum(axis=1), 1.0)


def test_a_text_without_a_known_letter_is_not_known() -> None:
    model = LinearTextClassifier().fit(*EXAMPLES)
    assert not model.knows("😀😀")
    assert model.knows("가로등")


def test_cross_validation_predicts_unseen_examples() -> None:
    report = cross_validate(*EXAMPLES, folds=3)
    assert report.examples == len(EXAMPLES[0])
    # Far better than the eighth that guessing gives, and not by heart.
    assert 0.3 < report.accuracy < 1.0
    assert sum(row.messages for row in report.bins) == report.examples
