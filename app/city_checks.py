"""Checks between the files of a city: names that must exist, names that must be unique, texts.

Must not read files; notes each mistake with its file and line.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from app import city_models as models
from app.city_yaml import Document, Problems, Where
from core.texts import REQUIRED, placeholders_of

GU_OFFICE = "gu-office"
M = TypeVar("M", bound=BaseModel)


class Spot(NamedTuple):
    """Where an entry stands."""

    document: Document
    where: Where


Entries = Sequence[tuple[M, Spot]]


class Names(NamedTuple):
    """Names that the files give, also those of entries with other mistakes.

    None stands for a file that could not be read: then nothing is said about its names, because
    one broken file must not bury its own message under a hundred others.
    """

    departments: Collection[str] | None
    groups: Collection[str] | None
    services: Collection[str] | None
    gus: Collection[str] | None


def check_unique(entries: Entries[M], *, key: str, noun: str, problems: Problems) -> None:
    """Each id, code or name stands once."""
    first: dict[object, Spot] = {}
    for model, spot in entries:
        value = getattr(model, key)
        if value in first:
            before = first[value].document.line(first[value].where)
            problems.add(
                spot.document,
                spot.where,
                f"{noun} '{value}': this {key} was already used on line {before}",
            )
        first.setdefault(value, spot)


def check_references(
    *,
    departments: Entries[models.DepartmentModel],
    gus: Entries[models.GuModel],
    services: Entries[models.ServiceModel],
    rules: Entries[models.RuleModel],
    places: Entries[models.PlaceModel],
    names: Names,
    problems: Problems,
) -> None:
    """Names that one file uses must exist in the other; the last rule must take the rest."""
    for department, spot in departments:
        if department.id == GU_OFFICE or department.id.startswith("gu-"):
            _note(problems, spot, ("id",), f"department '{department.id}': gu- is kept for gus")
    _check_gu_names(gus, problems)
    for service, spot in services:
        label = f"service '{service.code}'"
        _known(
            service.department,
            names.departments,
            problems=problems,
            spot=spot,
            at=("department",),
            label=label,
            noun="department",
            file="departments.yml",
        )
        _known(
            service.group,
            names.groups,
            problems=problems,
            spot=spot,
            at=("group",),
            label=label,
            noun="group",
            file="groups in services.yml",
        )
        for index, related in enumerate(service.related):
            _known(
                related,
                names.services,
                problems=problems,
                spot=spot,
                at=("related", index),
                label=label,
                noun="service",
                file="services.yml",
            )
        _check_questions(service, spot, problems)
        for index, keyword in enumerate(service.keywords):
            if keyword in service.keywords[:index]:
                _note(
                    problems,
                    spot,
                    ("keywords", index),
                    f"{label}: keyword '{keyword}' stands twice",
                )
    for rule, spot in rules:
        label = f"rule '{rule.id}'"
        if rule.department == GU_OFFICE:
            if rule.when.gu_known is not True and not rule.when.gus:
                _note(
                    problems,
                    spot,
                    ("department",),
                    f"{label}: gu-office needs 'gu_known: true' or 'gus' in its condition",
                )
        else:
            _known(
                rule.department,
                names.departments,
                problems=problems,
                spot=spot,
                at=("department",),
                label=label,
                noun="department",
                file="departments.yml",
            )
        for field, given, known, noun in (
            ("services", rule.when.services, names.services, "service"),
            ("groups", rule.when.groups, names.groups, "group"),
            ("gus", rule.when.gus, names.gus, "gu"),
        ):
            for index, name in enumerate(given):
                _known(
                    name,
                    known,
                    problems=problems,
                    spot=spot,
                    at=("when", field, index),
                    label=label,
                    noun=noun,
                    file="gus.yml" if noun == "gu" else "services.yml",
                )
    _check_default(rules, problems)
    for place, spot in places:
        for index, name in enumerate(place.gus):
            _known(
                name,
                names.gus,
                problems=problems,
                spot=spot,
                at=("gus", index),
                label=f"place '{place.name}'",
                noun="gu",
                file="gus.yml",
            )


def check_texts(documents: Sequence[Document], *, name: str, problems: Problems) -> dict[str, str]:
    """Every required text stands once, with exactly its placeholders; nothing else stands there."""
    found: dict[str, str] = {}
    places: dict[str, str] = {}
    for document in documents:
        if not isinstance(document.data, dict):
            problems.add(document, (), "expected lines of the form key: text")
            continue
        for key, value in document.data.items():
            here = f"{document.name}:{document.line((key,))}"
            if key in places:
                problems.add(document, (key,), f"text '{key}' was already given at {places[key]}")
                continue
            places[key] = here
            if key not in REQUIRED:
                problems.add(
                    document,
                    (key,),
                    f"text '{key}' is not used (expected a key of REQUIRED in core/texts.py)",
                )
            elif _check_text(document, key, value, problems):
                found[key] = value.strip()
    for key in sorted(REQUIRED.keys() - places.keys()):
        names = ", ".join(f"{{{item}}}" for item in sorted(REQUIRED[key])) or "no placeholders"
        problems.add_at(
            name, 0, f"text '{key}' is missing (expected in one of *.yml, with {names})"
        )
    return found


def _check_text(document: Document, key: str, value: object, problems: Problems) -> bool:
    at = (key,)
    if not isinstance(value, str) or not value.strip():
        problems.add(document, at, f"text '{key}': expected a sentence")
        return False
    if len(value) > models.MAX_TEXT:
        problems.add(
            document,
            at,
            f"text '{key}' has {len(value)} characters (expected at most {models.MAX_TEXT})",
        )
    try:
        names = placeholders_of(value)
    except ValueError as error:
        problems.add(document, at, f"text '{key}': {error}")
        return False
    for extra in sorted(names - REQUIRED[key]):
        allowed = ", ".join(sorted(REQUIRED[key])) or "none"
        problems.add(
            document,
            at,
            f"text '{key}': {{{extra}}} is not a placeholder here (expected: {allowed})",
        )
    for missing in sorted(REQUIRED[key] - names):
        problems.add(document, at, f"text '{key}': {{{missing}}} is missing in the sentence")
    return names == REQUIRED[key]


def _check_gu_names(gus: Entries[models.GuModel], problems: Problems) -> None:
    owner: dict[str, str] = {}
    for gu, spot in gus:
        for at, name in ((("name",), gu.name), *((("aliases",), alias) for alias in gu.aliases)):
            if name in owner and owner[name] != gu.name:
                _note(problems, spot, at, f"gu '{gu.name}': '{name}' already means {owner[name]}")
            elif name in owner:
                _note(problems, spot, at, f"gu '{gu.name}': '{name}' stands twice")
            owner.setdefault(name, gu.name)


def _check_questions(service: models.ServiceModel, spot: Spot, problems: Problems) -> None:
    seen: set[str] = set()
    for index, question in enumerate(service.questions):
        label = f"service '{service.code}', question '{question.id}'"
        at = ("questions", index)
        if question.id in seen:
            _note(problems, spot, at, f"{label}: this id was already used")
        seen.add(question.id)
        for choice in question.told:
            if choice not in (question.choices or ()):
                _note(problems, spot, (*at, "told"), f"{label}: '{choice}' is none of its choices")
        if question.choices is None:
            if question.required:
                _note(
                    problems,
                    spot,
                    at,
                    f"{label}: a required question needs choices, so that nobody gets stuck "
                    "(expected choices: [..] or required: false)",
                )
            continue
        if not 2 <= len(question.choices) <= 9:
            _note(
                problems,
                spot,
                (*at, "choices"),
                f"{label} has {len(question.choices)} choices (expected 2 to 9)",
            )
        if len(set(question.choices)) != len(question.choices):
            _note(problems, spot, (*at, "choices"), f"{label}: a choice stands twice")


def _check_default(rules: Entries[models.RuleModel], problems: Problems) -> None:
    if not rules:
        return
    empty = models.WhenModel()
    for rule, spot in rules[:-1]:
        if rule.when == empty:
            _note(
                problems,
                spot,
                ("when",),
                f"rule '{rule.id}' always fits, so the rules after it can never be reached "
                "(expected a condition; only the last rule has none)",
            )
    last, spot = rules[-1]
    if last.when != empty or last.department == GU_OFFICE:
        _note(
            problems,
            spot,
            (),
            f"rule '{last.id}' is the last one but does not take everything "
            "(expected a default rule at the end: when: {} and a department)",
        )


def _known(
    name: str,
    known: Collection[str] | None,
    *,
    problems: Problems,
    spot: Spot,
    at: Where,
    label: str,
    noun: str,
    file: str,
) -> None:
    if known is not None and name not in known:
        _note(
            problems,
            spot,
            at,
            f"{label}: there is no {noun} '{name}'{_near(name, known)} (expected a name of {file})",
        )


def _near(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _note(problems: Problems, spot: Spot, at: Where, text: str) -> None:
    problems.add(spot.document, spot.where + at, text)
