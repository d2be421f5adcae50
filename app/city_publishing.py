"""Shape of city/publishing.yml: quiet hours and election blackouts. Must not decide what goes out."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Self

from pydantic import Field, model_validator

from app.city_models import CityModel
from core.publishing_rules import Blackout, PublishingRules


class QuietModel(CityModel):
    """Hours in Seoul, over midnight too; written "21:00"."""

    begin: time
    end: time


class BlackoutModel(CityModel):
    """Both days are included."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    first: date
    last: date
    law: Annotated[str, Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("it ends before it begins")
        return self


class PublishingModel(CityModel):
    """publishing.yml"""

    quiet: QuietModel | None = None
    blackouts: tuple[BlackoutModel, ...] = ()


def make_publishing_rules(model: PublishingModel) -> PublishingRules:
    """The calendar as core takes it."""
    return PublishingRules(
        quiet_from=model.quiet.begin if model.quiet else None,
        quiet_until=model.quiet.end if model.quiet else None,
        blackouts=tuple(Blackout(**each.model_dump()) for each in model.blackouts),
    )
