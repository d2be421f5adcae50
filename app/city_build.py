"""Turns checked models of the files into core.city objects. Must not find mistakes any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app import city_models as models
from app.city_boundaries import Boundaries
from app.city_checks import GU_OFFICE
from core.case_likeness import FLAG_RULES, FlagRules
from core.city import (
    City,
    Condition,
    Department,
    EmergencyRule,
    EmergencyScoring,
    Gu,
    Hotline,
    Jurisdiction,
    Nearness,
    Neighbour,
    Place,
    Question,
    Rule,
    Service,
    Way,
)
from core.clock import Duties, WorkCalendar
from core.consent_texts import ConsentText
from core.geo import Polygon, make_shape
from core.matters import TALK, Matter
from core.publishing_rules import ALWAYS, PublishingRules
from core.retention_rules import RetentionRule
from core.texts import Texts


def make_city(
    *,
    jurisdiction: models.JurisdictionModel,
    boundaries: Boundaries,
    departments: Sequence[models.DepartmentModel],
    gus: Sequence[models.GuModel],
    groups: Mapping[str, str],
    services: Sequence[models.ServiceModel],
    rules: Sequence[tuple[models.RuleModel, str]],
    places: Sequence[models.PlaceModel],
    neighbours: Sequence[models.NeighbourModel],
    hotlines: Sequence[models.CallCentreModel],
    emergency: tuple[EmergencyRule, ...],
    calendar: WorkCalendar,
    matters: tuple[Matter, ...],
    duties: Duties,
    texts: Texts,
    retention: tuple[RetentionRule, ...] = (),
    consents: tuple[ConsentText, ...] = (),
    publishing: PublishingRules = ALWAYS,
    flag_rules: FlagRules = FLAG_RULES,
    emergency_scoring: EmergencyScoring | None = None,
) -> City:
    """Build the city. The office of each gu becomes a department with the id gu-<id>.

    Each rule comes with where it stands.
    """
    promise = next(one.period for one in matters if one.id == TALK) or ""
    return City(
        jurisdiction=_jurisdiction(jurisdiction, boundaries, promise=promise),
        departments=(
            *(_department(model) for model in departments),
            *(_gu_office(model, jurisdiction) for model in gus),
        ),
        services=tuple(_service(model) for model in services),
        rules=tuple(_rule(model, source=source) for model, source in rules),
        gus=tuple(
            Gu(model.id, model.name, model.aliases, gu_office_id(model.id), model.dongs)
            for model in gus
        ),
        places=tuple(
            Place(model.name, model.aliases, model.gus, model.lat, model.long) for model in places
        ),
        neighbours=tuple(
            Neighbour(model.name, model.aliases, model.phone, model.lat, model.long)
            for model in neighbours
        ),
        calendar=calendar,
        matters=matters,
        duties=duties,
        texts=texts,
        emergency=emergency,
        emergency_scoring=emergency_scoring,
        hotlines=tuple(_hotline(model) for model in hotlines),
        groups=dict(groups),
        retention=retention,
        consents=consents,
        flag_rules=flag_rules,
        publishing=publishing,
    )


def gu_office_id(gu_id: str) -> str:
    """The department id of a gu's office."""
    return f"gu-{gu_id}"


def _jurisdiction(
    model: models.JurisdictionModel, boundaries: Boundaries, *, promise: str
) -> Jurisdiction:
    outline = make_shape([Polygon(tuple(model.outline))]) if model.outline is not None else None
    return Jurisdiction(
        id=model.id,
        name=model.name,
        short_names=model.short_names,
        sample=model.sample,
        notice=model.notice,
        call_centre=_hotline(model.call_centre),
        website=model.website,
        promise_period=promise,
        outline=outline,
        gu_areas=boundaries.gu,
        dong_areas=boundaries.dong,
    )


def _department(model: models.DepartmentModel) -> Department:
    return Department(
        id=model.id,
        name=model.name,
        phone=model.phone,
        email=model.email,
        hours=model.hours,
        intro=model.intro,
        phone_note=model.phone_note or "",
        way=_way(model.way, email=model.email),
    )


def _way(model: models.WayModel | None, *, email: str) -> Way:
    if model is None or model.kind == "none":
        return Way()
    return Way(
        kind=model.kind,
        address=model.address or email,
        needs_contact=model.needs_contact,
        needs=model.needs,
        tolerates_repeats=model.tolerates_repeats,
        inner_networks=model.inner_networks,
        http_hosts=model.http_hosts,
    )


def _gu_office(model: models.GuModel, jurisdiction: models.JurisdictionModel) -> Department:
    domain = jurisdiction.id if "." in jurisdiction.id else f"{jurisdiction.id}.example"
    email = model.email or f"{model.id}@{domain}"
    return Department(
        id=gu_office_id(model.id),
        name=f"{model.name}청",
        phone=model.phone,
        email=email,
        hours=model.hours,
        intro=model.intro or f"{model.name} 안의 동네 일을 맡아요.",
        phone_note=model.phone_note or f"{model.name}청 연결이라고 말씀하세요.",
        gu=model.name,
        way=_way(model.way, email=email),
    )


def _service(model: models.ServiceModel) -> Service:
    return Service(
        code=model.code,
        name=model.name,
        group=model.group,
        keywords=model.keywords,
        kind=model.kind,
        period=model.period,
        department_id=model.department,
        questions=tuple(
            Question(
                question.id, question.text, question.choices or (), question.required, question.told
            )
            for question in model.questions
        ),
        related=model.related,
        photo_helps=model.photo_helps,
        description=model.description or "",
        needs=model.needs,
        nearness=Nearness(model.near.metres, model.near.days) if model.near else None,
    )


def _rule(model: models.RuleModel, *, source: str) -> Rule:
    when = model.when
    return Rule(
        id=model.id,
        when=Condition(
            service_codes=when.services,
            groups=when.groups,
            gus=when.gus,
            keywords=when.keywords,
            gu_known=when.gu_known,
        ),
        department_id=None if model.department == GU_OFFICE else model.department,
        why=model.why,
        source=source,
    )


def _hotline(model: models.CallCentreModel) -> Hotline:
    return Hotline(model.number, model.name, model.about, model.always)
