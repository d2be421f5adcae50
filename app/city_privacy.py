"""Shapes of city/retention.yml and city/consents.yml, and what the program needs of them. Must not erase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.city_checks import Spot
from app.city_models import Identifier, Text, Words
from app.city_yaml import Problems
from core.consent_texts import KINDS, ConsentText
from core.retention import HANDLERS
from core.retention_rules import RetentionRule

# Kinds that have no table: dialogue.retention and app.retention treat them.
BESIDE_TABLES = ("rasa_trackers", "logs")


class RetentionModel(BaseModel):
    """One kind of record in retention.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Identifier
    title: Text
    tables: tuple[Identifier, ...]
    days: Annotated[int, Field(ge=1, le=36500)] | None = None
    start: Text
    ground: Text
    action: Literal["erase", "delete", "anonymise", "keep", "outside"]
    note: str = ""
    follows: Identifier | None = None


class ConsentModel(BaseModel):
    """One consent in consents.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["notice", "contact", "abroad", "guardian"]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.-]{1,20}$")]
    title: Text
    short: Annotated[Text, Field(max_length=120)]
    items: Text
    purpose: Text
    retention: Text
    refusal: Text
    abroad: str = ""
    channels: Words = ()


def retention_rules(
    entries: Sequence[tuple[RetentionModel, Spot]], *, problems: Problems
) -> tuple[RetentionRule, ...]:
    """The rules; notes a kind that has a period and that nothing treats."""
    rules = tuple(RetentionRule(**model.model_dump()) for model, _ in entries)
    kinds = {rule.kind for rule in rules}
    for rule, (_, spot) in zip(rules, entries, strict=True):
        if rule.is_timed and rule.kind not in (*HANDLERS, *BESIDE_TABLES):
            problems.add(spot.document, spot.where, f"nothing treats the kind '{rule.kind}'")
        if rule.follows is not None and rule.follows not in kinds:
            problems.add(spot.document, spot.where, f"there is no kind '{rule.follows}' to follow")
        if rule.action not in ("keep", "outside") and rule.days is None:
            problems.add(spot.document, spot.where, f"'{rule.kind}' needs days")
    return rules


def consent_texts(
    entries: Sequence[tuple[ConsentModel, Spot]], *, problems: Problems, name: str
) -> tuple[ConsentText, ...]:
    """The texts; notes a kind that is missing."""
    texts = tuple(ConsentText(**model.model_dump()) for model, _ in entries)
    for missing in set(KINDS) - {text.kind for text in texts} if entries else ():
        problems.add_at(name, 0, f"the consent '{missing}' is missing")
    return texts
