"""Reads and checks periods.yml: the kinds of matter and the duties. Must not count any period."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.city_checks import Entries
from app.city_models import CityModel, KindText, PeriodText, ServiceModel, Text
from app.city_yaml import Document, Problems
from core.clock import Duties, Period
from core.matters import LAW_MATTERS, LEGAL, MOST_DAYS, Matter, is_within_kind, is_within_law

Days = Annotated[int, Field(ge=1, le=366)]


class MatterModel(CityModel):
    """One kind of matter."""

    id: Text
    kind: KindText
    law: Text
    period: PeriodText | None = None


class DutiesModel(CityModel):
    """What the city owes beside the answer; the law's figures where it is silent."""

    receive_within_hours: Annotated[int, Field(ge=1, le=8)] = 8
    progress_every_days: Annotated[int, Field(ge=1, le=30)] = 30
    remind_hours_before: tuple[Annotated[int, Field(ge=1, le=400)], ...] = (8, 1)
    demand_every_days: Days = 5
    inspection_days: Annotated[int, Field(ge=1, le=14)] = 14
    inspection_more_days: Annotated[int, Field(ge=0, le=7)] = 7
    supplement_days: Days = 7
    supplement_again_days: Annotated[int, Field(ge=1, le=10)] = 10


class PeriodsModel(CityModel):
    """periods.yml"""

    kinds: tuple[MatterModel, ...]
    duties: DutiesModel = DutiesModel()


def make_matters(
    model: PeriodsModel, document: Document, *, problems: Problems
) -> tuple[Matter, ...]:
    """The kinds of matter; every mistake is noted."""
    known = {matter.id: matter for matter in LAW_MATTERS}
    seen: set[str] = set()
    for index, given in enumerate(model.kinds):
        where, label = ("kinds", index), f"kind '{given.id}'"
        if given.id in seen:
            problems.add(document, where, f"{label} stands twice")
        seen.add(given.id)
        if given.id not in known:
            names = ", ".join(known)
            problems.add(document, where, f"{label} is not a kind of matter (expected: {names})")
            continue
        if given.kind != known[given.id].kind:
            problems.add(document, where, f"{label} is of kind '{known[given.id].kind}'")
        if given.period is None and given.id != LEGAL:
            problems.add(document, where, f"{label} needs a period (the law: {given.law})")
        if given.period and not is_within_law(given.id, Period.parse(given.period)):
            problems.add(
                document,
                where,
                f"{label}: period {given.period} is longer than the law's {MOST_DAYS[given.id]}d",
            )
    for name in known:
        if name not in seen:
            problems.add(document, ("kinds",), f"kind '{name}' is missing")
    return tuple(Matter(one.id, one.kind, one.period, one.law) for one in model.kinds)


def make_duties(model: PeriodsModel) -> Duties:
    """The duties as the clock takes them."""
    return Duties(**model.duties.model_dump())


def check_services(services: Entries[ServiceModel], *, problems: Problems) -> None:
    """No service takes longer than the law gives its kind."""
    for service, spot in services:
        if not is_within_kind(service.kind, Period.parse(service.period)):
            problems.add(
                spot.document,
                (*spot.where, "period"),
                f"service '{service.code}': period {service.period} is longer than the law gives "
                f"a matter of kind {service.kind}",
            )
