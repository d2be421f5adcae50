"""The kinds of service that a description tells, the words that decide, and what makes lines kin."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.features import jamo_run_together, plain
from nlu.components.kinds import KindClassifier
from nlu.components.linear import LinearTextClassifier, Settings
from nlu.components.service import ServiceClassifier
from nlu.evaluation.families import families
from nlu.evaluation.scores import rejection
from nlu.evaluation.services import cross_validate_services, load_services, services_as_text
from nlu.model import ROOT, Unusable

WANTED = ("streetlight", "pothole", "noise_living", "roadkill")
TEXTS, CODES = zip(
    *(
        (text, code)
        for text, code in zip(*load_services(ROOT / "data"), strict=True)
        if code in WANTED
    ),
    strict=True,
)


def _trained(tmp_path: Path, messages: list[Message]) -> ServiceClassifier:
    storage, resource = LocalModelStorage.create(tmp_path), Resource("services")
    config = ServiceClassifier.get_default_config()
    component = ServiceClassifier.create(config, storage, resource, cast("Any", None))
    component.train(TrainingData(messages))
    return ServiceClassifier.load(config, storage, resource, cast("Any", None))


def _labelled() -> list[Message]:
    return [
        Message.build(text, "report_complaint", intent_metadata={"service_code": code})
        for text, code in zip(TEXTS, CODES, strict=True)
    ]


def test_a_stored_component_tells_the_kind_and_the_words_that_decided(tmp_path: Path) -> None:
    component = _trained(tmp_path, _labelled())
    message = Message.build("우리 동네 가로등이 나가서 밤길이 무서워요")
    component.process([message])
    first, *others = message.get("services")
    assert first["code"] == "streetlight"
    assert "가로등" in first["words"]
    assert sum(each["confidence"] for each in (first, *others)) == pytest.approx(1, abs=1e-2)
    assert "services" in message.as_dict(only_output_properties=True)


def test_words_that_the_training_data_lack_are_never_told(tmp_path: Path) -> None:
    """They may be somebody's name, and what is told outlives the message."""
    component = _trained(tmp_path, _labelled())
    message = Message.build("홍길동 씨네 개가 짖어요 ⟦전화1⟧")
    component.process([message])
    told = {word for kind in message.get("services") for word in kind["words"]}
    assert told
    assert not any("길동" in word or "⟦" in word for word in told)


def test_without_labelled_lines_nothing_is_told(tmp_path: Path) -> None:
    component = _trained(tmp_path, [Message.build("안녕", "greet"), Message.build("네", "affirm")])
    message = Message.build("가로등이 나갔어요")
    component.process([message])
    assert message.get("services") is None


def test_any_text_gets_an_answer() -> None:
    model = KindClassifier.fit(TEXTS, CODES)
    for text in ("", "😀", "\x00" * 20_000, "가로등이 나갔어요 " * 2000):
        found = model.kinds(text, most=8, words=3)
        assert len(found) == len(WANTED)
        assert all(len(kind.words) <= 3 for kind in found)


def test_a_setting_that_does_not_exist_is_named() -> None:
    with pytest.raises(InvalidConfigException, match="wrods"):
        ServiceClassifier({"wrods": 3}, cast("Any", None), Resource("x"))


def test_every_service_has_labelled_lines_and_no_other() -> None:
    listed = (ROOT / "city" / "services.yml").read_text(encoding="utf-8")
    _, codes = load_services(ROOT / "data")
    known = {line.split()[2] for line in listed.splitlines() if line.startswith("  - code: ")}
    assert set(codes) == known
    assert min(codes.count(code) for code in known) >= 25


def test_services_are_measured_on_lines_not_seen() -> None:
    found = cross_validate_services(TEXTS, CODES, folds=3)
    assert (found.examples, found.kinds) == (len(TEXTS), len(WANTED))
    assert 0.8 < found.top_1 <= found.top_3 <= 1
    assert "among three" in services_as_text(found)
    with pytest.raises(Unusable, match="labelled"):
        cross_validate_services(TEXTS[:1], CODES[:1])


def test_lines_of_one_template_are_kin_and_others_are_not() -> None:
    texts = [
        "포트홀 민원 접수됐는지 확인해 주시겠어요",
        "가로등 민원 접수됐는지 확인해 주시겠어요",
        "가로등민원접수됐는지확인해주시겠어요",
        "가로등 민원은 도대체 누가 맡고 있는 건지",
    ]
    one, other, squeezed, apart = families(texts, ["check_case"] * 4)
    assert one == other == squeezed != apart
    assert len(set(families(texts[:2], ["check_case", "report_complaint"]))) == 2
    assert families(["", "?"], ["greet", "greet"]) == families(["", "?"], ["greet", "greet"])


def test_rejection_compares_the_best_intent_with_out_of_scope() -> None:
    outside = np.array([False] * 20 + [True] * 10)
    inside_chance = np.where(outside, 0.1, 0.9)
    assert rejection(inside_chance, 1 - inside_chance, outside) == (1.0, 0.0)
    assert rejection(inside_chance, inside_chance, outside) == (0.5, 1.0)
    assert rejection(inside_chance, inside_chance, np.zeros(30, dtype=bool)) == (None, None)


def test_learning_typos_changes_nothing_but_what_is_learnt(tmp_path: Path) -> None:
    model = LinearTextClassifier(Settings(typos=0.1)).fit(TEXTS, CODES)
    model.save(tmp_path)
    again = LinearTextClassifier.load(tmp_path)
    assert again.settings.typos == 0.1
    assert np.allclose(again.probabilities(TEXTS), model.probabilities(TEXTS), atol=1e-4)


def test_letters_that_run_together_are_the_same_without_spaces(tmp_path: Path) -> None:
    assert jamo_run_together("길에 구멍이 났어요") == jamo_run_together("길에구멍이났어요")
    model = LinearTextClassifier(Settings(run_together=True, balance=1.3)).fit(TEXTS, CODES)
    model.save(tmp_path)
    again = LinearTextClassifier.load(tmp_path)
    assert (again.settings.run_together, again.settings.balance) == (True, 1.3)
    assert np.allclose(again.probabilities(TEXTS), model.probabilities(TEXTS), atol=1e-4)


def test_a_contact_reads_the_same_with_and_without_redaction() -> None:
    assert plain("010-1234-5678이요") == plain("⟦전화1⟧이요")
    assert plain("hong@example.com 으로요") == plain("⟦메일1⟧ 으로요")
    assert plain("2026-000123") != plain("⟦전화1⟧")
