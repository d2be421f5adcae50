"""Finds what has a fixed written form: case numbers and contact tokens. Reads no dates and no sums.

A case number is put into its one form; a token stays as written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

CASE_NUMBER = re.compile(r"(?<![\d-])(20\d{2})\s?[-–—]\s?(\d{6})(?![\d-])")
CONTACT = re.compile(r"⟦(?:전화|메일)\d+⟧")


def _as_written(match: re.Match[str]) -> str:
    return match.group()


def _case_number(match: re.Match[str]) -> str:
    return f"{match[1]}-{match[2]}"


# In this order: what an earlier pattern took is not offered to a later one.
PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    ("contact", CONTACT, _as_written),
    ("case_number", CASE_NUMBER, _case_number),
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PatternExtractor(GraphComponent, EntityExtractorMixin):
    """Sets the entities case_number and contact."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PatternExtractor:
        """Made by Rasa, in training and when a model is loaded."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to the entities of each message."""
        for message in messages:
            found = self.add_extractor_name(extract_patterns(message.get(TEXT) or ""))
            message.set(ENTITIES, (message.get(ENTITIES) or []) + found, add_to_output=True)
        return messages


def extract_patterns(text: str) -> list[dict[str, Any]]:
    """Entities in the order of their place in `text`, without overlaps."""
    found: list[dict[str, Any]] = []
    for entity, pattern, value in PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if all(end <= other["start"] or other["end"] <= start for other in found):
                found.append({"entity": entity, "value": value(match), "start": start, "end": end})
    return sorted(found, key=lambda item: item["start"])
