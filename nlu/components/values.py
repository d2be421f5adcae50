"""Finds sums of money, dates and times by `korean`, with their values. Works out no day from a model's clock.

A relative date (어제) is seen from the day on which the message arrived, which the turn channel says in the
metadata (`arrived_at`, aware ISO 8601); without it from today. Days are those of `timezone`.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

import korean
from korean.entities import find_values
from nlu.components.rasa_parts import refuse_unknown


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ValueExtractor(GraphComponent, EntityExtractorMixin):
    """Sets `amount` (won, an integer), `date` (YYYY-MM-DD, YYYY-MM, YYYY) and `time` (HH:MM).

    The value is null where the words name none (지난주, 다음 달 말, 7시).
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`timezone`: whose days count, by its name in the IANA database."""
        return {"timezone": "Asia/Seoul"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ValueExtractor:
        """Made by Rasa, in training and when a model is loaded.

        Raises:
            InvalidConfigException: there is no such setting or time zone.
        """
        refuse_unknown(config, cls.get_default_config(), component="ValueExtractor")
        name = str(config["timezone"])
        try:
            return cls(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError):
            raise InvalidConfigException(
                f"the timezone {name!r} of ValueExtractor in config.yml does not exist."
            ) from None

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The rules live in `korean`, which Rasa's training cache does not see."""
        return hash_of_rules()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to the entities of each message, apart from longer ones found before."""
        for message in messages:
            before = message.get(ENTITIES) or []
            today = self._day_of(message.get("metadata") or {})
            found = [
                entity
                for entity in extract_values(message.get(TEXT) or "", today=today)
                if not any(_covers(other, entity) for other in before)
            ]
            entities = before + self.add_extractor_name(found)
            message.set(ENTITIES, entities, add_to_output=True)
        return messages

    def _day_of(self, metadata: dict[str, Any]) -> date:
        arrived = metadata.get("arrived_at")
        if isinstance(arrived, str):
            try:
                return datetime.fromisoformat(arrived).astimezone(self._zone).date()
            except (ValueError, OverflowError):
                pass  # as if it were not said: a wrong time must not lose the message
        return datetime.now(self._zone).date()


def hash_of_rules() -> str:
    """SHA-256 of all of `korean`."""
    digest = hashlib.sha256()
    for path in sorted(Path(korean.__path__[0]).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def extract_values(text: str, *, today: date) -> list[dict[str, Any]]:
    """Sums, dates and times as Rasa entities; offsets refer to `text`."""
    return [
        {"entity": each.kind, "value": each.value, "start": each.start, "end": each.end}
        for each in find_values(text, today=today)
    ]


def _covers(other: dict[str, Any], entity: dict[str, Any]) -> bool:
    """Whether an entity found before holds all of this one: the 4.19 of 4.19사거리."""
    return bool(other["start"] <= entity["start"] and entity["end"] <= other["end"])
