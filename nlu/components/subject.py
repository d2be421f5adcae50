"""Finds which office a message names and what a question is about, by `korean`. Learns nothing, asks no city.

Departments of the city come from the file that SOTONG_CITY_FILE names while training and are kept in the
model; without it, offices are found by their form alone.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from korean.normalise import normalise
from korean.organizations import find_organizations
from korean.phrases import Phrase
from korean.topics import find_topics
from nlu.cities import city_file, read_departments
from nlu.components.city_words import hash_of_rules_and_city, keep_words, kept_words
from nlu.components.rasa_parts import refuse_unknown
from nlu.language import ANALYSED

ORGANIZATION = "organization"
TOPIC = "topic"
PLACE = "place"
NAMES = "departments.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SubjectExtractor(GraphComponent, EntityExtractorMixin):
    """Sets `organization`, its value the official name where the city has it, and in questions `topic`."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        names: dict[str, str] | None = None,
    ) -> None:
        refuse_unknown(config, self.get_default_config(), component="SubjectExtractor")
        self._intents = frozenset(config["topic_intents"])
        self._storage = model_storage
        self._resource = resource
        self._names = names or {}

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`topic_intents`: which intents have a topic; put the intent's classifier before this component."""
        return {"topic_intents": ["ask_policy", "ask_budget"]}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SubjectExtractor:
        """An extractor that is still to be told the departments of the city."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SubjectExtractor:
        """An extractor with the departments that the model was trained with."""
        names = kept_words(storage=model_storage, resource=resource, name=NAMES)
        return cls(config, model_storage, resource, names)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Of the rules and the names."""
        return hash_of_rules_and_city()

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the departments of the city in the model.

        Raises:
            Unusable: SOTONG_CITY_FILE names no compiled city.
        """
        path = city_file()
        self._names = read_departments(path) if path is not None else {}
        keep_words(self._names, storage=self._storage, resource=self._resource, name=NAMES)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to the entities of each message."""
        for message in messages:
            raw = (message.get(TEXT) or "")[:ANALYSED]
            before = message.get(ENTITIES) or []
            whole = normalise(raw)
            found = [
                _entity(ORGANIZATION, phrase, whole.raw_span(phrase.start, phrase.end))
                for phrase in find_organizations(whole.text, names=self._names)
            ]
            # 마포구청 앞 is a place; 마포구청 alone is an office, whatever else it is.
            found = [one for one in found if not any(_is_part_of(one, other) for other in before)]
            if (message.get(INTENT) or {}).get(INTENT_NAME_KEY) in self._intents:
                found += [
                    _entity(TOPIC, phrase, whole.raw_span(phrase.start, phrase.end))
                    for phrase in find_topics(whole.text)
                ]
            message.set(ENTITIES, before + self.add_extractor_name(found), add_to_output=True)
        return messages


def _entity(kind: str, phrase: Phrase, span: tuple[int, int]) -> dict[str, Any]:
    return {"entity": kind, "value": phrase.value, "start": span[0], "end": span[1]}


def _is_part_of(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether an office is only the beginning of a longer place."""
    inside = other["start"] <= one["start"] and one["end"] <= other["end"]
    longer = other["end"] - other["start"] > one["end"] - one["start"]
    return bool(other["entity"] == PLACE and inside and longer)
