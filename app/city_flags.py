"""Shape of city/flags.yml: when officers are shown that reports may belong together. Must not compare any."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.city_models import CityModel
from core.case_likeness import FlagRule, FlagRules


class FlagModel(CityModel):
    """One kind of flag; distances in metres, likeness from 0 (nothing in common) to 1 (the same words)."""

    at: Annotated[int, Field(ge=2, le=1000)]
    within_days: Annotated[int, Field(ge=1, le=3650)]
    near_metres: Annotated[int, Field(ge=1, le=5000)]
    likeness: Annotated[float, Field(ge=0.3, le=1)]


class FlagsModel(CityModel):
    """flags.yml"""

    repeat: FlagModel
    joint: FlagModel


def make_flag_rules(model: FlagsModel) -> FlagRules:
    """The thresholds as core takes them."""
    return FlagRules(
        repeat=FlagRule(**model.repeat.model_dump()), joint=FlagRule(**model.joint.model_dump())
    )
