"""Finds what has a fixed written form: case numbers, contact tokens, simple dates and times.

Values stay as written (a case number is put into its one form); working out which day "어제" was
is not done here.
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
DATE = re.compile(
    r"(?<!\d)20\d{2}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}(?!\d)일?"
    r"|(?<!\d)\d{1,2}월\s?\d{1,2}일"
    r"|(?<![\d월년])\d{1,3}(?:일|주|주일|달|개월)\s?전"
    r"|그저께|그제|어제|오늘|내일|모레|지난주|이번\s?주|다음\s?주|지난달"
    r"|[월화수목금토일]요일"
)
TIME = re.compile(
    r"(?:(?:오전|오후|새벽|아침|저녁|밤|낮)\s?)?(?<!\d)\d{1,2}시(?!청)(?:\s?(?:\d{1,2}분|반))?"
    r"|(?<!\d)(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)"
    r"|오전|오후|새벽"
)


def _as_written(match: re.Match[str]) -> str:
    return match.group()


def _case_number(match: re.Match[str]) -> str:
    return f"{match[1]}-{match[2]}"


# In this order: what an earlier pattern took is not offered to a later one.
PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    ("contact", CONTACT, _as_written),
    ("case_number", CASE_NUMBER, _case_number),
    ("date", DATE, _as_written),
    ("time", TIME, _as_written),
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PatternExtractor(GraphComponent, EntityExtractorMixin):
    """Sets the entities case_number, contact, date and time."""

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
