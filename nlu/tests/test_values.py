"""Sums, dates, times and places in a message, through Rasa's own graph interface, without a server."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import cities
from nlu.cities import read_departments, read_names
from nlu.components.pattern import PatternExtractor
from nlu.components.place import PlaceExtractor
from nlu.components.subject import SubjectExtractor
from nlu.components.values import ValueExtractor, extract_values
from nlu.model import Unusable

CONTEXT = ExecutionContext(GraphSchema({}))


def _made(component: Any, tmp_path: Path, **settings: Any) -> Any:
    storage = LocalModelStorage.create(tmp_path)
    config = {**component.get_default_config(), **settings}
    return component.create(config, storage, Resource("it"), CONTEXT)


def _values(extractor: Any, text: str, **metadata: Any) -> list[tuple[str, Any]]:
    message = Message({TEXT: text, "metadata": metadata})
    extractor.process([message])
    return [(entity["entity"], entity["value"]) for entity in message.get(ENTITIES)]


def test_values_are_what_a_program_can_use() -> None:
    found = extract_values("어제 오후 3시에 3만 5천원 냈어요", today=date(2026, 11, 30))
    assert [(entity["entity"], entity["value"]) for entity in found] == [
        ("date", "2026-11-29"),
        ("time", "15:00"),
        ("amount", 35_000),
    ]


def test_a_date_is_not_part_of_a_case_number() -> None:
    found = extract_values("2026-000123, 2026-01-02", today=date(2026, 11, 30))
    assert [(entity["entity"], entity["value"]) for entity in found] == [("date", "2026-01-02")]


def test_a_message_that_waited_is_read_on_the_day_it_arrived(tmp_path: Path) -> None:
    extractor = _made(ValueExtractor, tmp_path)
    # 16:00 UTC is the next day in Seoul.
    arrived = "2026-11-29T16:00:00+00:00"
    assert _values(extractor, "어제요", arrived_at=arrived) == [("date", "2026-11-29")]


@pytest.mark.parametrize("arrived", [None, "", "soon", 17, "9999-12-31T23:59:59+00:00"])
def test_a_wrong_time_of_arrival_loses_no_message(tmp_path: Path, arrived: Any) -> None:
    extractor = _made(ValueExtractor, tmp_path)
    assert [kind for kind, _ in _values(extractor, "어제요", arrived_at=arrived)] == ["date"]


def test_what_names_no_exact_value_has_none(tmp_path: Path) -> None:
    extractor = _made(ValueExtractor, tmp_path)
    assert _values(extractor, "지난주 7시에") == [("date", None), ("time", None)]


def test_a_time_zone_or_setting_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="Asia/Soul"):
        _made(ValueExtractor, tmp_path, timezone="Asia/Soul")
    with pytest.raises(InvalidConfigException, match="zone is no setting"):
        _made(ValueExtractor, tmp_path, zone="Asia/Seoul")


def test_of_two_readings_the_longer_one_found_before_stays(tmp_path: Path) -> None:
    message = Message({TEXT: "수유동 4.19에 사거리", "metadata": {}})
    place = {"entity": "place", "value": "수유동 4.19", "start": 0, "end": 8}
    message.set(ENTITIES, [place])
    _made(ValueExtractor, tmp_path).process([message])
    assert message.get(ENTITIES) == [place]


def test_case_numbers_keep_their_extractor(tmp_path: Path) -> None:
    storage = LocalModelStorage.create(tmp_path)
    extractor = PatternExtractor.create({}, storage, Resource("it"), CONTEXT)
    assert _values(extractor, "2026-000123") == [("case_number", "2026-000123")]


CITY = {
    "format": 1,
    "gus": [{"name": "한빛구", "aliases": ["한빛"], "dongs": ["은하동"]}],
    "places": [{"name": "까치고개쉼", "aliases": []}],
}


def test_the_names_of_the_city_are_kept_in_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "city.json"
    file.write_text(json.dumps(CITY), encoding="utf-8")
    monkeypatch.setenv(cities.VARIABLE, str(file))
    (tmp_path / "model").mkdir()
    storage = LocalModelStorage.create(tmp_path / "model")
    resource = PlaceExtractor.create({}, storage, Resource("place"), CONTEXT).train(TrainingData())
    monkeypatch.delenv(cities.VARIABLE)
    loaded = PlaceExtractor.load({}, storage, resource, CONTEXT)
    assert _values(loaded, "까치고개쉼 어두워요") == [("place", "까치고개쉼")]


def test_without_a_city_places_are_found_by_their_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cities.VARIABLE, raising=False)
    storage = LocalModelStorage.create(tmp_path)
    resource = PlaceExtractor.create({}, storage, Resource("place"), CONTEXT).train(TrainingData())
    loaded = PlaceExtractor.load({}, storage, resource, CONTEXT)
    assert _values(loaded, "강남역 11번 출구 앞이요") == [("place", "강남역 11번 출구 앞")]
    assert _values(loaded, "까치고개쉼 어두워요") == []


@pytest.mark.parametrize("content", [None, "{}", "[", '{"format": 2}', '{"format": 1, "gus": 3}'])
def test_a_city_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "city.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(Unusable, match=r"city\.json"):
        read_names(file)


def test_an_office_has_its_official_name_and_only_a_question_has_a_topic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = tmp_path / "city.json"
    departments = [{"id": "environment", "name": "환경과(소음·악취)"}]
    city.write_text(json.dumps({"format": 1, "departments": departments}), encoding="utf-8")
    monkeypatch.setenv(cities.VARIABLE, str(city))
    assert read_departments(city) == {"환경과": "환경과(소음·악취)"}
    extractor = _made(SubjectExtractor, tmp_path)
    extractor.train(TrainingData())
    again = SubjectExtractor.load(
        SubjectExtractor.get_default_config(), extractor._storage, extractor._resource, CONTEXT
    )
    text = "\u200b환경과에 소음 지원금 물어봤어요"
    for intent, wanted in (
        ("ask_policy", [("organization", "환경과(소음·악취)"), ("topic", "소음 지원금")]),
        ("report_complaint", [("organization", "환경과(소음·악취)")]),
    ):
        message = Message({TEXT: text, "intent": {"name": intent, "confidence": 1.0}})
        again.process([message])
        found = message.get(ENTITIES)
        assert [(entity["entity"], entity["value"]) for entity in found] == wanted
        assert text[found[0]["start"] : found[0]["end"]] == "환경과"


def test_an_office_that_begins_a_place_is_no_office(tmp_path: Path) -> None:
    text = "마포구청 앞 도로가 패였어요"
    message = Message({TEXT: text})
    message.set(ENTITIES, [{"entity": "place", "value": "마포구청 앞", "start": 0, "end": 6}])
    _made(SubjectExtractor, tmp_path).process([message])
    assert [entity["entity"] for entity in message.get(ENTITIES)] == ["place"]


def test_a_wrong_setting_of_subjects_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="topics"):
        _made(SubjectExtractor, tmp_path, topics=[])
