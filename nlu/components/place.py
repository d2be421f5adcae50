"""Finds places in a message with `korean.places`. Holds no place knowledge of its own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

import korean
from korean.places import find_places

PLACE = "place"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceExtractor(GraphComponent, EntityExtractorMixin):
    """Sets entity `place`: the longest phrase that a crew needs, without particles."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PlaceExtractor:
        """Made by Rasa, in training and when a model is loaded."""
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The rules live in `korean`, which Rasa's training cache does not see."""
        digest = hashlib.sha256()
        for path in sorted(Path(korean.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to the entities of each message."""
        for message in messages:
            found = self.add_extractor_name(extract_places(message.get(TEXT) or ""))
            message.set(ENTITIES, (message.get(ENTITIES) or []) + found, add_to_output=True)
        return messages


def extract_places(text: str) -> list[dict[str, Any]]:
    """Places as Rasa entities; offsets refer to `text`."""
    return [
        {"entity": PLACE, "value": span.text, "start": span.start, "end": span.end}
        for span in find_places(text)
    ]
