"""Finds places in a message with `korean.places`. Holds no place knowledge of its own.

The names of the city come from the compiled city that SOTONG_CITY_FILE names (nlu.train sets it) and are
kept in the model; without it, places are found by their form alone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from korean.entities import find_place_entities
from nlu.cities import city_file, read_names
from nlu.components.city_words import hash_of_rules_and_city, keep_words, kept_words

PLACE = "place"
NAMES = "names.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PlaceExtractor(GraphComponent, EntityExtractorMixin):
    """Sets entity `place`: the longest phrase that a crew needs, without particles."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, names: Collection[str] = ()
    ) -> None:
        self._storage = model_storage
        self._resource = resource
        self._names = frozenset(names)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PlaceExtractor:
        """An extractor that is still to be told the names of the city."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> PlaceExtractor:
        """An extractor with the names that the model was trained with."""
        names = kept_words(storage=model_storage, resource=resource, name=NAMES)
        return cls(model_storage, resource, names)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Of the rules and the names."""
        return hash_of_rules_and_city()

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the names of the city in the model.

        Raises:
            Unusable: SOTONG_CITY_FILE names no compiled city.
        """
        path = city_file()
        names = read_names(path) if path is not None else ()
        self._names = frozenset(names)
        keep_words(names, storage=self._storage, resource=self._resource, name=NAMES)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to the entities of each message."""
        for message in messages:
            places = extract_places(message.get(TEXT) or "", names=self._names)
            found = self.add_extractor_name(places)
            message.set(ENTITIES, (message.get(ENTITIES) or []) + found, add_to_output=True)
        return messages


def extract_places(text: str, *, names: Collection[str] = frozenset()) -> list[dict[str, Any]]:
    """Places as Rasa entities; offsets refer to `text`."""
    return [
        {"entity": PLACE, "value": place.value, "start": place.start, "end": place.end}
        for place in find_place_entities(text, gazetteer=names)
    ]
